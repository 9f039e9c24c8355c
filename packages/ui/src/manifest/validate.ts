import { nearest } from '@kargo/api';
import type { Schema, Schemas } from '../schemas/schemas.ts';
import type { Path } from './path.ts';
import { applied, below, schemaOfObject } from './resolve.ts';

/** Something that does not fit the schema. */
export interface Violation {
  path: Path;
  message: string;
  /** Whether it is the key that is wrong, not the value. */
  isKey?: boolean;
  /** What was probably meant, in place of the key or the value. */
  meant?: string | undefined;
}

/** How far an object is from its schema. What expressions will fill in is left open. */
export function validate(schemas: Schemas, object: unknown): Violation[] {
  if (typeof object !== 'object' || object === null || Array.isArray(object))
    return [{ path: [], message: 'A manifest is an object with apiVersion, kind and metadata.' }];
  return [...check(schemas, schemaOfObject(schemas, object), object, [])];
}

/** Whether an expression decides what a value will be. */
export function isOpen(value: unknown): boolean {
  return typeof value === 'string' && value.includes('${{');
}

function* check(schemas: Schemas, declared: Schema, value: unknown, path: Path): Generator<Violation> {
  if (value === null || value === undefined || isOpen(value)) return;
  const schema = applied(schemas, declared, value);
  const wrong = typeProblem(schema, value);
  if (wrong !== undefined) {
    yield { path, message: wrong };
    return;
  }
  if (Array.isArray(value)) yield* checkList(schemas, schema, value, path);
  else if (typeof value === 'object') yield* checkObject(schemas, schema, value as Record<string, unknown>, path);
  else if (typeof value === 'string') yield* checkText(schema, value, path);
  else if (typeof value === 'number') yield* checkNumber(schema, value, path);
  yield* checkAlternatives(schemas, schema, value, path);
}

function typeProblem({ type, 'x-kubernetes-int-or-string': either }: Schema, value: unknown): string | undefined {
  if (either === true) return ['string', 'number'].includes(typeof value) ? undefined : 'Must be a number or text.';
  if (type === undefined) return undefined;
  const actual = Array.isArray(value) ? 'array' : typeof value;
  const fits = type === 'integer' ? Number.isInteger(value) : actual === type;
  if (fits) return undefined;
  const words = {
    object: 'an object',
    array: 'a list',
    string: 'text',
    integer: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
  };
  const hint = type === 'string' && typeof value !== 'object' ? `; put it in quotes: "${String(value)}"` : '';
  return `Must be ${words[type]}${hint}.`;
}

function* checkObject(schemas: Schemas, schema: Schema, value: Record<string, unknown>, path: Path): Generator<Violation> {
  const keys = Object.keys(value);
  for (const name of schema.required ?? []) {
    if (value[name] === undefined || value[name] === null)
      yield { path: [...path, name], message: `${name} is required.`, isKey: true };
  }
  if (schema.minProperties !== undefined && keys.length < schema.minProperties) yield { path, message: 'Must not be empty.' };
  for (const [key, each] of Object.entries(value)) {
    const next = below(schema, key);
    if (next !== undefined) yield* check(schemas, next, each, [...path, key]);
    else if (isClosed(schema)) {
      const meant = nearest(key, Object.keys(schema.properties ?? {}));
      const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
      yield { path: [...path, key], message: `There is no field ${key} here.${hint}`, isKey: true, meant };
    }
  }
}

function isClosed({ type, properties, additionalProperties, 'x-kubernetes-preserve-unknown-fields': open }: Schema): boolean {
  if (open === true || additionalProperties === true) return false;
  return additionalProperties === false || (type === 'object' && properties !== undefined);
}

function* checkList(
  schemas: Schemas,
  { items, minItems, maxItems }: Schema,
  value: readonly unknown[],
  path: Path,
): Generator<Violation> {
  if (minItems !== undefined && value.length < minItems)
    yield { path, message: minItems === 1 ? 'Must have at least one item.' : `Must have at least ${minItems} items.` };
  if (maxItems !== undefined && value.length > maxItems) yield { path, message: `Must have at most ${maxItems} items.` };
  if (items === undefined) return;
  for (const [index, each] of value.entries()) yield* check(schemas, items, each, [...path, index]);
}

function* checkText({ enum: values, minLength, maxLength, pattern }: Schema, value: string, path: Path): Generator<Violation> {
  if (values !== undefined && !values.includes(value)) {
    const names = values.filter((each): each is string => typeof each === 'string' && each !== '');
    const meant = nearest(value, names);
    const listed = names.length > 8 ? '' : ` Must be one of ${names.join(', ')}.`;
    const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
    yield { path, message: `${JSON.stringify(value)} is not known here.${listed}${hint}`, meant };
    return;
  }
  if (minLength !== undefined && value.length < minLength) yield { path, message: 'Must not be empty.' };
  else if (maxLength !== undefined && value.length > maxLength)
    yield { path, message: `Must have at most ${maxLength} characters.` };
  else if (pattern !== undefined && !matches(pattern, value)) yield { path, message: patternMessage(pattern) };
}

function* checkNumber({ minimum, maximum, enum: values }: Schema, value: number, path: Path): Generator<Violation> {
  if (minimum !== undefined && value < minimum) yield { path, message: `Must be at least ${minimum}.` };
  if (maximum !== undefined && value > maximum) yield { path, message: `Must be at most ${maximum}.` };
  if (values !== undefined && !values.includes(value)) yield { path, message: `Must be one of ${values.join(', ')}.` };
}

function* checkAlternatives(schemas: Schemas, { oneOf, anyOf }: Schema, value: unknown, path: Path): Generator<Violation> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  // Whether an alternative holds cannot be told before its expressions are evaluated.
  if (Object.values(value).some(isOpen)) return;
  const fits = (each: Schema): boolean => alternativeFits(schemas, each, value);
  if (anyOf !== undefined && !anyOf.some(fits)) yield { path, message: `Must have one of ${namesOf(anyOf)}.` };
  if (oneOf === undefined) return;
  const count = oneOf.filter(fits).length;
  if (count !== 1)
    yield {
      path,
      message:
        count === 0 && oneOf.every(({ required }) => required !== undefined)
          ? `Must have exactly one of ${namesOf(oneOf)}.`
          : `Only one of ${namesOf(oneOf)} can be given.`,
    };
}

function alternativeFits(schemas: Schemas, schema: Schema, value: unknown): boolean {
  const record = value as Record<string, unknown>;
  if ((schema.required ?? []).some((name) => record[name] === undefined)) return false;
  if (schema.not !== undefined && alternativeFits(schemas, schema.not, value)) return false;
  return Object.entries(schema.properties ?? {}).every(([name, each]) => {
    const own = record[name];
    if (own === undefined) return true;
    if (each.const !== undefined && each.const !== own) return false;
    if (each.enum !== undefined && !each.enum.includes(own)) return false;
    return check(schemas, { ...each, ...(each.enum === undefined ? {} : { enum: each.enum }) }, own, []).next().done === true;
  });
}

function namesOf(alternatives: readonly Schema[]): string {
  const names = new Set(alternatives.flatMap(({ required = [] }) => required));
  return names.size === 0 ? 'the alternatives' : [...names].join(', ');
}

function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(value);
  } catch {
    // Patterns that browsers read otherwise are left to the server.
    return true;
  }
}

function patternMessage(pattern: string): string {
  if (pattern.includes('(s|m|h)')) return 'Must be a duration such as 30s, 10m or 1h30m.';
  if (pattern.startsWith('^[a-z0-9]([-a-z0-9]*'))
    return 'Must be lower-case letters, digits, - and ., and begin and end with a letter or digit.';
  return `Must match ${pattern}`;
}
