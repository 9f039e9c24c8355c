import { nearest, type JsonSchema } from '@kargo/api';
import { isObject } from '../object/json.ts';
import { embeddedProperties } from './object-meta.ts';
import { fieldPath, indexPath } from './paths.ts';

/** A field that the schema does not know, with the known name that is most like it. */
export interface UnknownField {
  path: string;
  suggestion: string | undefined;
}

/**
 * Removes, in place, every field that the schema does not name, and returns what was removed. What lies below
 * `x-kubernetes-preserve-unknown-fields` is kept.
 */
export function prune(value: unknown, schema: JsonSchema): UnknownField[] {
  const unknown: UnknownField[] = [];
  visit(value, schema, '', unknown);
  return unknown;
}

function visit(value: unknown, schema: JsonSchema, path: string, unknown: UnknownField[]): void {
  if (Array.isArray(value)) {
    if (schema.items !== undefined)
      for (const [index, item] of value.entries()) visit(item, schema.items, indexPath(path, index), unknown);
    return;
  }
  if (!isObject(value)) return;
  const properties =
    schema['x-kubernetes-embedded-resource'] === true
      ? { ...embeddedProperties, ...schema.properties }
      : (schema.properties ?? {});
  const extra = schema.additionalProperties;
  for (const key of Object.keys(value)) {
    const at = fieldPath(path, key);
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (property !== undefined) visit(value[key], property, at, unknown);
    else if (typeof extra === 'object') visit(value[key], extra, at, unknown);
    else if (extra !== true && schema['x-kubernetes-preserve-unknown-fields'] !== true && schema.type === 'object') {
      const suggestion = nearest(key, Object.keys(properties));
      unknown.push({ path: at, suggestion: suggestion === undefined ? undefined : fieldPath(path, suggestion) });
      delete value[key];
    }
  }
}
