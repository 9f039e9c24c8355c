import type { Schema, Schemas } from '../schemas/schemas.ts';
import type { Path } from './path.ts';

const TEXT: Schema = { type: 'string' };
const TEXTS: Schema = { type: 'object', additionalProperties: TEXT };

/** Names as the API takes them. */
const NAME = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';

const METADATA: Schema = {
  type: 'object',
  description: 'Name, Project, labels and annotations.',
  required: ['name'],
  'x-kubernetes-preserve-unknown-fields': true,
  properties: {
    name: { ...TEXT, description: 'Name of the object.', minLength: 1, maxLength: 253, pattern: NAME },
    namespace: { ...TEXT, description: 'The Project it belongs to.', minLength: 1 },
    labels: { ...TEXTS, description: 'What selectors see.' },
    annotations: { ...TEXTS, description: 'What programs note.' },
  },
};

/** Kinds that stand in manifests besides those that have schemas of their own. */
const PLAIN: Readonly<Record<string, Schema>> = {
  'v1 ConfigMap': { type: 'object', properties: { data: { ...TEXTS, description: 'Values by key.' } } },
};

/** The schema of a whole object by its apiVersion and kind; of an unknown one, what all objects have. */
export function schemaOfObject(schemas: Schemas, object: unknown): Schema {
  const { apiVersion, kind } = typeof object === 'object' && object !== null ? (object as Record<string, unknown>) : {};
  const own = schemas.kinds[`${String(apiVersion)} ${String(kind)}`]?.schema ?? PLAIN[`${String(apiVersion)} ${String(kind)}`];
  return {
    type: 'object',
    required: ['apiVersion', 'kind', 'metadata', ...(own?.required ?? [])],
    ...(own === undefined ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
    properties: {
      apiVersion: { ...TEXT, description: 'Version of the API that the object is written in.' },
      kind: { ...TEXT, description: 'What the object is.' },
      metadata: METADATA,
      ...own?.properties,
      status: { 'x-kubernetes-preserve-unknown-fields': true, description: 'Filled in by the system.' },
    },
  };
}

/** A schema as it applies to `value`: of a step, the configuration is that of what it uses. */
export function applied(schemas: Schemas, schema: Schema, value: unknown): Schema {
  const { properties } = schema;
  if (properties?.['uses'] === undefined || properties['config'] === undefined) return schema;
  const uses = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)['uses'] : undefined;
  const step = typeof uses === 'string' ? schemas.steps[uses] : undefined;
  return {
    ...schema,
    properties: {
      ...properties,
      uses: { ...properties['uses'], enum: Object.keys(schemas.steps) },
      ...(step === undefined ? {} : { config: { ...step.config, description: properties['config'].description ?? '' } }),
    },
  };
}

/** The schema below a key or index, if it is known. */
export function below(schema: Schema, key: string | number): Schema | undefined {
  if (typeof key === 'number') return schema.items;
  const own = schema.properties?.[key];
  if (own !== undefined) return own;
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/** The schema of what is at a path of an object, with everything that is known there already taken into account. */
export function schemaAt(schemas: Schemas, object: unknown, path: Path): Schema | undefined {
  let schema: Schema | undefined = schemaOfObject(schemas, object);
  let value = object;
  for (const part of path) {
    schema = below(applied(schemas, schema, value), part);
    if (schema === undefined) return undefined;
    value = typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[part] : undefined;
  }
  return applied(schemas, schema, value);
}
