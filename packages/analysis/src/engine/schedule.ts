import type { AnalysisRunStatus, Measurement, Metric, MetricResult } from '@kargo/api';
import { ERROR_RETRY_MS, limitsOf, type Limits } from './limits.ts';
import { isCompleted } from './phases.ts';

/** One thing to do for a metric now. */
export type Task = { kind: 'run'; metric: Metric } | { kind: 'resume' | 'terminate'; metric: Metric; measurement: Measurement };

/** The result of a metric, looked up by name: results stand in the order in which first measurements ended. */
export function resultOf(status: AnalysisRunStatus | undefined, name: string): MetricResult | undefined {
  return status?.metricResults?.find((result) => result.name === name);
}

function last(result: MetricResult | undefined): Measurement | undefined {
  return result?.measurements?.at(-1);
}

function millis(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time);
}

function countReached(result: MetricResult | undefined, limits: Limits): boolean {
  return (result?.count ?? 0) >= limits.count;
}

function waitAfter(measurement: Measurement, limits: Limits): number {
  return measurement.phase === 'Error' ? ERROR_RETRY_MS : (limits.interval ?? ERROR_RETRY_MS);
}

/**
 * What is due at `now`, per metric in spec order. `resumable` names metrics whose measurement in flight is known to have ended, so
 * that it need not wait for its `resumeAt`.
 */
export function dueTasks(
  metrics: readonly Metric[],
  status: AnalysisRunStatus | undefined,
  terminating: boolean,
  now: number,
  resumable: ReadonlySet<string> = new Set(),
): Task[] {
  const tasks: Task[] = [];
  for (const metric of metrics) {
    const limits = limitsOf(metric);
    const result = resultOf(status, metric.name);
    if (result !== undefined && isCompleted(result.phase)) continue;
    const measurement = last(result);
    if (measurement !== undefined && measurement.finishedAt === undefined) {
      const resumeAt = millis(measurement.resumeAt);
      if (terminating) tasks.push({ kind: 'terminate', metric, measurement });
      else if (resumeAt === undefined || resumeAt <= now || resumable.has(metric.name))
        tasks.push({ kind: 'resume', metric, measurement });
      continue;
    }
    if (terminating) continue;
    if (measurement === undefined) {
      const started = millis(status?.startedAt);
      if (limits.initialDelay !== undefined && (started === undefined || started + limits.initialDelay > now)) continue;
      tasks.push({ kind: 'run', metric });
      continue;
    }
    if (countReached(result, limits)) continue;
    if (now >= (millis(measurement.finishedAt) ?? 0) + waitAfter(measurement, limits)) tasks.push({ kind: 'run', metric });
  }
  return tasks;
}

/** When the run must be looked at again (epoch milliseconds), or nothing if only an event can move it. */
export function nextWakeUp(metrics: readonly Metric[], status: AnalysisRunStatus | undefined, now: number): number | undefined {
  let next: number | undefined;
  const consider = (at: number | undefined): void => {
    if (at !== undefined && (next === undefined || at < next)) next = at;
  };
  for (const metric of metrics) {
    const limits = limitsOf(metric);
    const result = resultOf(status, metric.name);
    if (result !== undefined && isCompleted(result.phase)) continue;
    const measurement = last(result);
    if (measurement === undefined) {
      if (limits.initialDelay !== undefined) consider((millis(status?.startedAt) ?? now) + limits.initialDelay);
    } else if (measurement.finishedAt === undefined) consider(millis(measurement.resumeAt));
    else if (!countReached(result, limits)) consider((millis(measurement.finishedAt) ?? now) + waitAfter(measurement, limits));
  }
  return next;
}
