/** The parts of a JSON schema that say where strings are. */
export interface JsonSchemaLike {
  readonly type?: string | readonly string[] | undefined;
  readonly properties?: Readonly<Record<string, JsonSchemaLike>> | undefined;
  readonly additionalProperties?: JsonSchemaLike | boolean | undefined;
  readonly items?: JsonSchemaLike | undefined;
  readonly oneOf?: readonly JsonSchemaLike[] | undefined;
  readonly anyOf?: readonly JsonSchemaLike[] | undefined;
  readonly allOf?: readonly JsonSchemaLike[] | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly const?: unknown;
  readonly $ref?: string | undefined;
  readonly definitions?: Readonly<Record<string, JsonSchemaLike>> | undefined;
  readonly $defs?: Readonly<Record<string, JsonSchemaLike>> | undefined;
}

/** Whether a field holds strings and nothing else. */
export function wantsText(schema: JsonSchemaLike | undefined, root: JsonSchemaLike | undefined): boolean {
  const types = new Set(variants(schema, root).flatMap(typesOf));
  return types.size > 0 && Array.from(types).every((type) => type === 'string' || type === 'null');
}

/** What a schema says of a property; undefined if nothing. */
export function propertySchema(
  schema: JsonSchemaLike | undefined,
  key: string,
  root: JsonSchemaLike | undefined,
): JsonSchemaLike | undefined {
  const found = variants(schema, root).flatMap((variant) => {
    const { properties, additionalProperties } = variant;
    if (properties !== undefined && Object.hasOwn(properties, key)) return [properties[key]];
    return typeof additionalProperties === 'object' ? [additionalProperties] : [];
  });
  return combined(found);
}

/** What a schema says of the items of a list; undefined if nothing. */
export function itemSchema(schema: JsonSchemaLike | undefined, root: JsonSchemaLike | undefined): JsonSchemaLike | undefined {
  return combined(variants(schema, root).map(({ items }) => items));
}

function combined(schemas: readonly (JsonSchemaLike | undefined)[]): JsonSchemaLike | undefined {
  const known = schemas.filter((schema) => schema !== undefined);
  return known.length > 1 ? { anyOf: known } : known[0];
}

/** References and combinations nest no deeper than this in any sensible schema. */
const MAX_DEPTH = 32;

/** The schema and all those it is made of, references followed. */
function variants(schema: JsonSchemaLike | undefined, root: JsonSchemaLike | undefined, depth = 0): JsonSchemaLike[] {
  if (schema === undefined || depth > MAX_DEPTH) return [];
  const parts = [schema.oneOf, schema.anyOf, schema.allOf].flatMap((list) => list ?? []);
  const referenced = schema.$ref === undefined ? undefined : resolve(schema.$ref, root);
  return [schema, ...[...parts, referenced].flatMap((part) => variants(part, root, depth + 1))];
}

function resolve(reference: string, root: JsonSchemaLike | undefined): JsonSchemaLike | undefined {
  const [, kind, name = ''] = /^#\/(definitions|\$defs)\/(.+)$/.exec(reference) ?? [];
  const definitions = kind === '$defs' ? root?.$defs : root?.definitions;
  return definitions !== undefined && Object.hasOwn(definitions, name) ? definitions[name] : undefined;
}

function typesOf(schema: JsonSchemaLike): readonly string[] {
  if (schema.type !== undefined) return typeof schema.type === 'string' ? [schema.type] : schema.type;
  if (schema.enum !== undefined) return schema.enum.map(typeOfConstant);
  return schema.const === undefined ? [] : [typeOfConstant(schema.const)];
}

function typeOfConstant(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
