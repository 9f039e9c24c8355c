import { wrap64 } from '../values/int64.ts';

/** A span of time in nanoseconds, within 64 bits. */
export class Duration {
  readonly nanoseconds: bigint;
  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds;
  }

  /** As Go prints it: `1h30m0s`, `250ms`, `1µs`, `0s`. */
  toString(): string {
    const negative = this.nanoseconds < 0n;
    const total = negative ? -this.nanoseconds : this.nanoseconds;
    if (total === 0n) return '0s';
    const sign = negative ? '-' : '';
    if (total < 1_000n) return `${sign}${total}ns`;
    if (total < 1_000_000n) return `${sign}${decimal(total, 3)}µs`;
    if (total < SECOND) return `${sign}${decimal(total, 6)}ms`;
    const minutes = total / MINUTE;
    const seconds = decimal(total % MINUTE, 9);
    if (minutes === 0n) return `${sign}${seconds}s`;
    const hours = minutes / 60n;
    return hours === 0n ? `${sign}${minutes}m${seconds}s` : `${sign}${hours}h${minutes % 60n}m${seconds}s`;
  }
}

const SECOND = 1_000_000_000n;
const MINUTE = 60n * SECOND;
const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['μs', 1_000n],
  ['ms', 1_000_000n],
  ['s', SECOND],
  ['m', MINUTE],
  ['h', 60n * MINUTE],
]);
const MAX = (1n << 63n) - 1n;

/** Reads what Go's `time.ParseDuration` accepts: `90s`, `1h30m`, `-1.5h`, `0`. Returns the reason as a string if it cannot. */
export function parseDuration(text: string): Duration | string {
  const sign = /^[+-]/.test(text) ? text[0] : '';
  let rest = text.slice(sign?.length ?? 0);
  if (rest === '0') return new Duration(0n);
  if (rest === '') return `time: invalid duration ${JSON.stringify(text)}`;
  let total = 0n;
  while (rest !== '') {
    const number = /^(\d*)(?:\.(\d*))?/.exec(rest);
    const whole = number?.[1] ?? '';
    const fraction = number?.[2] ?? '';
    if (whole === '' && fraction === '') return `time: invalid duration ${JSON.stringify(text)}`;
    rest = rest.slice(number?.[0].length ?? 0);
    const unitName = /^[^.\d]*/.exec(rest)?.[0] ?? '';
    if (unitName === '') return `time: missing unit in duration ${JSON.stringify(text)}`;
    const unit = UNITS.get(unitName);
    if (unit === undefined) return `time: unknown unit ${JSON.stringify(unitName)} in duration ${JSON.stringify(text)}`;
    rest = rest.slice(unitName.length);
    if (whole.length > 20) return `time: invalid duration ${JSON.stringify(text)}`;
    // Digits of the fraction beyond what fits 63 bits are dropped; then the product is taken in floating point, as Go does.
    let digits = fraction;
    while (digits !== '' && BigInt(digits) > MAX) digits = digits.slice(0, -1);
    const part = digits === '' ? 0n : BigInt(Math.trunc(Number(BigInt(digits)) * (Number(unit) / 10 ** digits.length)));
    total += (whole === '' ? 0n : BigInt(whole)) * unit + part;
    if (total > MAX + (sign === '-' ? 1n : 0n)) return `time: invalid duration ${JSON.stringify(text)}`;
  }
  return new Duration(sign === '-' ? -total : total);
}

/** The duration rounded toward zero to a multiple of `unit`; unchanged if `unit` is not positive. */
export function truncateDuration(duration: Duration, unit: Duration): Duration {
  if (unit.nanoseconds <= 0n) return duration;
  return new Duration(duration.nanoseconds - (duration.nanoseconds % unit.nanoseconds));
}

/** The duration rounded to the nearest multiple of `unit`, halves away from zero; unchanged if `unit` is not positive. */
export function roundDuration(duration: Duration, unit: Duration): Duration {
  const d = duration.nanoseconds;
  const m = unit.nanoseconds;
  if (m <= 0n) return duration;
  const rest = d < 0n ? -(d % m) : d % m;
  if (d < 0n) return new Duration(rest + rest < m ? d + rest : clamp(d - m + rest));
  return new Duration(rest + rest < m ? d - rest : clamp(d + m - rest));
}

/** The nearest duration within 64 bits. */
export function clamp(nanoseconds: bigint): bigint {
  if (nanoseconds > MAX) return MAX;
  return nanoseconds < -MAX - 1n ? -MAX - 1n : nanoseconds;
}

/** A duration from nanoseconds that may have overflowed 64 bits: they wrap, as in Go. */
export function wrappedDuration(nanoseconds: bigint): Duration {
  return new Duration(wrap64(nanoseconds));
}

function decimal(value: bigint, places: number): string {
  const unit = 10n ** BigInt(places);
  const fraction = (value % unit).toString().padStart(places, '0').replace(/0+$/, '');
  return fraction === '' ? `${value / unit}` : `${value / unit}.${fraction}`;
}
