import { s, type JsonSchema, type Kind } from '@kargo/api';

const ownerReference = s.object({
  apiVersion: s.string(),
  kind: s.string(),
  name: s.string(),
  uid: s.string(),
  controller: s.optional(s.bool()),
  blockOwnerDeletion: s.optional(s.bool()),
});

const objectMeta: JsonSchema = s.object({
  name: s.optional(s.string()),
  generateName: s.optional(s.string()),
  namespace: s.optional(s.string()),
  selfLink: s.optional(s.string()),
  uid: s.optional(s.string()),
  resourceVersion: s.optional(s.string()),
  generation: s.optional(s.int({ format: 'int64' })),
  creationTimestamp: s.optional(s.time({ nullable: true })),
  deletionTimestamp: s.optional(s.time({ nullable: true })),
  deletionGracePeriodSeconds: s.optional(s.int({ format: 'int64' })),
  labels: s.optional(s.map(s.string(), { doc: 'Key-value pairs that objects are selected by.' })),
  annotations: s.optional(s.map(s.string(), { doc: 'Key-value pairs that tools keep with the object.' })),
  ownerReferences: s.optional(s.array(ownerReference)),
  finalizers: s.optional(s.array(s.string())),
  managedFields: s.optional(s.array(s.anyObject())),
}).json;

/** Schema of `metadata` in whole objects and in embedded ones. */
export const objectMetaSchema: JsonSchema = { ...objectMeta, description: 'Standard metadata of all objects.' };

/** The schema of the whole object of a kind, with the fields that all objects have. Kinds without a schema keep what they are given. */
export function wholeSchema(kind: Kind): JsonSchema {
  const { properties, ...rest }: JsonSchema = kind.schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    type: 'object',
    ...rest,
    properties: { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: objectMetaSchema, ...properties },
  };
}

/** The fields that an embedded resource has besides those its schema names. */
export const embeddedProperties: Readonly<Record<string, JsonSchema>> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: objectMetaSchema,
};
