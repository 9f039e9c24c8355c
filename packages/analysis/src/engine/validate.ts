import type { Metric } from '@kargo/api';
import { limitsOf } from './limits.ts';

/** The first problem of a set of resolved metrics, or nothing. Worded so that it can follow `Analysis spec invalid: `. */
export function metricsProblem(metrics: readonly Metric[]): string | undefined {
  if (metrics.length === 0) return 'no metrics specified';
  const seen = new Set<string>();
  for (const [index, metric] of metrics.entries()) {
    if (seen.has(metric.name)) return `metrics[${index}]: duplicate name '${metric.name}'`;
    seen.add(metric.name);
    const problem = metricProblem(metric);
    if (problem !== undefined) return `metrics[${index}]: ${problem}`;
  }
  return undefined;
}

/** The first problem of one resolved metric, or nothing. */
export function metricProblem(metric: Metric): string | undefined {
  let limits;
  try {
    limits = limitsOf(metric);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { count, failureLimit, inconclusiveLimit, consecutiveErrorLimit, consecutiveSuccessLimit, interval } = limits;
  if (count < 0) return `count must be >= 0, found ${count}`;
  if (consecutiveSuccessLimit < 0) return 'consecutiveSuccessLimit must be >= 0';
  if (failureLimit < -1) return 'failureLimit must be >= 0, or -1 to be disabled';
  if (failureLimit === -1 && consecutiveSuccessLimit === 0)
    return 'failureLimit and consecutiveSuccessLimit cannot both be disabled';
  if (inconclusiveLimit < 0) return 'inconclusiveLimit must be >= 0';
  if (consecutiveErrorLimit < 0) return 'consecutiveErrorLimit must be >= 0';
  const declared = Number(metric.count ?? 0);
  if (declared > 0) {
    if (failureLimit >= 0) {
      if (declared < failureLimit + consecutiveSuccessLimit) {
        return `count (${declared}) must be >= failureLimit + consecutiveSuccessLimit (${failureLimit} + ${consecutiveSuccessLimit}) if both >= 0`;
      }
    } else if (declared < consecutiveSuccessLimit) return 'count must be >= consecutiveSuccessLimit';
    if (declared < inconclusiveLimit) return 'count must be >= inconclusiveLimit';
  }
  if (declared > 1 && interval === undefined) return 'interval must be specified when count > 1';
  return providerProblem(metric);
}

function providerProblem(metric: Metric): string | undefined {
  const providers = Object.entries(metric.provider).flatMap(([name, config]) =>
    name === 'plugin' && typeof config === 'object' && config !== null ? Object.keys(config) : [name],
  );
  if (providers.length === 0) return 'no provider specified';
  return providers.length === 1 ? undefined : 'multiple providers specified';
}
