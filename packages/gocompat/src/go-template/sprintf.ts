import { goFloat, goFormat } from '../go-text/go-format.ts';
import { compareKeys } from '../go-text/go-json.ts';

const VERB = /%([-+# 0]*)([0-9]+)?(?:\.([0-9]+)?)?(.)?/gsu;
const MAX_WIDTH = 1000;

/** Go's Sprintf for JSON values, with the verbs `v s q d t f e g x X c b o T %`. What does not fit is marked as Go marks it. */
export function sprintf(format: string, args: readonly unknown[]): string {
  let next = 0;
  const out = format.replaceAll(VERB, (whole: string, flags: string, width?: string, precision?: string, verb?: string) => {
    if (verb === undefined) return '%!(NOVERB)';
    if (verb === '%') return '%';
    if (next >= args.length) return `%!${verb}(MISSING)`;
    const places = whole.includes('.') ? Number(precision ?? 0) : undefined;
    const text = one(verb, args[next], flags, places === undefined ? undefined : Math.min(places, 100));
    next += 1;
    return pad(text, flags, Math.min(Number(width ?? 0), MAX_WIDTH), verb);
  });
  const extra = args.slice(next).map((arg) => (arg === null || arg === undefined ? '<nil>' : `${typeOf(arg)}=${goFormat(arg)}`));
  return extra.length === 0 ? out : `${out}%!(EXTRA ${extra.join(', ')})`;
}

function one(verb: string, value: unknown, flags: string, places: number | undefined): string {
  const sign = (text: string): string => (flags.includes('+') && !text.startsWith('-') ? `+${text}` : text);
  if (verb === 'v') return goFormat(value);
  if (verb === 'T') return typeOf(value);
  if (typeof value === 'string') return ofText(verb, value, places) ?? bad(verb, value);
  if (typeof value === 'boolean') return verb === 't' ? String(value) : bad(verb, value);
  if (typeof value === 'object' && value !== null) return ofComposite(verb, value, flags, places);
  if (typeof value !== 'number') return bad(verb, value);
  if ('dxXbocqU'.includes(verb)) return Number.isInteger(value) ? sign(ofInteger(verb, value)) : bad(verb, value);
  if (Number.isInteger(value) && verb !== 'f') return bad(verb, value);
  if (verb === 'f' || verb === 'F') return sign(value.toFixed(places ?? 6));
  if (verb === 'e') return sign(value.toExponential(places ?? 6).replace(/e([+-])(\d)$/, 'e$10$2'));
  return verb === 'g' ? sign(goFloat(value)) : bad(verb, value);
}

/** The verb goes for every element. */
function ofComposite(verb: string, value: object, flags: string, places: number | undefined): string {
  if (Array.isArray(value)) return `[${value.map((item: unknown) => one(verb, item, flags, places)).join(' ')}]`;
  const entries = Object.entries(value).toSorted(([a], [b]) => compareKeys(a, b));
  return `map[${entries.map(([key, item]) => `${one(verb, key, flags, places)}:${one(verb, item, flags, places)}`).join(' ')}]`;
}

function ofText(verb: string, value: string, places: number | undefined): string | undefined {
  const cut = places === undefined ? value : Array.from(value).slice(0, places).join('');
  if (verb === 's') return cut;
  if (verb === 'q') return JSON.stringify(cut);
  return verb === 'x' || verb === 'X' ? hex(Buffer.from(cut).toString('hex'), verb) : undefined;
}

function ofInteger(verb: string, value: number): string {
  if (verb === 'x' || verb === 'X') return hex(value.toString(16), verb);
  if (verb === 'b' || verb === 'o') return value.toString(verb === 'b' ? 2 : 8);
  if (verb === 'c') return String.fromCodePoint(value >= 0 && value <= 0x10_ffff ? value : 0xfffd);
  return verb === 'd' ? goFormat(value) : bad(verb, value);
}

function hex(text: string, verb: string): string {
  return verb === 'X' ? text.toUpperCase() : text;
}

function bad(verb: string, value: unknown): string {
  return value === null || value === undefined ? `%!${verb}(<nil>)` : `%!${verb}(${typeOf(value)}=${goFormat(value)})`;
}

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'object') return 'map[string]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

function pad(text: string, flags: string, width: number, verb: string): string {
  const missing = width - Array.from(text).length;
  if (missing <= 0) return text;
  if (flags.includes('-')) return text + ' '.repeat(missing);
  if (!flags.includes('0') || 'sqvtT'.includes(verb)) return ' '.repeat(missing) + text;
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  return sign + '0'.repeat(missing) + text.slice(sign.length);
}
