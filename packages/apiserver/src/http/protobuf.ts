import { ApiError } from '@kargo/api';
import { isObject, setOwn, type JsonObject } from '../object/json.ts';

/** The media type in which typed Kubernetes clients, kubectl among them, send core kinds. */
export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

const MAGIC = Buffer.from('k8s\0');

type FieldType = 'string' | 'bytes' | 'int' | 'bool' | 'time' | 'strings' | 'textMap' | 'bytesMap' | Message | readonly [Message];

/** Fields of a message by their numbers. */
interface Message {
  readonly [number: number]: readonly [name: string, type: FieldType];
}

const ownerReference: Message = {
  1: ['kind', 'string'],
  3: ['name', 'string'],
  4: ['uid', 'string'],
  5: ['apiVersion', 'string'],
  6: ['controller', 'bool'],
  7: ['blockOwnerDeletion', 'bool'],
};
const metadata: Message = {
  1: ['name', 'string'],
  2: ['generateName', 'string'],
  3: ['namespace', 'string'],
  5: ['uid', 'string'],
  6: ['resourceVersion', 'string'],
  7: ['generation', 'int'],
  8: ['creationTimestamp', 'time'],
  9: ['deletionTimestamp', 'time'],
  10: ['deletionGracePeriodSeconds', 'int'],
  11: ['labels', 'textMap'],
  12: ['annotations', 'textMap'],
  13: ['ownerReferences', [ownerReference]],
  14: ['finalizers', 'strings'],
};
const objectReference: Message = {
  1: ['kind', 'string'],
  2: ['namespace', 'string'],
  3: ['name', 'string'],
  4: ['uid', 'string'],
  5: ['apiVersion', 'string'],
};
const policyRule: Message = {
  1: ['verbs', 'strings'],
  2: ['apiGroups', 'strings'],
  3: ['resources', 'strings'],
  4: ['resourceNames', 'strings'],
  5: ['nonResourceURLs', 'strings'],
};
const subject: Message = { 1: ['kind', 'string'], 2: ['apiGroup', 'string'], 3: ['name', 'string'], 4: ['namespace', 'string'] };
const roleRef: Message = { 1: ['apiGroup', 'string'], 2: ['kind', 'string'], 3: ['name', 'string'] };
const role: Message = { 1: ['metadata', metadata], 2: ['rules', [policyRule]] };
const labelSelector: Message = {
  1: ['matchLabels', 'textMap'],
  2: ['matchExpressions', [{ 1: ['key', 'string'], 2: ['operator', 'string'], 3: ['values', 'strings'] }]],
};
const binding: Message = { 1: ['metadata', metadata], 2: ['subjects', [subject]], 3: ['roleRef', roleRef] };
const resourceAttributes: Message = {
  1: ['namespace', 'string'],
  2: ['verb', 'string'],
  3: ['group', 'string'],
  4: ['version', 'string'],
  5: ['resource', 'string'],
  6: ['subresource', 'string'],
  7: ['name', 'string'],
};
const accessSpec: Message = {
  1: ['resourceAttributes', resourceAttributes],
  2: ['nonResourceAttributes', { 1: ['path', 'string'], 2: ['verb', 'string'] }],
};

const subjectAccessReview: Message = {
  1: ['metadata', metadata],
  2: ['spec', { ...accessSpec, 3: ['user', 'string'], 4: ['groups', 'strings'], 6: ['uid', 'string'] }],
};
const boundObjectReference: Message = {
  1: ['kind', 'string'],
  2: ['apiVersion', 'string'],
  3: ['name', 'string'],
  4: ['uid', 'string'],
};

/** The kinds that are read, by apiVersion and kind. Others are refused: clients can send them as JSON. */
const MESSAGES: Readonly<Record<string, Message>> = {
  'v1/Namespace': { 1: ['metadata', metadata] },
  'v1/ConfigMap': { 1: ['metadata', metadata], 2: ['data', 'textMap'], 3: ['binaryData', 'bytesMap'], 4: ['immutable', 'bool'] },
  'v1/Secret': {
    1: ['metadata', metadata],
    2: ['data', 'bytesMap'],
    3: ['type', 'string'],
    4: ['stringData', 'textMap'],
    5: ['immutable', 'bool'],
  },
  'v1/ServiceAccount': {
    1: ['metadata', metadata],
    2: ['secrets', [objectReference]],
    3: ['imagePullSecrets', [{ 1: ['name', 'string'] }]],
    4: ['automountServiceAccountToken', 'bool'],
  },
  'rbac.authorization.k8s.io/v1/Role': role,
  'rbac.authorization.k8s.io/v1/ClusterRole': {
    ...role,
    3: ['aggregationRule', { 1: ['clusterRoleSelectors', [labelSelector]] }],
  },
  'rbac.authorization.k8s.io/v1/RoleBinding': binding,
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': binding,
  'authorization.k8s.io/v1/SelfSubjectAccessReview': { 1: ['metadata', metadata], 2: ['spec', accessSpec] },
  'authorization.k8s.io/v1/SubjectAccessReview': subjectAccessReview,
  'authorization.k8s.io/v1/LocalSubjectAccessReview': subjectAccessReview,
  'authorization.k8s.io/v1/SelfSubjectRulesReview': { 1: ['metadata', metadata], 2: ['spec', { 1: ['namespace', 'string'] }] },
  'authentication.k8s.io/v1/TokenReview': {
    1: ['metadata', metadata],
    2: ['spec', { 1: ['token', 'string'], 2: ['audiences', 'strings'] }],
  },
  'authentication.k8s.io/v1/TokenRequest': {
    1: ['metadata', metadata],
    2: ['spec', { 1: ['audiences', 'strings'], 3: ['boundObjectRef', boundObjectReference], 4: ['expirationSeconds', 'int'] }],
  },
  'authentication.k8s.io/v1/SelfSubjectReview': { 1: ['metadata', metadata] },
};

const envelope: Message = { 1: ['typeMeta', { 1: ['apiVersion', 'string'], 2: ['kind', 'string'] }], 2: ['raw', 'bytes'] };

/** Reads an object in Kubernetes' protobuf encoding. Fails with `BadRequest`, or `UnsupportedMediaType` for kinds that are not read. */
export function decodeProtobuf(body: Buffer): JsonObject {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) throw malformed('it does not start as such a document does');
  const { typeMeta, raw } = readMessage(body.subarray(MAGIC.length), envelope);
  const { apiVersion = '', kind = '' } = isObject(typeMeta) ? typeMeta : {};
  const message = MESSAGES[`${String(apiVersion)}/${String(kind)}`];
  if (message === undefined)
    throw new ApiError(
      'UnsupportedMediaType',
      `${PROTOBUF} is not read for ${String(apiVersion)} ${String(kind)}: send it as application/json`,
    );
  return { apiVersion, kind, ...readMessage(Buffer.from(typeof raw === 'string' ? raw : '', 'base64'), message) };
}

function malformed(why: string): ApiError {
  return new ApiError('BadRequest', `the body of the request is not valid ${PROTOBUF}: ${why}`);
}

function readMessage(bytes: Buffer, message: Message): JsonObject {
  const out: JsonObject = {};
  const reader = new Reader(bytes);
  while (!reader.atEnd) {
    const tag = reader.varint();
    const field = message[Math.floor(tag / 8)];
    const wire = tag % 8;
    if (field === undefined) reader.skip(wire);
    else if (wire === 0) readNumber(out, field[0], field[1], reader.varint());
    else if (wire === 2) readBytes(out, field[0], field[1], reader.bytes());
    else throw malformed(`field ${field[0]} has an unexpected wire type`);
  }
  return out;
}

function readNumber(out: JsonObject, name: string, type: FieldType, value: number): void {
  if (type === 'bool') out[name] = value !== 0;
  else if (type === 'int') {
    if (value !== 0) out[name] = value;
  } else throw malformed(`field ${name} is a number`);
}

/** Empty text and empty messages are how this encoding writes fields that are not set. */
function readBytes(out: JsonObject, name: string, type: FieldType, bytes: Buffer): void {
  if (Array.isArray(type)) {
    const item = type[0] as Message;
    out[name] = [...(Array.isArray(out[name]) ? (out[name] as unknown[]) : []), readMessage(bytes, item)];
    return;
  }
  switch (type) {
    case 'string':
      if (bytes.length > 0) out[name] = bytes.toString();
      return;
    case 'bytes':
      out[name] = bytes.toString('base64');
      return;
    case 'strings':
      out[name] = [...(Array.isArray(out[name]) ? (out[name] as unknown[]) : []), bytes.toString()];
      return;
    case 'textMap':
    case 'bytesMap': {
      const entry = readMessage(bytes, { 1: ['key', 'string'], 2: ['value', type === 'textMap' ? 'string' : 'bytes'] });
      const map = isObject(out[name]) ? out[name] : {};
      setOwn(map, typeof entry['key'] === 'string' ? entry['key'] : '', entry['value'] ?? '');
      out[name] = map;
      return;
    }
    case 'time': {
      const { seconds } = readMessage(bytes, { 1: ['seconds', 'int'] });
      if (typeof seconds === 'number') out[name] = new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
      return;
    }
    case 'int':
    case 'bool':
      throw malformed(`field ${name} is not a number`);
    default: {
      const inner = readMessage(bytes, type as Message);
      if (Object.keys(inner).length > 0 || name === 'metadata') out[name] = inner;
    }
  }
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Numbers above 2^53 lose precision; none of the fields that are read can be that large. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw malformed('a number does not end');
  }

  bytes(): Buffer {
    const length = this.varint();
    const end = this.#at + length;
    if (end > this.#bytes.length) throw malformed('a field is longer than the document');
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  skip(wire: number): void {
    if (wire === 0) this.varint();
    else if (wire === 2) this.bytes();
    else if (wire === 1 || wire === 5) this.#at += wire === 1 ? 8 : 4;
    else throw malformed('a field has an unknown wire type');
  }
}
