import type { AnalysisRun, Metric } from '@kargo/api';
import { argumentValues, resolveMetric } from './arguments.ts';
import { limitsOf } from './limits.ts';
import { matchRules } from './rules.ts';
import { metricsProblem } from './validate.ts';

/** What a run is about to do, with arguments resolved but for secrets. */
export interface Plan {
  metrics: Metric[];
  /** Names of metrics that never count against the run. */
  dryRun: ReadonlySet<string>;
  /** By metric name: how many measurements are kept. */
  retention: ReadonlyMap<string, { limit: number }>;
}

/** Reads a run's specification. Throws if it cannot be carried out: `ArgumentError`, or a plain error that says what is wrong with it. */
export function planOf(spec: AnalysisRun['spec']): Plan {
  const values = argumentValues(spec.args ?? []);
  const metrics = spec.metrics.map((metric) => resolveMetric(metric, values));
  const problem = metricsProblem(metrics);
  if (problem !== undefined) throw new Error(`Analysis spec invalid: ${problem}`);
  const names = metrics.map(({ name }) => name);
  return {
    metrics,
    dryRun: new Set(matchRules('dryRun', spec.dryRun ?? [], names).keys()),
    retention: matchRules('measurementRetention', spec.measurementRetention ?? [], names),
  };
}

/** What is likely a mistake though it is allowed, one sentence each. */
export function planWarnings({ metrics }: Pick<Plan, 'metrics'>): string[] {
  return metrics.flatMap((metric) => {
    const { count, consecutiveSuccessLimit } = limitsOf(metric);
    return count === Infinity && consecutiveSuccessLimit === 0
      ? [
          `Metric "${metric.name}" has an interval but no count: it is measured until it fails or the run is terminated, and never succeeds by itself. Give it a count or a consecutiveSuccessLimit.`,
        ]
      : [];
  });
}
