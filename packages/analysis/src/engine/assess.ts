import type { AnalysisPhase, AnalysisRun, AnalysisRunStatus, Metric, MetricResult } from '@kargo/api';
import { limitsOf } from './limits.ts';
import { isCompleted, isWorse } from './phases.ts';
import { resultOf } from './schedule.ts';

/** A change of phase worth an event. */
export interface Transition {
  /** Absent for the run itself. */
  metric?: string;
  phase: AnalysisPhase;
  message: string;
}

/** Metadata of a measurement that could not be taken here at all, so that no more are tried. */
export const CANNOT_MEASURE = 'kargo.akuity.io/cannot-measure';

interface Verdict {
  phase: AnalysisPhase;
  /** Which limit decided, e.g. `failed (1) > failureLimit (0)`. */
  reason?: string;
}

/** The phase of a metric by its counters. A completed phase stays. */
export function assessMetric(metric: Metric, result: MetricResult | undefined, terminating: boolean): Verdict {
  if (result !== undefined && isCompleted(result.phase)) return { phase: result.phase as AnalysisPhase };
  const limits = limitsOf(metric);
  const latest = result?.measurements?.at(-1);
  if (result === undefined || latest === undefined) return { phase: terminating ? 'Successful' : 'Pending' };
  if (!isCompleted(latest.phase)) return { phase: 'Running' };
  if (latest.metadata?.[CANNOT_MEASURE] === 'true') return { phase: 'Error', reason: 'it cannot be measured here' };
  const failed = result.failed ?? 0;
  const inconclusive = result.inconclusive ?? 0;
  const errors = result.consecutiveError ?? 0;
  const successes = result.consecutiveSuccess ?? 0;
  let breach: Verdict | undefined;
  if (limits.failureLimit >= 0 && failed > limits.failureLimit) {
    breach = { phase: 'Failed', reason: `failed (${failed}) > failureLimit (${limits.failureLimit})` };
  }
  if (inconclusive > limits.inconclusiveLimit) {
    breach = {
      phase: 'Inconclusive',
      reason: `inconclusive (${inconclusive}) > inconclusiveLimit (${limits.inconclusiveLimit})`,
    };
  }
  if (errors > limits.consecutiveErrorLimit) {
    breach = {
      phase: 'Error',
      reason: `consecutiveErrors (${errors}) > consecutiveErrorLimit (${limits.consecutiveErrorLimit})`,
    };
  }
  if (breach !== undefined) return breach;
  if (limits.consecutiveSuccessLimit > 0 && successes >= limits.consecutiveSuccessLimit) return { phase: 'Successful' };
  if ((result.count ?? 0) >= limits.count) {
    if (limits.consecutiveSuccessLimit === 0) return { phase: 'Successful' };
    const reason = `consecutiveSuccess (${successes}) < consecutiveSuccessLimit (${limits.consecutiveSuccessLimit})`;
    return { phase: limits.failureLimit >= 0 ? 'Inconclusive' : 'Failed', reason };
  }
  return { phase: terminating ? 'Successful' : 'Running' };
}

/** Whether the run is being ended: by request, or because a metric that counts has already decided against it. */
export function isTerminating(run: Pick<AnalysisRun, 'spec' | 'status'>): boolean {
  if (run.spec.terminate === true) return true;
  return (run.status?.metricResults ?? []).some(
    ({ dryRun, phase }) => dryRun !== true && isCompleted(phase) && phase !== 'Successful',
  );
}

/**
 * Assesses all metrics and the run (status changed in place) and returns the changes of phase.
 * `terminating` is what {@link isTerminating} said at the start of the pass.
 */
export function assess(
  spec: AnalysisRun['spec'],
  metrics: readonly Metric[],
  status: AnalysisRunStatus,
  options: { terminating: boolean; dryRun: ReadonlySet<string>; now: string },
): Transition[] {
  const { terminating, dryRun, now } = options;
  const transitions: Transition[] = [];
  status.startedAt ??= now;
  let worst: AnalysisPhase | undefined;
  let message = spec.terminate === true ? 'Run Terminated' : '';
  let incomplete = false;
  for (const metric of metrics) {
    const result = resultOf(status, metric.name);
    const { phase, reason } = assessMetric(metric, result, terminating);
    const text = result?.measurements?.at(-1)?.message ?? '';
    if (result !== undefined && result.phase !== phase) {
      result.phase = phase;
      if (text === '') delete result.message;
      else result.message = text;
      if (dryRun.has(metric.name) && reason !== undefined) result.message = `Metric assessed ${phase} due to ${reason}`;
      transitions.push({ metric: metric.name, phase, message: result.message ?? '' });
    }
    if (!isCompleted(phase) || result === undefined) {
      if (!isCompleted(phase)) incomplete = true;
      continue;
    }
    if (dryRun.has(metric.name)) worst ??= 'Successful';
    else if (worst === undefined || isWorse(phase, worst)) {
      worst = phase;
      const why = reason ?? limitReason(metric, result);
      if (why !== undefined)
        message = `Metric "${metric.name}" assessed ${phase} due to ${why}${text === '' ? '' : `: "Error Message: ${text}"`}`;
    }
  }
  status.runSummary = summary(metrics, status, (name) => !dryRun.has(name));
  status.dryRunSummary = dryRun.size === 0 ? {} : summary(metrics, status, (name) => dryRun.has(name));
  const phase: AnalysisPhase = terminating ? (worst ?? 'Successful') : incomplete ? 'Running' : (worst ?? 'Successful');
  if (status.phase !== phase) {
    status.phase = phase;
    const shown = phase === 'Running' ? '' : message;
    if (shown === '') delete status.message;
    else status.message = shown;
    if (isCompleted(phase)) status.completedAt ??= now;
    transitions.push({ phase, message: shown });
  }
  return transitions;
}

/** The limit that ended a metric in an earlier pass. */
function limitReason(metric: Metric, result: MetricResult): string | undefined {
  return assessMetric(metric, { ...result, phase: 'Running' }, false).reason;
}

function summary(
  metrics: readonly Metric[],
  status: AnalysisRunStatus,
  counts: (name: string) => boolean,
): NonNullable<AnalysisRunStatus['runSummary']> {
  const out: NonNullable<AnalysisRunStatus['runSummary']> = {};
  for (const { name } of metrics) {
    if (!counts(name)) continue;
    out.count = (out.count ?? 0) + 1;
    const phase = resultOf(status, name)?.phase;
    const field =
      phase === 'Successful'
        ? 'successful'
        : phase === 'Failed'
          ? 'failed'
          : phase === 'Inconclusive'
            ? 'inconclusive'
            : phase === 'Error'
              ? 'error'
              : undefined;
    if (field !== undefined) out[field] = (out[field] ?? 0) + 1;
  }
  return out;
}
