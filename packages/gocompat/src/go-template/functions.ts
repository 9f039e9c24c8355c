import { goFormat } from '../go-text/go-format.ts';
import { sprintf } from './sprintf.ts';
import { GoTemplateError } from './template-error.ts';

/** Arguments come unevaluated, since `and` and `or` stop where the outcome is known. */
type Argument = () => unknown;

type TemplateFunction = (args: readonly Argument[]) => unknown;

/** Whether there is such a function. */
export function isFunction(name: string): boolean {
  return Object.hasOwn(functions, name);
}

/** Calls a function. Fails with {@link GoTemplateError}. */
export function callFunction(name: string, args: readonly Argument[]): unknown {
  const found = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (found === undefined) throw new GoTemplateError(`${JSON.stringify(name)} is not a defined function`);
  return found(args);
}

/** What counts as true: everything but false, 0, nothing, and empty texts, lists and maps. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isMap(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function eager(count: number | undefined, run: (...args: unknown[]) => unknown): TemplateFunction {
  return (args) => {
    if (count !== undefined && args.length !== count)
      throw new GoTemplateError(`wrong number of args: want ${count} got ${args.length}`);
    return run(...args.map((arg) => arg()));
  };
}

const functions: Readonly<Record<string, TemplateFunction>> = {
  and: (args) => firstWhere(args, (value) => !isTrue(value)),
  or: (args) => firstWhere(args, isTrue),
  not: eager(1, (value) => !isTrue(value)),
  eq: eager(undefined, (first, ...others) => {
    if (others.length === 0) throw new GoTemplateError('missing argument for comparison');
    return others.some((other) => equal(first, other));
  }),
  ne: eager(2, (a, b) => !equal(a, b)),
  lt: eager(2, (a, b) => order(a, b) < 0),
  le: eager(2, (a, b) => order(a, b) <= 0),
  gt: eager(2, (a, b) => order(a, b) > 0),
  ge: eager(2, (a, b) => order(a, b) >= 0),
  index: eager(undefined, (of, ...keys) => {
    if (of === null || of === undefined) throw new GoTemplateError('index of untyped nil');
    return keys.reduce(index, of);
  }),
  exists: eager(undefined, (of, ...keys) => exists(of, keys)),
  slice: eager(undefined, slice),
  len: eager(1, length),
  print: eager(undefined, (...args) => print(args)),
  println: eager(undefined, (...args) => `${args.map((arg) => goFormat(arg)).join(' ')}\n`),
  printf: eager(undefined, (format, ...args) => {
    if (typeof format !== 'string') throw new GoTemplateError('wrong type for value; expected string');
    return sprintf(format, args);
  }),
  html: eager(undefined, (...args) => escapeWith(textOf(args), HTML)),
  js: eager(undefined, (...args) => escapeWith(textOf(args), JS)),
  urlquery: eager(undefined, (...args) => new URLSearchParams({ '': textOf(args) }).toString().slice(1)),
  base64decode: eager(1, (text) => {
    if (typeof text !== 'string') throw new GoTemplateError('wrong type for value; expected string');
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0)
      throw new GoTemplateError('base64 decode failed: illegal base64 data');
    return Buffer.from(text, 'base64').toString('utf8');
  }),
  call: (args) => {
    const value = args[0]?.();
    throw new GoTemplateError(value === undefined || value === null ? 'call of nil' : `non-function of type ${typeName(value)}`);
  },
};

function firstWhere(args: readonly Argument[], stop: (value: unknown) => boolean): unknown {
  if (args.length === 0) throw new GoTemplateError('wrong number of args: want at least 1 got 0');
  let value: unknown;
  for (const arg of args) {
    value = arg();
    if (stop(value)) break;
  }
  return value;
}

/** As Go's Sprint: a blank between operands when neither is a text. */
function print(args: readonly unknown[]): string {
  return args
    .map((arg, i) => (i > 0 && typeof arg !== 'string' && typeof args[i - 1] !== 'string' ? ` ${goFormat(arg)}` : goFormat(arg)))
    .join('');
}

/** What is to be escaped; nothing at all counts as a text of its own. */
function textOf(args: readonly unknown[]): string {
  return print(args.map((arg) => arg ?? '<no value>'));
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'nil';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'object') return 'map[string]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

function equal(a: unknown, b: unknown): boolean {
  if (a === null || a === undefined || b === null || b === undefined) return (a ?? null) === (b ?? null);
  if (typeof a === 'object' || typeof b === 'object') throw new GoTemplateError('non-comparable types');
  if (typeof a !== typeof b) throw new GoTemplateError('incompatible types for comparison');
  return a === b;
}

function order(a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const basic = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number';
  throw new GoTemplateError(basic(a) && basic(b) ? 'incompatible types for comparison' : 'invalid type for comparison');
}

function index(of: unknown, key: unknown): unknown {
  if (of === null || of === undefined) throw new GoTemplateError('index of untyped nil');
  if (Array.isArray(of) || typeof of === 'string') {
    if (typeof key !== 'number' || !Number.isInteger(key))
      throw new GoTemplateError(`cannot index slice/array with type ${typeName(key)}`);
    const items: readonly unknown[] = typeof of === 'string' ? Array.from(Buffer.from(of)) : of;
    if (key < 0 || key >= items.length) throw new GoTemplateError(`index out of range: ${key}`);
    return items[key];
  }
  if (!isMap(of)) throw new GoTemplateError(`can't index item of type ${typeName(of)}`);
  if (typeof key !== 'string') throw new GoTemplateError(`value has type ${typeName(key)}; should be string`);
  return Object.hasOwn(of, key) ? of[key] : undefined;
}

/** Of kubectl: whether something lies at a path of keys and indexes. */
function exists(of: unknown, keys: readonly unknown[]): boolean {
  try {
    return keys.reduce((value: unknown, key) => index(value ?? null, key), of) !== undefined;
  } catch (error) {
    if (error instanceof GoTemplateError) return false;
    throw error;
  }
}

function slice(of: unknown, ...bounds: unknown[]): unknown {
  if (typeof of !== 'string' && !Array.isArray(of)) throw new GoTemplateError(`can't slice item of type ${typeName(of)}`);
  const items: readonly unknown[] | Buffer = typeof of === 'string' ? Buffer.from(of) : of;
  if (bounds.length > (typeof of === 'string' ? 2 : 3)) throw new GoTemplateError(`too many slice indexes: ${bounds.length}`);
  for (const bound of bounds) {
    if (typeof bound !== 'number') throw new GoTemplateError(`cannot index slice/array with type ${typeName(bound)}`);
    if (bound < 0 || bound > items.length) throw new GoTemplateError(`index out of range: ${bound}`);
  }
  const [from = 0, to = items.length] = bounds as number[];
  if (from > to) throw new GoTemplateError(`invalid slice index: ${from} > ${to}`);
  return items instanceof Buffer ? items.subarray(from, to).toString('utf8') : items.slice(from, to);
}

function length(of: unknown): number {
  if (typeof of === 'string') return Buffer.byteLength(of);
  if (Array.isArray(of)) return of.length;
  if (isMap(of)) return Object.keys(of).length;
  throw new GoTemplateError(of === null || of === undefined ? 'len of nil pointer' : `len of type ${typeName(of)}`);
}

const HTML: Readonly<Record<string, string>> = {
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\0': '\uFFFD',
};
const JS: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
  '\n': '\\u000A',
  '\r': '\\u000D',
  '\t': '\\u0009',
};

function escapeWith(text: string, table: Readonly<Record<string, string>>): string {
  return Array.from(text, (char) => (Object.hasOwn(table, char) ? (table[char] ?? char) : char)).join('');
}
