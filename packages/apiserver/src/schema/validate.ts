import type { FieldError, JsonSchema } from '@kargo/api';
import { equal } from '@kargo/kube';
import { isObject } from '../object/json.ts';
import type { RuleCheck } from './cel.ts';
import { OBJECT_COST, type CostBudget } from './cel-cost.ts';
import { formatProblem } from './formats.ts';
import { embeddedProperties } from './object-meta.ts';
import { fieldPath, indexPath } from './paths.ts';

/** What validation needs besides the schema. */
export interface ValidationContext {
  /** Whether text matches a pattern (RE2 syntax, unanchored). */
  matchesPattern(pattern: string, text: string): boolean;
  /** Errors of the CEL rules of one schema node. What they cost is taken from the budget of the object. */
  rules: RuleCheck;
  /** Whether rules in or below a schema compare with the old value: those are for unchanged values too. */
  comparesOld(schema: JsonSchema): boolean;
}

/** What one validation works with. */
interface Run extends ValidationContext {
  budget: CostBudget;
  depth: number;
}

/** Down to this depth values are compared with what they replace; below, they are always checked: each level compares all that is in it. */
const MAX_COMPARED = 20;

/** At most this many problems are collected, so that hostile input stays cheap. */
const MAX_ERRORS = 100;

/** Every problem of a value in Kubernetes' words. `old` is what it replaces: rules that compare need it, and parts that are equal are valid. */
export function validate(value: unknown, old: unknown, schema: JsonSchema, context: ValidationContext): FieldError[] {
  const errors: FieldError[] = [];
  check(value, old, schema, '', errors, { ...context, budget: { left: OBJECT_COST }, depth: 0 });
  return errors;
}

function check(value: unknown, old: unknown, schema: JsonSchema, path: string, errors: FieldError[], context: Run): void {
  if (errors.length >= MAX_ERRORS) return;
  if (value === null && schema.nullable === true) return;
  if (old !== undefined && context.depth < MAX_COMPARED && equal(value, old) && !context.comparesOld(schema)) return;
  const expected = expectedType(value, schema);
  if (expected !== undefined) {
    const detail = `${path === '' ? 'the object' : path} in body must be of type ${expected}: ${JSON.stringify(typeName(value))}`;
    errors.push({ field: path, type: 'FieldValueTypeInvalid', value: typeName(value), detail });
    return;
  }
  const before = errors.length;
  checkCombinations(value, schema, path, errors, context);
  checkEnum(value, schema, path, errors);
  if (typeof value === 'string') checkString(value, schema, path, errors, context);
  else if (typeof value === 'number') checkNumber(value, schema, path, errors);
  else if (Array.isArray(value)) checkArray(value, old, schema, path, errors, context);
  else if (isObject(value)) checkObject(value, old, schema, path, errors, context);
  if (schema['x-kubernetes-validations'] !== undefined && errors.length === before)
    errors.push(...context.rules(value, old, schema, path, context.budget));
}

/** The type that a value should have but has not. */
function expectedType(value: unknown, schema: JsonSchema): string | undefined {
  if (schema['x-kubernetes-int-or-string'] === true)
    return typeof value === 'string' || Number.isInteger(value) ? undefined : 'integer or string';
  switch (schema.type) {
    case undefined:
      return undefined;
    case 'object':
      return isObject(value) ? undefined : 'object';
    case 'array':
      return Array.isArray(value) ? undefined : 'array';
    case 'integer':
      return Number.isInteger(value) ? undefined : 'integer';
    default:
      return typeof value === schema.type ? undefined : schema.type;
  }
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function checkEnum(value: unknown, { enum: allowed }: JsonSchema, path: string, errors: FieldError[]): void {
  if (allowed === undefined || allowed.some((item) => equal(item, value))) return;
  errors.push({
    field: path,
    type: 'FieldValueNotSupported',
    value,
    detail: `supported values: ${allowed.map((item) => JSON.stringify(item)).join(', ')}`,
  });
}

function checkString(text: string, schema: JsonSchema, path: string, errors: FieldError[], context: Run): void {
  const invalid = (detail: string): void =>
    void errors.push({ field: path, type: 'FieldValueInvalid', value: shortened(text), detail });
  const length = schema.minLength === undefined && schema.maxLength === undefined ? 0 : Array.from(text).length;
  if (schema.minLength !== undefined && length < schema.minLength)
    invalid(`${path} in body should be at least ${schema.minLength} chars long`);
  if (schema.maxLength !== undefined && length > schema.maxLength)
    errors.push({
      field: path,
      type: 'FieldValueTooLong',
      detail: `may not be more than ${schema.maxLength} characters, found ${length}`,
    });
  if (schema.pattern !== undefined && !context.matchesPattern(schema.pattern, text))
    invalid(`${path} in body should match '${schema.pattern}'`);
  const format = schema.format === undefined ? undefined : formatProblem(schema.format, text);
  if (format !== undefined) invalid(`${path} in body must be of type ${format}: ${JSON.stringify(shortened(text))}`);
}

function shortened(text: string): string {
  return text.length > 256 ? `${text.slice(0, 256)}…` : text;
}

function checkNumber(value: number, schema: JsonSchema, path: string, errors: FieldError[]): void {
  const { minimum, maximum, exclusiveMinimum = false, exclusiveMaximum = false, multipleOf } = schema;
  const invalid = (should: string): void =>
    void errors.push({ field: path, type: 'FieldValueInvalid', value, detail: `${path} in body should be ${should}` });
  if (minimum !== undefined && (value < minimum || (exclusiveMinimum && value === minimum)))
    invalid(`greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`);
  if (maximum !== undefined && (value > maximum || (exclusiveMaximum && value === maximum)))
    invalid(`less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`);
  if (multipleOf !== undefined && multipleOf > 0 && !Number.isInteger(value / multipleOf)) invalid(`a multiple of ${multipleOf}`);
}

/** `allOf`, `anyOf`, `oneOf` and `not`: in structural schemas they add conditions to a value, never fields. */
function checkCombinations(value: unknown, schema: JsonSchema, path: string, errors: FieldError[], context: Run): void {
  const { allOf = [], anyOf, oneOf, not } = schema;
  const problemsOf = (part: JsonSchema): FieldError[] => {
    const found: FieldError[] = [];
    check(value, undefined, part, path, found, context);
    return found;
  };
  const invalid = (detail: string): void =>
    void errors.push({
      field: path,
      type: 'FieldValueInvalid',
      value: typeof value === 'object' ? typeName(value) : value,
      detail: `${path === '' ? '<nil>' : path} in body ${detail}`,
    });
  for (const part of allOf) errors.push(...problemsOf(part));
  // Each part is looked at once: conditions stand in conditions.
  let first: readonly FieldError[] | undefined;
  const fits = (part: JsonSchema): boolean => {
    const problems = problemsOf(part);
    first ??= problems;
    return problems.length === 0;
  };
  if (anyOf !== undefined && !anyOf.some(fits)) {
    invalid('must validate at least one schema (anyOf)');
    errors.push(...(first ?? []));
  }
  if (oneOf !== undefined) {
    const matching = oneOf.filter((part) => problemsOf(part).length === 0).length;
    if (matching !== 1)
      invalid(
        `must validate one and only one schema (oneOf)${matching === 0 ? '. Found none valid' : `. Found ${matching} valid alternatives`}`,
      );
  }
  if (not !== undefined && problemsOf(not).length === 0) invalid('must not validate the schema (not)');
}

function checkArray(
  list: readonly unknown[],
  old: unknown,
  schema: JsonSchema,
  path: string,
  errors: FieldError[],
  context: Run,
): void {
  const { minItems, maxItems, items } = schema;
  if (minItems !== undefined && list.length < minItems)
    errors.push({
      field: path,
      type: 'FieldValueInvalid',
      value: list.length,
      detail: `${path} in body should have at least ${minItems} items`,
    });
  if (maxItems !== undefined && list.length > maxItems)
    errors.push({ field: path, type: 'FieldValueTooMany', value: list.length, detail: `must have at most ${maxItems} items` });
  checkUnique(list, schema, path, errors);
  if (items === undefined) return;
  const oldItems = correlated(list, old, schema);
  context.depth++;
  for (const [index, item] of list.entries()) check(item, oldItems(item), items, indexPath(path, index), errors, context);
  context.depth--;
}

/** Finds the old item that a new one stands for: only lists with keys have such a relation. */
function correlated(list: readonly unknown[], old: unknown, schema: JsonSchema): (item: unknown) => unknown {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (!Array.isArray(old) || schema['x-kubernetes-list-type'] !== 'map' || keys === undefined || list.length === 0)
    return () => undefined;
  const byKey = new Map(old.map((item) => [keyText(item, keys), item] as const));
  return (item) => byKey.get(keyText(item, keys));
}

function keyText(item: unknown, keys: readonly string[]): string {
  return JSON.stringify(keys.map((key) => (isObject(item) ? item[key] : undefined)));
}

function checkUnique(list: readonly unknown[], schema: JsonSchema, path: string, errors: FieldError[]): void {
  const type = schema['x-kubernetes-list-type'];
  if (type !== 'set' && type !== 'map') return;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const seen = new Set<string>();
  for (const [index, item] of list.entries()) {
    const key = type === 'set' ? JSON.stringify(item) : keyText(item, keys);
    if (seen.has(key)) {
      const value =
        type === 'set' ? item : Object.fromEntries(keys.map((name) => [name, isObject(item) ? item[name] : undefined]));
      errors.push({ field: indexPath(path, index), type: 'FieldValueDuplicate', value, detail: '' });
    }
    seen.add(key);
  }
}

function checkObject(
  value: Record<string, unknown>,
  old: unknown,
  schema: JsonSchema,
  path: string,
  errors: FieldError[],
  context: Run,
): void {
  const { minProperties, maxProperties, required = [], additionalProperties } = schema;
  for (const key of required)
    if (!Object.hasOwn(value, key) || value[key] === undefined)
      errors.push({ field: fieldPath(path, key), type: 'FieldValueRequired', detail: '' });
  const keys = Object.keys(value);
  if (minProperties !== undefined && keys.length < minProperties)
    errors.push({
      field: path,
      type: 'FieldValueInvalid',
      value: keys.length,
      detail: `${path} in body should have at least ${minProperties} properties`,
    });
  if (maxProperties !== undefined && keys.length > maxProperties)
    errors.push({
      field: path,
      type: 'FieldValueTooMany',
      value: keys.length,
      detail: `must have at most ${maxProperties} items`,
    });
  const properties =
    schema['x-kubernetes-embedded-resource'] === true ? { ...embeddedProperties, ...schema.properties } : schema.properties;
  context.depth++;
  for (const key of keys) {
    const property = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
    if (typeof property !== 'object') continue;
    check(value[key], isObject(old) ? old[key] : undefined, property, fieldPath(path, key), errors, context);
  }
  context.depth--;
}
