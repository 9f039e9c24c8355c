import type { AnalysisRunStatus, Measurement, MetricResult } from '@kargo/api';
import { isCompleted } from './phases.ts';
import type { Task } from './schedule.ts';

/** Measurements kept for each metric unless a retention rule says otherwise. */
export const DEFAULT_RETENTION = 10;

/** What a task ended with. `metadata` describes the metric (a resolved query, say) and is kept from its first measurement. */
export interface Outcome {
  task: Task;
  measurement: Measurement;
  metadata?: Record<string, string> | undefined;
}

/** Puts outcomes into a status (changed in place): new measurements are appended, those in flight replaced, counters moved. */
export function recordOutcomes(
  status: AnalysisRunStatus,
  outcomes: readonly Outcome[],
  dryRun: ReadonlySet<string>,
  now: string,
): void {
  status.metricResults ??= [];
  for (const { task, measurement, metadata } of outcomes) {
    const { name } = task.metric;
    let result = status.metricResults.find((candidate) => candidate.name === name);
    if (result === undefined) {
      result = {
        name,
        phase: 'Running',
        ...(dryRun.has(name) ? { dryRun: true } : {}),
        ...(metadata === undefined || Object.keys(metadata).length === 0 ? {} : { metadata }),
      };
      status.metricResults.push(result);
    }
    result.measurements ??= [];
    if (task.kind !== 'run') result.measurements.pop();
    result.measurements.push(measurement);
    if (!isCompleted(measurement.phase)) continue;
    measurement.finishedAt ??= now;
    tally(result, measurement);
  }
}

function tally(result: MetricResult, measurement: Measurement): void {
  const bump = (
    field: 'successful' | 'failed' | 'inconclusive' | 'error' | 'count' | 'consecutiveError' | 'consecutiveSuccess',
  ): void => {
    result[field] = (result[field] ?? 0) + 1;
  };
  if (measurement.phase === 'Error') {
    bump('error');
    bump('consecutiveError');
    delete result.consecutiveSuccess;
    return;
  }
  bump('count');
  delete result.consecutiveError;
  if (measurement.phase === 'Successful') {
    bump('successful');
    bump('consecutiveSuccess');
  } else {
    bump(measurement.phase === 'Failed' ? 'failed' : 'inconclusive');
    delete result.consecutiveSuccess;
  }
}

/**
 * Keeps the newest measurements of every metric (status changed in place); `retention` gives limits by metric name. Returns, for the
 * metrics that lost some, how many are kept.
 */
export function trimMeasurements(
  status: AnalysisRunStatus,
  retention: ReadonlyMap<string, { limit: number }>,
): Map<string, number> {
  const trimmed = new Map<string, number>();
  for (const result of status.metricResults ?? []) {
    const rule = retention.get(result.name)?.limit ?? 0;
    const keep = rule > 0 ? rule : DEFAULT_RETENTION;
    if ((result.measurements?.length ?? 0) <= keep) continue;
    result.measurements = result.measurements?.slice(-keep);
    trimmed.set(result.name, keep);
  }
  return trimmed;
}
