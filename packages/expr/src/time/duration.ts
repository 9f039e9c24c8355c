import { formatDurationNanos, parseDurationNanos } from '@kargo/gocompat';
import { wrap64 } from '../values/int64.ts';

/** A span of time in nanoseconds, within 64 bits. */
export class Duration {
  readonly nanoseconds: bigint;
  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds;
  }

  /** As Go prints it: `1h30m0s`, `250ms`, `1µs`, `0s`. */
  toString(): string {
    return formatDurationNanos(this.nanoseconds);
  }
}

const MAX = (1n << 63n) - 1n;

/**
 * Reads what Go's `time.ParseDuration` accepts: `90s`, `1h30m`, `-1.5h`, `0`.
 *
 * @throws ParseError
 */
export function parseDuration(text: string): Duration {
  return new Duration(parseDurationNanos(text));
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
