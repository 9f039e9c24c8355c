import type { Metric, MetricResult } from '@kargo/api';

/** The number that a measurement stands for: itself, or the only element of a list; undefined for all else. */
export function numberIn(value: string | undefined): number | undefined {
  if (value === undefined || value.trim() === '') return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    parsed = Number(value);
  }
  if (Array.isArray(parsed) && parsed.length === 1) parsed = parsed[0] as unknown;
  return typeof parsed === 'number' && Number.isFinite(parsed) ? parsed : undefined;
}

export interface Limit {
  value: number;
  /** Which side of it fails. */
  fails: 'above' | 'below';
}

const COMPARISON = /^\s*(?:float\(|asFloat\()?result(?:\[0\])?\)?\s*(<=?|>=?)\s*(-?\d+(?:\.\d+)?)\s*$/;

/** The limit in the condition of a metric, where that is one comparison with a number. Others cannot be drawn as a line. */
export function limitOf({
  successCondition,
  failureCondition,
}: Pick<Metric, 'successCondition' | 'failureCondition'>): Limit | undefined {
  const success = COMPARISON.exec(successCondition ?? '');
  if (success !== null) return { value: Number(success[2]), fails: success[1]?.startsWith('<') === true ? 'above' : 'below' };
  const failure = COMPARISON.exec(failureCondition ?? '');
  if (failure !== null) return { value: Number(failure[2]), fails: failure[1]?.startsWith('<') === true ? 'below' : 'above' };
  return undefined;
}

/** What decides about a metric, each with how far it has come. Rules that the template does not name are those that hold without it. */
export function passRules(metric: Metric, result: MetricResult | undefined): string[] {
  const counted = (limit: Metric['count'], fallback: number): string => String(limit ?? fallback);
  const times = (limit: string): string => (limit === '1' ? 'once' : `${limit} times`);
  return [
    `fails at most ${times(counted(metric.failureLimit, 0))}, ${result?.failed ?? 0} so far`.replace('at most 0 times', 'never'),
    `inconclusive at most ${times(counted(metric.inconclusiveLimit, 0))}, ${result?.inconclusive ?? 0} so far`.replace(
      'at most 0 times',
      'never',
    ),
    `at most ${counted(metric.consecutiveErrorLimit, 4)} errors in a row, ${result?.consecutiveError ?? 0} so far`,
  ];
}
