import type { AnalysisRun, Measurement, Metric } from '@kargo/api';
import { timestamp, type Clock, type Log } from '@kargo/kube';
import { CannotMeasureError, providerConfig, type MeasurementRequest, type Provider, type ProviderPorts } from '../provider.ts';
import { resolveMetric } from './arguments.ts';
import { CANNOT_MEASURE } from './assess.ts';
import type { Outcome } from './measure.ts';
import { resultOf, type Task } from './schedule.ts';

/** What measurements are taken with. */
export interface MeasuringTools {
  providers: readonly Provider[];
  ports: ProviderPorts;
  signal: AbortSignal;
  log: Log;
}

/** The run a measurement belongs to, and the values of its arguments with those of secrets. */
export interface MeasuringContext extends MeasuringTools {
  run: AnalysisRun;
  values: ReadonlyMap<string, string>;
  redact: (text: string) => string;
}

/**
 * Carries a task out. `declared` is its metric with the arguments still in place. Whatever goes wrong is a measurement with phase Error;
 * fails only when aborted.
 */
export async function takeMeasurement(task: Task, declared: Metric, context: MeasuringContext): Promise<Outcome> {
  const { run, values, redact, ports, signal, log } = context;
  const startedAt = task.kind === 'run' ? timestamp(ports.clock.now()) : task.measurement.startedAt;
  const result = resultOf(run.status, task.metric.name);
  const ordinal = (result?.count ?? 0) + (result?.error ?? 0) + 1;
  let measurement: Measurement;
  let metadata: Record<string, string> | undefined;
  try {
    const metric = resolveMetric(declared, values);
    const provider = findProvider(metric, context.providers);
    metadata = provider.metadata?.(metric);
    const taken = await beforeDeadline(ports.clock, signal, (within) =>
      perform(provider, task, { run, metric, ordinal, signal: within }, ports),
    );
    measurement = { ...taken };
  } catch (error) {
    if (signal.aborted) throw error;
    const message = error instanceof Error ? error.message : String(error);
    log.debug({ metric: task.metric.name, message: redact(message) }, 'measurement error');
    const carried = task.kind === 'run' ? undefined : task.measurement.metadata;
    const metadata = error instanceof CannotMeasureError ? { ...carried, [CANNOT_MEASURE]: 'true' } : carried;
    measurement = { phase: 'Error', message, ...(metadata === undefined ? {} : { metadata }) };
  }
  if (startedAt !== undefined) measurement.startedAt = startedAt;
  return {
    task,
    measurement: presentable(measurement, redact),
    ...(metadata === undefined ? {} : { metadata: redactValues(metadata, redact) }),
  };
}

/** The longest that taking one measurement may hold up the others of its run, whatever its own time-out says. */
const DEADLINE_MS = 120_000;

/** What `work` comes to. Fails when that takes too long, also if `work` does not listen to its signal. */
async function beforeDeadline<T>(clock: Clock, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController();
  const expired = Promise.withResolvers<never>();
  const timer = clock.setTimer(clock.now() + DEADLINE_MS, () => {
    const error = new Error(`the measurement did not end within ${DEADLINE_MS / 1000} s`);
    late.abort(error);
    expired.reject(error);
  });
  try {
    return await Promise.race([work(AbortSignal.any([signal, late.signal])), expired.promise]);
  } finally {
    timer.cancel();
  }
}

/** The provider a metric names. Throws, naming those that exist, if there is none of that name. */
export function findProvider(metric: Metric, providers: readonly Provider[]): Provider {
  const { name, config } = providerConfig(metric);
  const provider = providers.find((candidate) => candidate.name === name);
  if (provider !== undefined) return provider;
  const asked = name === 'plugin' ? `plugin ${Object.keys(config).join(', ')}` : `provider "${name}"`;
  throw new CannotMeasureError(
    `${asked} is not available here: it has ${providers.map((candidate) => candidate.name).join(', ')}`,
  );
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

/** Longest texts that are kept in a status, in UTF-16 units: statuses are read, listed and watched as a whole. */
const LONGEST = 16_000;

/** A measurement as it may be seen: without secrets, and without texts that are too long to keep. */
function presentable(measurement: Measurement, redact: (text: string) => string): Measurement {
  const { message, value, metadata } = measurement;
  return {
    ...measurement,
    ...(message === undefined ? {} : { message: shortened(redact(message)) }),
    ...(value === undefined ? {} : { value: shortened(redact(value)) }),
    ...(metadata === undefined ? {} : { metadata: redactValues(metadata, redact) }),
  };
}

function shortened(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST).toWellFormed()}… (${text.length} characters)`;
}

function redactValues(values: Record<string, string>, redact: (text: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, shortened(redact(value))]));
}
