import {
  isReason,
  Secret,
  type AnalysisArgument,
  type AnalysisRun,
  type AnalysisRunStatus,
  type Measurement,
  type Metric,
} from '@kargo/api';
import { clone, timestamp, type Log } from '@kargo/kube';
import { providerConfig, type MeasurementRequest, type Provider, type ProviderPorts } from '../provider.ts';
import { redactor } from '../redact.ts';
import { argumentValues, ArgumentError, resolveMetric } from './arguments.ts';
import { assess, isTerminating, type Transition } from './assess.ts';
import { recordOutcomes, trimMeasurements, type Outcome } from './measure.ts';
import { isCompleted } from './phases.ts';
import { matchRules } from './rules.ts';
import { dueTasks, nextWakeUp, resultOf, type Task } from './schedule.ts';
import { metricsProblem } from './validate.ts';

/** What one look at a run leads to. */
export interface PassResult {
  status: AnalysisRunStatus;
  transitions: Transition[];
  /** When to look again at the latest (epoch milliseconds); absent if only an event can move the run. */
  wakeUp?: number | undefined;
  /** Names of metrics whose measurement is in flight. */
  inFlight: string[];
}

export interface PassOptions {
  providers: readonly Provider[];
  ports: ProviderPorts;
  /** Metrics whose measurement in flight is known to have ended. */
  resumable?: ReadonlySet<string>;
  signal: AbortSignal;
  log: Log;
}

interface Plan {
  metrics: Metric[];
  dryRun: ReadonlySet<string>;
  retention: ReadonlyMap<string, { limit: number }>;
}

/**
 * Looks at a run that is not completed: takes the measurements that are due and assesses. The run is not changed. A run that cannot be
 * carried out at all (arguments, specification) ends with phase Error; nothing a provider does can make this function fail, except an abort.
 */
export async function passOver(run: AnalysisRun, options: PassOptions): Promise<PassResult> {
  const { ports, signal } = options;
  const status: AnalysisRunStatus = run.status === undefined ? { phase: '' } : clone(run.status);
  const args = run.spec.args ?? [];
  let plan: Plan;
  let secrets: ReadonlyMap<string, string>;
  try {
    plan = planOf(run.spec, argumentValues(args));
    secrets = await readSecrets(args, run.metadata.namespace ?? '', ports, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return ended(status, error, timestamp(ports.clock.now()));
  }
  const terminating = isTerminating(run);
  const tasks = dueTasks(plan.metrics, status, terminating, ports.clock.now(), options.resumable);
  const values = argumentValues(args, secrets);
  const redact = redactor([...secrets.values()]);
  const outcomes = await Promise.all(
    tasks.map((task) =>
      carryOut(task, run.spec.metrics[plan.metrics.indexOf(task.metric)] ?? task.metric, run, values, redact, options),
    ),
  );
  const now = timestamp(ports.clock.now());
  recordOutcomes(status, outcomes, plan.dryRun, now);
  const transitions = assess(run.spec, plan.metrics, status, { terminating, dryRun: plan.dryRun, now });
  trimMeasurements(status, plan.retention);
  const inFlight = (status.metricResults ?? [])
    .filter(({ measurements }) => measurements?.at(-1)?.finishedAt === undefined)
    .map(({ name }) => name);
  return {
    status,
    transitions,
    inFlight,
    wakeUp: isCompleted(status.phase) ? undefined : nextWakeUp(plan.metrics, status, ports.clock.now()),
  };
}

function planOf(spec: AnalysisRun['spec'], values: ReadonlyMap<string, string>): Plan {
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

function ended(status: AnalysisRunStatus, error: unknown, now: string): PassResult {
  const text = error instanceof Error ? error.message : String(error);
  status.phase = 'Error';
  status.message = error instanceof ArgumentError ? `Unable to resolve metric arguments: ${text}` : text;
  status.startedAt ??= now;
  status.completedAt ??= now;
  status.runSummary ??= {};
  status.dryRunSummary ??= {};
  return { status, transitions: [{ phase: 'Error', message: status.message }], inFlight: [] };
}

async function readSecrets(
  args: readonly AnalysisArgument[],
  namespace: string,
  { client }: ProviderPorts,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  for (const { name, valueFrom } of args) {
    const ref = valueFrom?.secretKeyRef;
    if (ref === undefined) continue;
    let secret: Secret;
    try {
      secret = await client.get(Secret, { namespace, name: ref.name }, { signal });
    } catch (error) {
      if (isReason(error, 'NotFound')) throw new ArgumentError(`secrets "${ref.name}" not found`, { cause: error });
      throw error;
    }
    const data = secret.data?.[ref.key];
    if (data === undefined) throw new ArgumentError(`key '${ref.key}' does not exist in secret '${ref.name}'`);
    values.set(name, Buffer.from(data, 'base64').toString('utf8'));
  }
  return values;
}

/** `raw`: the metric of the task with its arguments still in place. */
async function carryOut(
  task: Task,
  raw: Metric,
  run: AnalysisRun,
  values: ReadonlyMap<string, string>,
  redact: (text: string) => string,
  { providers, ports, signal, log }: PassOptions,
): Promise<Outcome> {
  const result = resultOf(run.status, task.metric.name);
  const startedAt = task.kind === 'run' ? timestamp(ports.clock.now()) : task.measurement.startedAt;
  const started = (result?.count ?? 0) + (result?.error ?? 0) + 1;
  let measurement: Measurement;
  let metadata: Record<string, string> | undefined;
  try {
    const metric = resolveMetric(raw, values);
    const { name } = providerConfig(metric);
    const provider = providers.find((candidate) => candidate.name === name);
    if (provider === undefined) {
      throw new Error(
        `provider "${name}" is not available here: it has ${providers.map((candidate) => candidate.name).join(', ')}`,
      );
    }
    metadata = provider.metadata?.(metric);
    const request: MeasurementRequest = { run, metric, ordinal: started, signal };
    measurement = { ...(await perform(provider, task, request, ports)), ...(startedAt === undefined ? {} : { startedAt }) };
  } catch (error) {
    if (signal.aborted) throw error;
    const message = error instanceof Error ? error.message : String(error);
    log.debug({ metric: task.metric.name, message: redact(message) }, 'measurement error');
    const kept = task.kind === 'run' ? {} : { metadata: task.measurement.metadata };
    measurement = { phase: 'Error', message, ...kept, ...(startedAt === undefined ? {} : { startedAt }) };
  }
  return {
    task,
    measurement: redacted(measurement, redact),
    ...(metadata === undefined ? {} : { metadata: redactValues(metadata, redact) }),
  };
}

async function perform(
  provider: Provider,
  task: Task,
  request: MeasurementRequest,
  ports: ProviderPorts,
): Promise<Omit<Measurement, 'startedAt'>> {
  if (task.kind === 'run') return provider.run(request, ports);
  if (task.kind === 'resume') return (await provider.resume?.(request, task.measurement, ports)) ?? task.measurement;
  const terminated = await provider.terminate?.(request, task.measurement, ports);
  if (terminated === undefined) return task.measurement;
  return terminated.phase === 'Successful' || terminated.phase === 'Inconclusive'
    ? { ...terminated, message: 'Metric Terminated' }
    : terminated;
}

function redacted(measurement: Measurement, redact: (text: string) => string): Measurement {
  return {
    ...measurement,
    ...(measurement.message === undefined ? {} : { message: redact(measurement.message) }),
    ...(measurement.value === undefined ? {} : { value: redact(measurement.value) }),
    ...(measurement.metadata === undefined ? {} : { metadata: redactValues(measurement.metadata, redact) }),
  };
}

function redactValues(values: Record<string, string>, redact: (text: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, redact(value)]));
}
