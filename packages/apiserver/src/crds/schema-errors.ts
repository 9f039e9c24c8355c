import type { FieldError, JsonSchema } from '@kargo/api';
import { compileRE2, compileJSONPathExpression } from '@kargo/gocompat';
import { isObject, type JsonObject } from '../object/json.ts';
import { ruleCompiler } from '../schema/cel.ts';
import { validationContext } from '../schema/context.ts';
import { fieldPath } from '../schema/paths.ts';
import { prune } from '../schema/prune.ts';
import { validate } from '../schema/validate.ts';

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

/** What only conditions (`allOf`, `anyOf`, `oneOf`, `not`) must leave out: they say nothing of what fields there are. */
const NOT_IN_CONDITIONS = ['type', 'default', 'additionalProperties', 'nullable', 'description', 'title'];
const CONDITIONS = ['allOf', 'anyOf', 'oneOf'] as const;
/** At most this many problems are collected, so that hostile input stays cheap. */
const MAX_ERRORS = 100;

/** Problems of a schema that somebody brings along: what is not structural, and patterns, rules and defaults that cannot be used. */
export function structuralErrors(schema: unknown, path: string): FieldError[] {
  const errors: FieldError[] = [];
  visit(schema, path, { errors, compilesRule: ruleCompiler(), condition: false, triesDefaults: true });
  return errors.slice(0, MAX_ERRORS);
}

interface Visit {
  errors: FieldError[];
  /** Fails, saying why, for a rule that cannot be compiled. */
  compilesRule: (rule: string) => void;
  /** Whether the schema is only a condition on what another one describes. */
  condition: boolean;
  /** Whether defaults are tried. Those in a schema that is looked at for the sake of a default are tried in their own place. */
  triesDefaults: boolean;
}

function visit(schema: unknown, path: string, run: Visit): void {
  const { errors, condition } = run;
  if (errors.length >= MAX_ERRORS) return;
  if (!isObject(schema)) {
    errors.push({ field: path, type: 'FieldValueTypeInvalid', detail: 'must be an object' });
    return;
  }
  const forbid = (keyword: string, detail: string): void =>
    void errors.push({ field: `${path}.${keyword}`, type: 'FieldValueForbidden', detail });
  if (condition) {
    for (const keyword of Object.keys(schema))
      if (NOT_IN_CONDITIONS.includes(keyword) || keyword.startsWith('x-kubernetes-'))
        forbid(keyword, 'must be empty to be structural');
  } else checkType(schema, path, errors);
  for (const keyword of FORBIDDEN) if (Object.hasOwn(schema, keyword)) forbid(keyword, `${keyword} is not supported`);
  if (schema['uniqueItems'] === true)
    forbid('uniqueItems', 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic');
  if (schema['additionalProperties'] === false) forbid('additionalProperties', 'additionalProperties cannot be set to false');
  if (isObject(schema['properties']) && isObject(schema['additionalProperties']))
    forbid('additionalProperties', 'additionalProperties and properties are mutual exclusive');
  checkList(schema, path, errors);
  checkPrograms(schema, path, run);
  if (run.triesDefaults) checkDefault(schema, path, run);
  checkInner(schema, path, run);
}

function checkType({ type, ...schema }: JsonObject, path: string, errors: FieldError[]): void {
  const anyType = schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (typeof type !== 'string' && !anyType)
    errors.push({ field: `${path}.type`, type: 'FieldValueRequired', detail: 'must not be empty for specified fields' });
  else if (typeof type === 'string' && !TYPES.includes(type))
    errors.push({
      field: `${path}.type`,
      type: 'FieldValueNotSupported',
      value: type,
      detail: `supported values: ${TYPES.map((name) => `"${name}"`).join(', ')}`,
    });
  if (type === 'array' && schema['items'] === undefined)
    errors.push({ field: `${path}.items`, type: 'FieldValueRequired', detail: 'must be specified' });
}

function checkList(schema: JsonObject, path: string, errors: FieldError[]): void {
  const keys = schema['x-kubernetes-list-map-keys'];
  const isMap = schema['x-kubernetes-list-type'] === 'map';
  if (isMap && !(Array.isArray(keys) && keys.length > 0))
    errors.push({
      field: `${path}.x-kubernetes-list-map-keys`,
      type: 'FieldValueRequired',
      detail: 'must not be empty if x-kubernetes-list-type is map',
    });
  if (!Array.isArray(keys)) return;
  if (!isMap)
    errors.push({
      field: `${path}.x-kubernetes-list-type`,
      type: 'FieldValueInvalid',
      value: schema['x-kubernetes-list-type'] ?? '',
      detail: 'must be map if x-kubernetes-list-map-keys is non-empty',
    });
  const items = isObject(schema['items']) ? schema['items'] : {};
  const properties = isObject(items['properties']) ? items['properties'] : {};
  for (const [index, key] of keys.entries())
    if (typeof key !== 'string' || !Object.hasOwn(properties, key))
      errors.push({
        field: `${path}.x-kubernetes-list-map-keys[${index}]`,
        type: 'FieldValueInvalid',
        value: key,
        detail: 'entries must all be names of item properties',
      });
}

function checkPrograms(schema: JsonObject, path: string, { errors, compilesRule }: Visit): void {
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
    const { rule, messageExpression } = isObject(entry) ? entry : {};
    const field = `${path}.x-kubernetes-validations[${index}]`;
    if (typeof rule !== 'string') errors.push({ field: `${field}.rule`, type: 'FieldValueRequired', detail: '' });
    else attempt(`${field}.rule`, rule, () => compilesRule(rule));
    if (typeof messageExpression === 'string')
      attempt(`${field}.messageExpression`, messageExpression, () => compilesRule(messageExpression));
  }
}

/** The fields of what {@link checkPrograms} reports. */
const PROGRAM = /\.pattern$|\.x-kubernetes-validations\[\d+\]\.\w+$/;

function checkDefault(schema: JsonObject, path: string, { errors, compilesRule }: Visit): void {
  const { default: value } = schema;
  if (value === undefined) return;
  const field = `${path}.default`;
  // What is wrong with the schema below is said in its place.
  const below: FieldError[] = [];
  visit({ ...schema, default: undefined }, path, { errors: below, compilesRule, condition: false, triesDefaults: false });
  if (below.some(({ field: inner }) => PROGRAM.test(inner))) return;
  const copy = structuredClone(value);
  if (prune(copy, schema as JsonSchema).length > 0)
    errors.push({ field, type: 'FieldValueInvalid', value, detail: 'must not have unknown fields' });
  for (const { detail, field: inner } of validate(value, undefined, schema as JsonSchema, validationContext()))
    errors.push({ field, type: 'FieldValueInvalid', value, detail: detail === '' ? `${inner} does not fit` : detail });
}

function checkInner(schema: JsonObject, path: string, run: Visit): void {
  const { properties, items, additionalProperties, not } = schema;
  if (isObject(properties))
    for (const [key, property] of Object.entries(properties)) visit(property, fieldPath(`${path}.properties`, key), run);
  if (items !== undefined) visit(items, `${path}.items`, run);
  if (isObject(additionalProperties)) visit(additionalProperties, `${path}.additionalProperties`, run);
  for (const keyword of CONDITIONS) {
    const parts = schema[keyword];
    for (const [index, part] of (Array.isArray(parts) ? (parts as unknown[]) : []).entries())
      // A number or text is commonly said twice: by the extension and by such a condition.
      visit(part, `${path}.${keyword}[${index}]`, { ...run, condition: schema['x-kubernetes-int-or-string'] !== true });
  }
  if (not !== undefined) visit(not, `${path}.not`, { ...run, condition: true });
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
