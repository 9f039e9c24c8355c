import type { FieldError, JsonSchema } from '@kargo/api';
import { isObject, own } from '../object/json.ts';

/** As many as Kubernetes allows for one version. */
const MAX_FIELDS = 8;
const SIMPLE_PATH = /^(?:\.[A-Za-z_][A-Za-z0-9_-]*)+$/;

/** Paths without their first dot, as field selectors name them. */
export function selectablePaths(fields: unknown): string[] {
  return pathsOf(fields).flatMap((path) => (typeof path === 'string' && SIMPLE_PATH.test(path) ? [path.slice(1)] : []));
}

/** Problems of the fields that a version lets be selected: each must be a text, whole number or boolean of its schema. */
export function selectableErrors(fields: unknown, schema: JsonSchema | undefined, at: string): FieldError[] {
  const paths = pathsOf(fields);
  if (paths.length > MAX_FIELDS)
    return [{ field: at, type: 'FieldValueTooMany', value: paths.length, detail: `must have at most ${MAX_FIELDS} items` }];
  return paths.flatMap((path, index): FieldError[] => {
    const field = `${at}[${index}].jsonPath`;
    if (typeof path !== 'string' || path === '') return [{ field, type: 'FieldValueRequired', detail: '' }];
    if (paths.indexOf(path) !== index) return [{ field, type: 'FieldValueDuplicate', value: path, detail: '' }];
    if (!SIMPLE_PATH.test(path) || path.startsWith('.metadata'))
      return [
        {
          field,
          type: 'FieldValueInvalid',
          value: path,
          detail: 'must be a simple path, such as .spec.color, outside of metadata',
        },
      ];
    const type = typeAt(schema, path.slice(1).split('.'));
    if (type === 'string' || type === 'boolean' || type === 'integer') return [];
    const detail =
      type === undefined
        ? 'does not refer to a valid field'
        : `must point to a field of type string, boolean or integer, not ${type}`;
    return [{ field, type: 'FieldValueInvalid', value: path, detail }];
  });
}

function pathsOf(fields: unknown): unknown[] {
  return Array.isArray(fields) ? fields.map((field: unknown) => (isObject(field) ? field['jsonPath'] : undefined)) : [];
}

function typeAt(schema: JsonSchema | undefined, keys: readonly string[]): string | undefined {
  let at = schema;
  for (const key of keys) at = own(at?.properties, key);
  return at?.type;
}
