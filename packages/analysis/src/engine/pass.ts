import type { AnalysisRun, AnalysisRunStatus } from '@kargo/api';
import { clone, timestamp } from '@kargo/kube';
import { redactor } from '../redact.ts';
import { argumentValues, ArgumentError } from './arguments.ts';
import { assess, isTerminating, type Transition } from './assess.ts';
import { recordOutcomes, trimMeasurements } from './measure.ts';
import { isCompleted } from './phases.ts';
import { planOf, planWarnings, type Plan } from './plan.ts';
import { dueTasks, nextWakeUp } from './schedule.ts';
import { providerConfig } from '../provider.ts';
import { readSecretArguments } from './secret-arguments.ts';
import { findProvider, takeMeasurement, type MeasuringTools } from './take-measurement.ts';

/** What one look at a run leads to. */
export interface PassResult {
  status: AnalysisRunStatus;
  transitions: Transition[];
  /** Likely mistakes in the specification; only at the first look. */
  warnings: string[];
  /** When to look again at the latest (epoch milliseconds); absent if only an event can move the run. */
  wakeUp?: number | undefined;
  /** Names of metrics whose measurement is in flight. */
  inFlight: string[];
  /** Measurements that ended in this look. */
  measured: { provider: string; phase: string }[];
}

export interface PassOptions extends MeasuringTools {
  /** Metrics whose measurement in flight is known to have ended. */
  resumable?: ReadonlySet<string>;
}

/**
 * Looks at a run that is not completed: takes the measurements that are due and assesses. The run is not changed. A run that cannot be
 * carried out at all (arguments, specification) ends with phase Error; nothing a provider does can make this function fail, except an abort.
 */
export async function passOver(run: AnalysisRun, options: PassOptions): Promise<PassResult> {
  const { ports, signal } = options;
  const status: AnalysisRunStatus = run.status === undefined ? { phase: '' } : clone(run.status);
  const args = run.spec.args ?? [];
  const namespace = run.metadata.namespace ?? '';
  let plan: Plan;
  let secrets: ReadonlyMap<string, string>;
  try {
    plan = planOf(run.spec);
    secrets = await readSecretArguments(args, { namespace, client: ports.client, signal });
  } catch (error) {
    if (signal.aborted) throw error;
    return ended(status, error, timestamp(ports.clock.now()));
  }
  const terminating = isTerminating(run);
  const context = { ...options, run, values: argumentValues(args, secrets), redact: redactor([...secrets.values()]) };
  const tasks = dueTasks(plan.metrics, status, terminating, ports.clock.now(), options.resumable);
  const outcomes = await Promise.all(
    tasks.map((task) => takeMeasurement(task, run.spec.metrics[plan.metrics.indexOf(task.metric)] ?? task.metric, context)),
  );
  const now = timestamp(ports.clock.now());
  recordOutcomes(status, outcomes, plan.dryRun, now);
  const transitions = assess(run.spec, plan.metrics, status, { terminating, dryRun: plan.dryRun, now });
  await collect(trimMeasurements(status, plan.retention), plan, run, options);
  const inFlight = (status.metricResults ?? [])
    .filter(({ measurements }) => measurements?.at(-1)?.finishedAt === undefined)
    .map(({ name }) => name);
  return {
    status,
    transitions,
    warnings: run.status === undefined ? planWarnings(plan) : [],
    inFlight,
    measured: outcomes
      .filter(({ measurement }) => isCompleted(measurement.phase))
      .map(({ task, measurement }) => ({ provider: providerConfig(task.metric).name, phase: measurement.phase })),
    wakeUp: isCompleted(status.phase) ? undefined : nextWakeUp(plan.metrics, status, ports.clock.now()),
  };
}

function ended(status: AnalysisRunStatus, error: unknown, now: string): PassResult {
  const text = error instanceof Error ? error.message : String(error);
  status.phase = 'Error';
  status.message = error instanceof ArgumentError ? `Unable to resolve metric arguments: ${text}` : text;
  status.startedAt ??= now;
  status.completedAt ??= now;
  status.runSummary ??= {};
  status.dryRunSummary ??= {};
  return { status, transitions: [{ phase: 'Error', message: status.message }], warnings: [], inFlight: [], measured: [] };
}

/** Has providers remove what trimmed measurements left behind. A failure stops the rest and is only logged: the verdict stands without it. */
async function collect(
  trimmed: ReadonlyMap<string, number>,
  { metrics }: Plan,
  run: AnalysisRun,
  { providers, ports, signal, log }: PassOptions,
): Promise<void> {
  for (const metric of metrics) {
    const keep = trimmed.get(metric.name);
    if (keep === undefined) continue;
    try {
      await findProvider(metric, providers).collect?.({ run, metric, keep, signal }, ports);
    } catch (error) {
      if (signal.aborted) throw error;
      const message = error instanceof Error ? error.message : String(error);
      log.warn({ metric: metric.name, message }, 'what old measurements left behind could not be removed');
      return;
    }
  }
}
