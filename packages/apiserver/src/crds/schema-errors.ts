import type { FieldError } from '@kargo/api';
import { compileRE2, compileJSONPathExpression } from '@kargo/gocompat';
import { isObject, type JsonObject } from '../object/json.ts';
import { compilesRule } from '../schema/cel.ts';
import { fieldPath } from '../schema/paths.ts';

const TYPES = ['object', 'array', 'string', 'integer', 'number', 'boolean'];
/** What would make a schema more than a structural one. */
const FORBIDDEN = [
  '$ref',
  'definitions',
  'dependencies',
  'patternProperties',
  'additionalItems',
  'deprecated',
  'discriminator',
  'id',
  'readOnly',
  'writeOnly',
  'xml',
];

/** Problems of a schema that somebody brings along: what is not structural, and patterns and rules that cannot be compiled. */
export function structuralErrors(schema: unknown, path: string): FieldError[] {
  if (!isObject(schema)) return [{ field: path, type: 'FieldValueTypeInvalid', detail: 'must be an object' }];
  const errors: FieldError[] = [];
  const anyType = schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true;
  const { type } = schema;
  if (typeof type !== 'string' && !anyType)
    errors.push({ field: `${path}.type`, type: 'FieldValueRequired', detail: 'must not be empty for specified fields' });
  else if (typeof type === 'string' && !TYPES.includes(type))
    errors.push({
      field: `${path}.type`,
      type: 'FieldValueNotSupported',
      value: type,
      detail: `supported values: ${TYPES.map((name) => `"${name}"`).join(', ')}`,
    });
  for (const keyword of FORBIDDEN)
    if (Object.hasOwn(schema, keyword))
      errors.push({ field: `${path}.${keyword}`, type: 'FieldValueForbidden', detail: `${keyword} is not supported` });
  errors.push(...compileErrors(schema, path), ...inner(schema, path));
  return errors;
}

function compileErrors(schema: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const attempt = (field: string, value: unknown, work: () => void): void => {
    try {
      work();
    } catch (error) {
      errors.push({
        field,
        type: 'FieldValueInvalid',
        value,
        detail: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error),
      });
    }
  };
  const { pattern } = schema;
  if (typeof pattern === 'string') attempt(`${path}.pattern`, pattern, () => void compileRE2(pattern));
  const rules = schema['x-kubernetes-validations'];
  for (const [index, entry] of (Array.isArray(rules) ? rules : []).entries()) {
    const rule = isObject(entry) ? entry['rule'] : undefined;
    const field = `${path}.x-kubernetes-validations[${index}].rule`;
    if (typeof rule !== 'string') errors.push({ field, type: 'FieldValueRequired', detail: '' });
    else attempt(field, rule, () => compilesRule(rule));
  }
  return errors;
}

function inner(schema: JsonObject, path: string): FieldError[] {
  const { properties, items, additionalProperties } = schema;
  return [
    ...(isObject(properties)
      ? Object.entries(properties).flatMap(([key, property]) => structuralErrors(property, fieldPath(`${path}.properties`, key)))
      : []),
    ...(items === undefined ? [] : structuralErrors(items, `${path}.items`)),
    ...(isObject(additionalProperties) ? structuralErrors(additionalProperties, `${path}.additionalProperties`) : []),
  ];
}

/** Problems of the paths of printer columns. */
export function columnErrors(columns: unknown, path: string): FieldError[] {
  if (!Array.isArray(columns)) return [];
  return columns.flatMap((column, index): FieldError[] => {
    const jsonPath = isObject(column) ? column['jsonPath'] : undefined;
    if (typeof jsonPath !== 'string') return [{ field: `${path}[${index}].jsonPath`, type: 'FieldValueRequired', detail: '' }];
    try {
      compileJSONPathExpression(jsonPath);
      return [];
    } catch (error) {
      return [
        {
          field: `${path}[${index}].jsonPath`,
          type: 'FieldValueInvalid',
          value: jsonPath,
          detail: error instanceof Error ? error.message : String(error),
        },
      ];
    }
  });
}
