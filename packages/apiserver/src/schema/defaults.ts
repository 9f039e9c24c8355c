import type { JsonSchema } from '@kargo/api';
import { clone } from '@kargo/kube';
import { isObject, own, setOwn } from '../object/json.ts';

/**
 * Fills in defaults, in place. As in Kubernetes, a null where null is not allowed and a default exists counts as absent; a default
 * is applied only where its parent exists.
 */
export function applyDefaults(value: unknown, schema: JsonSchema): void {
  if (Array.isArray(value)) {
    if (schema.items !== undefined) for (const item of value) applyDefaults(item, schema.items);
    return;
  }
  if (!isObject(value)) return;
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const current = Object.hasOwn(value, key) ? value[key] : undefined;
    if (property.default !== undefined && (current === undefined || (current === null && property.nullable !== true)))
      setOwn(value, key, clone(property.default));
    if (value[key] !== undefined) applyDefaults(value[key], property);
  }
  if (typeof schema.additionalProperties !== 'object') return;
  for (const [key, item] of Object.entries(value))
    if (own(schema.properties, key) === undefined) applyDefaults(item, schema.additionalProperties);
}
