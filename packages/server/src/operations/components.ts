import { allKinds, type JsonSchema as KindSchema, type Kind } from '@kargo/api';
import { flag, list, map, object, ref, text, texts, whole, type JsonSchema } from './operation.ts';

const time: JsonSchema = { type: 'string', format: 'date-time' };

const metadata: JsonSchema = object({
  name: text,
  generateName: text,
  namespace: text,
  uid: text,
  resourceVersion: text,
  generation: whole,
  creationTimestamp: time,
  deletionTimestamp: time,
  deletionGracePeriodSeconds: whole,
  labels: map(text),
  annotations: map(text),
  finalizers: texts,
  ownerReferences: list(
    object({ apiVersion: text, kind: text, name: text, uid: text, controller: flag, blockOwnerDeletion: flag }, [
      'apiVersion',
      'kind',
      'name',
      'uid',
    ]),
  ),
  managedFields: list({ type: 'object' }),
});

const listMeta = object({ resourceVersion: text, continue: text, remainingItemCount: whole });

/** Fields of kinds that are stored as they come and have no schema of their own. */
const PLAIN: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>> = {
  ConfigMap: { data: map(text), binaryData: map(text), immutable: flag },
  Secret: { type: text, data: map(text), stringData: map(text), immutable: flag },
  Event: {
    involvedObject: { type: 'object' },
    reason: text,
    message: text,
    type: text,
    count: whole,
    firstTimestamp: time,
    lastTimestamp: time,
  },
};

/** Schemas by name, for the OpenAPI document. */
export function components(): Record<string, JsonSchema> {
  const kinds = allKinds.filter(({ kind, schema }) => schema !== undefined || PLAIN[kind] !== undefined);
  return {
    ObjectMeta: metadata,
    ListMeta: listMeta,
    Error: object({ error: { ...text, description: 'What went wrong, for people' } }, ['error']),
    PolicyRule: object({ verbs: texts, apiGroups: texts, resources: texts, resourceNames: texts, nonResourceURLs: texts }, [
      'verbs',
    ]),
    ResolvedLinks: object(
      { links: list(object({ title: text, url: text, description: text }, ['title', 'url'])), errors: texts },
      ['links'],
    ),
    KargoRole: object(
      {
        apiVersion: text,
        kind: text,
        metadata: ref('ObjectMeta'),
        kargoManaged: flag,
        claims: list(object({ name: text, values: texts }, ['name', 'values'])),
        rules: list(ref('PolicyRule')),
      },
      ['metadata', 'kargoManaged', 'claims', 'rules'],
    ),
    RoleResources: object(
      {
        metadata: ref('ObjectMeta'),
        serviceAccount: { type: 'object' },
        roles: list({ type: 'object' }),
        clusterRoles: list({ type: 'object' }),
        roleBindings: list({ type: 'object' }),
        clusterRoleBindings: list({ type: 'object' }),
      },
      ['metadata', 'serviceAccount'],
    ),
    ...access(),
    AuditEntry: auditEntry(),
    ...Object.fromEntries(kinds.flatMap((kind) => [...schemasOf(kind)])),
  };
}

function access(): Record<string, JsonSchema> {
  const account = object({ namespace: text, name: text }, ['namespace', 'name']);
  const caller = {
    kind: { type: 'string', enum: ['admin', 'local', 'kubernetes', 'person'] },
    actor: text,
    username: text,
    groups: texts,
    claims: map(texts),
    accounts: list(account),
  } satisfies Record<string, JsonSchema>;
  const named = object({ kind: text, namespace: text, name: text }, ['kind', 'name']);
  return {
    Caller: object(caller, ['kind', 'actor', 'accounts']),
    AccessExplanation: object(
      {
        ...caller,
        allowed: flag,
        reason: text,
        request: object({ verb: text, group: text, resource: text, subresource: text, namespace: text, name: text }),
        subjects: list(
          object(
            {
              subject: text,
              allowed: flag,
              reason: text,
              rules: list(object({ binding: named, role: named, rule: ref('PolicyRule'), allows: flag }, ['allows', 'rule'])),
            },
            ['subject', 'allowed', 'reason', 'rules'],
          ),
        ),
      },
      ['allowed', 'reason', 'request', 'subjects'],
    ),
  };
}

function auditEntry(): JsonSchema {
  return object(
    {
      id: text,
      time,
      requestId: text,
      actor: text,
      identity: { type: 'string', enum: ['admin', 'local', 'kubernetes', 'person', 'anonymous'] },
      via: { type: 'string', enum: ['rest', 'kubernetes', 'receiver'] },
      operation: text,
      method: text,
      path: text,
      project: text,
      objects: list(object({ kind: text, namespace: text, name: text, outcome: text }, ['kind'])),
      source: object({ address: text, userAgent: text }, ['address']),
      result: { type: 'string', enum: ['done', 'refused', 'failed'] },
      status: whole,
      error: text,
      milliseconds: whole,
      repeated: whole,
    },
    ['id', 'time', 'actor', 'identity', 'via', 'operation', 'objects', 'source', 'result', 'status'],
  );
}

function* schemasOf(kind: Kind): Generator<[name: string, schema: JsonSchema]> {
  const own: JsonSchema = kind.schema === undefined ? { properties: PLAIN[kind.kind] ?? {} } : modern(kind.schema);
  yield [
    kind.kind,
    {
      ...(own.description === undefined ? {} : { description: own.description }),
      type: 'object',
      properties: { apiVersion: text, kind: text, metadata: ref('ObjectMeta'), ...own.properties },
      required: ['apiVersion', 'kind', 'metadata', ...(own.required ?? [])],
    },
  ];
  yield [
    kind.listKind,
    object({ apiVersion: text, kind: text, metadata: ref('ListMeta'), items: list(ref(kind.kind)) }, ['metadata', 'items']),
  ];
}

/** Backslashes that Go allows and ECMAScript, whose expressions JSON Schema uses, does not. */
const NEEDLESS_ESCAPE = /\\([^\w^$\\.*+?()[\]{}|/-]|_)/g;

/** A schema of a CRD as JSON Schema: what may be null says so by its type, and what only Kubernetes understands goes. */
function modern(schema: KindSchema): JsonSchema {
  const { nullable, type, properties, items, additionalProperties, ...rest } = schema;
  const own = Object.fromEntries(Object.entries(rest).filter(([keyword]) => !keyword.startsWith('x-kubernetes-')));
  const isIntOrString = schema['x-kubernetes-int-or-string'] === true;
  const types = isIntOrString ? ['integer', 'string'] : type === undefined ? [] : [type];
  const all = nullable === true && types.length > 0 ? [...types, 'null'] : types;
  return {
    ...own,
    ...(schema.pattern === undefined ? {} : { pattern: schema.pattern.replaceAll(NEEDLESS_ESCAPE, '$1') }),
    ...(all.length === 0 ? {} : { type: all.length === 1 ? (all[0] ?? '') : all }),
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, modern(field)])) }),
    ...(items === undefined ? {} : { items: modern(items) }),
    ...(additionalProperties === undefined
      ? {}
      : {
          additionalProperties: typeof additionalProperties === 'boolean' ? additionalProperties : modern(additionalProperties),
        }),
  } as JsonSchema;
}
