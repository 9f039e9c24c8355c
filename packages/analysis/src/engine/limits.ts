import type { Metric } from '@kargo/api';
import { parseDuration } from '@kargo/gocompat';

/** A metric's numbers, read once: limits with their defaults, durations in milliseconds. */
export interface Limits {
  /** Measurements after which the metric is done; `Infinity` where only limits end it. */
  count: number;
  interval: number | undefined;
  initialDelay: number | undefined;
  /** −1 disables. */
  failureLimit: number;
  inconclusiveLimit: number;
  consecutiveErrorLimit: number;
  /** 0 disables. */
  consecutiveSuccessLimit: number;
}

/** Wait before a measurement is repeated after an error, and between measurements without an interval. */
export const ERROR_RETRY_MS = 10_000;

type IntOrString = number | string | undefined;

/** Reads an int-or-string field; throws on text that is not a whole number. */
export function readInt(field: string, value: IntOrString, fallback: number): number {
  if (value === undefined || value === '') return fallback;
  const number = typeof value === 'number' ? value : /^[+-]?\d+$/.test(value.trim()) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw new Error(`${field} must be a whole number, found ${JSON.stringify(value)}`);
  return number;
}

/** Reads a Go duration in milliseconds; throws, saying `what` it is, on text that is none. */
export function readDuration(what: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    return parseDuration(text);
  } catch (error) {
    throw new Error(`invalid ${what} string: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** The limits of a metric whose arguments are resolved. Throws on a field that cannot be read. */
export function limitsOf(metric: Metric): Limits {
  const interval = readDuration('interval', metric.interval);
  const count = readInt('count', metric.count, 0);
  return {
    count: count === 0 ? (interval === undefined ? 1 : Infinity) : count,
    interval,
    initialDelay: readDuration('startDelay', metric.initialDelay),
    failureLimit: readInt('failureLimit', metric.failureLimit, 0),
    inconclusiveLimit: readInt('inconclusiveLimit', metric.inconclusiveLimit, 0),
    consecutiveErrorLimit: readInt('consecutiveErrorLimit', metric.consecutiveErrorLimit, 4),
    consecutiveSuccessLimit: readInt('consecutiveSuccessLimit', metric.consecutiveSuccessLimit, 0),
  };
}
