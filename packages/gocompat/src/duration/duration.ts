import { ParseError } from '../parse-error.ts';

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  '\u00b5s': 1_000n,
  '\u03bcs': 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

const MAX = 2n ** 63n;
const PART = /([0-9]*)(?:(\.)([0-9]*))?([^0-9.]*)/y;

/** Parses a Go duration (`1h30m`, `1.5s`, `-2us`) to nanoseconds. Fails with `ParseError`, also beyond about 292 years. */
export function parseDurationNanos(text: string): bigint {
  const fail = (why: string): never => {
    throw new ParseError('InvalidDuration', `${JSON.stringify(text)} is not a duration: ${why} (for example 90s, 1.5h, 1h30m)`);
  };
  const negative = text.startsWith('-');
  const body = /^[-+]/.test(text) ? text.slice(1) : text;
  if (body === '0') return 0n;
  if (body === '') fail('it is empty');
  let total = 0n;
  const part = new RegExp(PART, 'y');
  while (part.lastIndex < body.length) {
    const [, whole = '', , fraction = '', unit = ''] = part.exec(body) ?? [];
    if (whole === '' && fraction === '') fail('a number is missing');
    if (unit === '') fail('a unit is missing, use ns, us, ms, s, m or h');
    const size = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
    if (size === undefined) return fail(`unknown unit ${JSON.stringify(unit)}, use ns, us, ms, s, m or h`);
    total += BigInt(whole === '' ? '0' : whole) * size + fractionOf(fraction, size);
    if (total > MAX) fail('it is too long');
  }
  if (!negative && total === MAX) fail('it is too long');
  return negative ? -total : total;
}

/** Go computes the fraction in floating point, ignores digits that overflow 63 bits, and drops what is below a nanosecond. */
function fractionOf(digits: string, size: bigint): bigint {
  let value = 0n;
  let scale = 1;
  for (const digit of digits) {
    const next = value * 10n + BigInt(digit);
    if (next > MAX) break;
    value = next;
    scale *= 10;
  }
  return BigInt(Math.trunc(Number(value) * (Number(size) / scale)));
}

/** Parses a Go duration to milliseconds, which may be fractional. Fails with `ParseError`. */
export function parseDuration(text: string): number {
  const nanos = parseDurationNanos(text);
  return Number(nanos / 1_000_000n) + Number(nanos % 1_000_000n) / 1e6;
}

/** The text Go prints for a duration in milliseconds, rounded to nanoseconds: `1h2m3.5s`, `1.5ms`, `0s`. */
export function formatDuration(ms: number): string {
  return formatDurationNanos(BigInt(Math.round(ms * 1e6)));
}

/** The text Go prints for a duration in nanoseconds. */
export function formatDurationNanos(nanos: bigint): string {
  if (nanos < 0n) return `-${formatDurationNanos(-nanos)}`;
  if (nanos === 0n) return '0s';
  if (nanos < 1_000n) return `${nanos}ns`;
  if (nanos < 1_000_000n) return `${decimal(nanos, 1_000n)}\u00b5s`;
  if (nanos < 1_000_000_000n) return `${decimal(nanos, 1_000_000n)}ms`;
  const minutes = nanos / 60_000_000_000n;
  const seconds = `${decimal(nanos % 60_000_000_000n, 1_000_000_000n)}s`;
  if (minutes === 0n) return seconds;
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

function decimal(nanos: bigint, unit: bigint): string {
  const fraction = String(nanos % unit)
    .padStart(String(unit).length - 1, '0')
    .replace(/0+$/, '');
  return fraction === '' ? `${nanos / unit}` : `${nanos / unit}.${fraction}`;
}
