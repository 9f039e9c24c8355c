import { ApiError } from '@kargo/api';
import { isObject, setOwn, type JsonObject } from '../object/json.ts';
import { MESSAGES, type FieldType, type Message } from './protobuf-messages.ts';

/** The media type in which typed Kubernetes clients, kubectl among them, send core kinds. */
export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

const MAGIC = Buffer.from('k8s\0');

const envelope: Message = {
  1: ['typeMeta', { 1: ['apiVersion', 'string'], 2: ['kind', 'string'] }],
  2: ['raw', 'bytes'],
  3: ['contentEncoding', 'ignored'],
  4: ['contentType', 'ignored'],
};

/**
 * Reads an object in Kubernetes' protobuf encoding. Fails with `BadRequest`, or with `UnsupportedMediaType` for kinds and fields that are
 * not read: nothing that was sent is dropped silently.
 */
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
    if (field === undefined) {
      // What is empty was not set: messages of newer clients are full of such fields.
      if (reader.skip(wire)) continue;
      throw new ApiError(
        'UnsupportedMediaType',
        `${PROTOBUF} is not read for field ${Math.floor(tag / 8)} of ${fieldNames(message)}: send the object as application/json`,
      );
    }
    if (field[1] === 'ignored') reader.skip(wire);
    else if (wire === 0) readNumber(out, field[0], field[1], reader.varint());
    else if (wire === 2 && field[1] === 'inline') Object.assign(out, readMessage(reader.bytes(), field[2] ?? {}));
    else if (wire === 2) readBytes(out, field[0], field[1], reader.bytes());
    else throw malformed(`field ${field[0]} has an unexpected wire type`);
  }
  return out;
}

/** The message with these fields, for people. */
function fieldNames(message: Message): string {
  return `{${Object.values(message as Record<string, Message[number]>)
    .map(([name]) => name)
    .join(', ')}}`;
}

function readNumber(out: JsonObject, name: string, type: FieldType, value: number): void {
  if (type === 'bool') out[name] = value !== 0;
  else if (type === 'int') out[name] = value;
  else if (type === 'flag') {
    if (value !== 0) out[name] = true;
  } else if (type === 'number') {
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
    case 'quantityMap': {
      const { key, value } = readMessage(bytes, { 1: ['key', 'string'], 2: ['value', { 1: ['text', 'string'] }] });
      const map = isObject(out[name]) ? out[name] : {};
      setOwn(map, typeof key === 'string' ? key : '', isObject(value) ? value['text'] : '0');
      out[name] = map;
      return;
    }
    case 'intOrString': {
      const {
        isText,
        int = 0,
        text = '',
      } = readMessage(bytes, { 1: ['isText', 'flag'], 2: ['int', 'int'], 3: ['text', 'string'] });
      out[name] = isText === true ? text : int;
      return;
    }
    case 'time': {
      const { seconds } = readMessage(bytes, { 1: ['seconds', 'number'], 2: ['nanos', 'ignored'] });
      if (typeof seconds === 'number') out[name] = new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
      return;
    }
    case 'int':
    case 'number':
    case 'bool':
    case 'flag':
    case 'inline':
    case 'ignored':
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

  /** Goes past a field; says whether it was empty. */
  skip(wire: number): boolean {
    if (wire === 0) return this.varint() === 0;
    if (wire === 2) return this.bytes().length === 0;
    if (wire !== 1 && wire !== 5) throw malformed('a field has an unknown wire type');
    this.#at += wire === 1 ? 8 : 4;
    return false;
  }
}
