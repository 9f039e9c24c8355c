import { nearest, type JsonSchema } from '@kargo/api';
import { isObject } from '../object/json.ts';
import { embeddedProperties } from './object-meta.ts';
import { fieldPath, indexPath } from './paths.ts';

/** A field that the schema does not know, with the known name that is most like it. */
export interface UnknownField {
  path: string;
  suggestion: string | undefined;
}

/** The way from the object to a value in it, from its end: paths are written for what is reported alone. */
interface Place {
  parent: Place | undefined;
  key: string | number;
}

/**
 * Removes, in place, every field that the schema does not name, and returns those; nulls that mean nothing are removed as well. What lies below
 * `x-kubernetes-preserve-unknown-fields` is kept, and so is what is frozen: it was stored, and pruned before that.
 */
export function prune(value: unknown, schema: JsonSchema): UnknownField[] {
  const unknown: UnknownField[] = [];
  visit(value, schema, undefined, unknown);
  return unknown;
}

function visit(value: unknown, schema: JsonSchema, place: Place | undefined, unknown: UnknownField[]): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  if (Array.isArray(value)) {
    if (schema.items === undefined) return;
    for (let index = 0; index < value.length; index++) {
      const item: unknown = value[index];
      if (typeof item === 'object') visit(item, schema.items, { parent: place, key: index }, unknown);
    }
    return;
  }
  if (!isObject(value)) return;
  const properties =
    schema['x-kubernetes-embedded-resource'] === true
      ? { ...embeddedProperties, ...schema.properties }
      : (schema.properties ?? {});
  const extra = schema.additionalProperties;
  const keepsUnknown = extra === true || schema['x-kubernetes-preserve-unknown-fields'] === true || schema.type !== 'object';
  for (const key of Object.keys(value)) {
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    const known = property ?? (typeof extra === 'object' ? extra : undefined);
    if (known !== undefined) {
      const item = value[key];
      if (isAbsent(item, known)) delete value[key];
      else if (typeof item === 'object') visit(item, known, { parent: place, key }, unknown);
    } else if (!keepsUnknown) {
      const suggestion = nearest(key, Object.keys(properties));
      unknown.push({
        path: pathOf({ parent: place, key }),
        suggestion: suggestion === undefined ? undefined : pathOf({ parent: place, key: suggestion }),
      });
      delete value[key];
    }
  }
}

/** As in Kubernetes, a null counts as absent where null is not allowed; where there is a default, that takes its place later. */
function isAbsent(value: unknown, { type, nullable, default: preset }: JsonSchema): boolean {
  return value === null && type !== undefined && nullable !== true && preset === undefined;
}

function pathOf(place: Place | undefined): string {
  if (place === undefined) return '';
  const parent = pathOf(place.parent);
  return typeof place.key === 'number' ? indexPath(parent, place.key) : fieldPath(parent, place.key);
}
