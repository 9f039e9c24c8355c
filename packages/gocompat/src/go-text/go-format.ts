import { compareKeys } from './go-json.ts';

/** How whole numbers are read: as Go integers, or as floating point, as they are after a round through JSON. */
export type NumberReading = 'integer' | 'float';

/** A value as Go prints it with `%v`: `map[a:1 b:[x y]]`, `<nil>`, and for floats the shortest `%g`. */
export function goFormat(value: unknown, numbers: NumberReading = 'integer'): string {
  if (value === undefined || value === null) return '<nil>';
  if (typeof value === 'number') return numbers === 'integer' && Number.isInteger(value) ? plain(value) : goFloat(value);
  if (Array.isArray(value)) return `[${value.map((item: unknown) => goFormat(item, numbers)).join(' ')}]`;
  if (typeof value !== 'object') return String(value as string | boolean | bigint);
  const entries = Object.entries(value).toSorted(([a], [b]) => compareKeys(a, b));
  return `map[${entries.map(([key, item]) => `${key}:${goFormat(item, numbers)}`).join(' ')}]`;
}

/** A float as Go prints it: shortest digits, with an exponent below 1e-04 and from 1e+06 on. */
export function goFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', power = ''] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 6) return plain(value);
  const digits = String(Math.abs(exponent)).padStart(2, '0');
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`;
}

function plain(value: number): string {
  return Number.isInteger(value) ? BigInt(value).toString() : decimalText(value);
}

function decimalText(value: number): string {
  const text = String(value);
  if (!text.includes('e')) return text;
  return value.toFixed(20).replace(/0+$/, '');
}
