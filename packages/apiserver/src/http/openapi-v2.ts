import type { JsonSchema, Kind } from '@kargo/api';
import { isObject, type JsonObject } from '../object/json.ts';
import { OBJECT_META, schemaName, schemaOfKind } from './openapi-schemas.ts';
import { objectMetaSchema } from '../schema/object-meta.ts';
import { embedded, flag, text } from './protobuf-writer.ts';

/** The media type in which clients of Kubernetes ask for the document. */
export const OPENAPI_V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** What version 2 does not know. */
const ONLY_V3 = ['nullable', 'anyOf', 'oneOf', 'not', 'allOf'];

/** The document of `/openapi/v2`: the schemas of all kinds, and the paths at which they are served. */
export function openAPIV2(kinds: readonly Kind[], paths: JsonObject, version: string): JsonObject {
  const definitions = Object.fromEntries([
    [OBJECT_META, schemaV2(objectMetaSchema)],
    ...kinds.map((kind) => [schemaName(kind), schemaV2(schemaOfKind(kind) as JsonSchema)] as const),
  ]);
  return { swagger: '2.0', info: { title: 'Kubernetes', version }, paths, definitions };
}

function schemaV2(schema: JsonSchema): JsonObject {
  const out: JsonObject = {};
  const [reference] = schema.allOf ?? [];
  const target = (reference as { $ref?: string } | undefined)?.$ref;
  if (target !== undefined) out['$ref'] = target.replace('#/components/schemas/', '#/definitions/');
  for (const [key, value] of Object.entries(schema)) {
    if (ONLY_V3.includes(key)) continue;
    if (key === 'properties')
      out[key] = Object.fromEntries(
        Object.entries(value as object).map(([name, property]) => [name, schemaV2(property)] as const),
      );
    else if (key === 'items' || (key === 'additionalProperties' && isObject(value))) out[key] = schemaV2(value as JsonSchema);
    else out[key] = value;
  }
  if (schema['x-kubernetes-int-or-string'] === true) Object.assign(out, { type: 'string', format: 'int-or-string' });
  return out;
}

/** The same document in the encoding that clients of Kubernetes read. Paths are left out: nobody looks for them there. */
export function encodeOpenAPIV2({ swagger, info, definitions }: JsonObject): Buffer {
  const { title, version } = info as { title: string; version: string };
  return Buffer.concat([
    text(1, String(swagger)),
    embedded(2, [text(1, title), text(2, version)]),
    embedded(8, []),
    embedded(
      9,
      Object.entries(definitions as object).map(([name, schema]) => named(1, name, schemaMessage(schema as JsonObject))),
    ),
  ]);
}

function named(field: number, name: string, value: readonly Buffer[]): Buffer {
  return embedded(field, [text(1, name), embedded(2, value)]);
}

/** A value of any form is written as YAML, and JSON is YAML. */
function anything(value: unknown): Buffer[] {
  return [text(2, JSON.stringify(value))];
}

function schemaMessage(schema: JsonObject): Buffer[] {
  const { $ref, format, description, type, items, properties, required, additionalProperties } = schema;
  const out: Buffer[] = [];
  if (typeof $ref === 'string') out.push(text(1, $ref));
  if (typeof format === 'string') out.push(text(2, format));
  if (typeof description === 'string') out.push(text(4, description));
  if (schema['default'] !== undefined) out.push(embedded(5, anything(schema['default'])));
  if (Array.isArray(required)) for (const name of required) out.push(text(19, String(name)));
  if (Array.isArray(schema['enum'])) for (const value of schema['enum']) out.push(embedded(20, anything(value)));
  if (isObject(additionalProperties)) out.push(embedded(21, [embedded(1, schemaMessage(additionalProperties))]));
  else if (additionalProperties === true) out.push(embedded(21, [flag(2, true)]));
  if (typeof type === 'string') out.push(embedded(22, [text(1, type)]));
  if (isObject(items)) out.push(embedded(23, [embedded(1, schemaMessage(items))]));
  if (isObject(properties))
    out.push(
      embedded(
        25,
        Object.entries(properties).map(([name, property]) => named(1, name, schemaMessage(property as JsonObject))),
      ),
    );
  for (const [name, value] of Object.entries(schema)) if (name.startsWith('x-')) out.push(named(31, name, anything(value)));
  return out;
}
