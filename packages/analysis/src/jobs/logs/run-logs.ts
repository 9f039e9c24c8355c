/** The logs of the Jobs of an AnalysisRun, found the way people ask for them. */
import { AnalysisRun, ApiError, isReason, type Measurement } from '@kargo/api';
import type { Clock, Reader } from '@kargo/kube';
import { isCompleted } from '../../engine/phases.ts';
import type { ContainerLogKey, JobLogKey, JobLogReader } from './port.ts';

export interface RunLogsRequest {
  namespace: string;
  run: string;
  /** May be left out if the run has a single job metric. */
  metric?: string | undefined;
  /** May be left out if the Job has a single container. */
  container?: string | undefined;
  /** Index of a measurement that is kept, from 0. Default: the newest. */
  measurement?: number | undefined;
  /** From 1. Default: the newest there is. */
  attempt?: number | undefined;
  follow: boolean;
  signal: AbortSignal;
}

/**
 * The log of one container of one attempt of one measurement, in pieces. Fails with `ApiError`: BadRequest if the request names too
 * little to be clear, NotFound if what it names does not exist. With `follow`, the newest that has said nothing yet is waited for as long as the run goes on,
 * within what is returned; without, it is NotFound.
 */
export async function analysisRunLogs(
  request: RunLogsRequest,
  deps: { reader: Pick<Reader, 'get'>; logs: JobLogReader; clock: Clock },
): Promise<AsyncIterable<string>> {
  const { namespace, signal } = request;
  const { reader, logs } = deps;
  const run = await reader.get(AnalysisRun, { namespace, name: request.run }, { signal });
  const metric = metricOf(run, request.metric);
  const container = containerOf(metric, request.container);
  try {
    const found = await findLog(request, { run, metric, container }, logs);
    return logs.read(found, { follow: request.follow, signal });
  } catch (error) {
    // What is asked for by number must be there.
    const exact = request.attempt !== undefined || request.measurement !== undefined;
    if (exact || !request.follow || !isReason(error, 'NotFound') || isCompleted(run.status?.phase)) throw error;
    return laterLog(request, { metric, container }, deps);
  }
}

/** What the log of an AnalysisRun is the log of. */
export interface RunLogPlace {
  run: AnalysisRun;
  metric: string;
  container: string;
  job: string;
  jobNamespace: string;
}

/** Finds what a request for a log means, wherever the log is. Fails as {@link analysisRunLogs} does. */
export async function runLogPlace(
  { namespace, run: name, metric: metricName, container, measurement, signal }: Omit<RunLogsRequest, 'follow' | 'attempt'>,
  reader: Pick<Reader, 'get'>,
): Promise<RunLogPlace> {
  const run = await reader.get(AnalysisRun, { namespace, name }, { signal });
  const metric = metricOf(run, metricName);
  const { job, namespace: jobNamespace } = jobOf(run, metric.name, measurement);
  return { run, metric: metric.name, container: containerOf(metric, container), job, jobNamespace };
}

/** Milliseconds between two looks for a log that is not there yet. */
const LOOK = 500;

/** A log that begins when there is something in it. Ends with nothing if the run does before. */
async function* laterLog(
  request: RunLogsRequest,
  about: { metric: JobMetric; container: string },
  { reader, logs, clock }: { reader: Pick<Reader, 'get'>; logs: JobLogReader; clock: Clock },
): AsyncGenerator<string> {
  const { namespace, signal } = request;
  while (!signal.aborted) {
    const run = await reader.get(AnalysisRun, { namespace, name: request.run }, { signal });
    try {
      const found = await findLog(request, { run, ...about }, logs);
      yield* logs.read(found, { follow: true, signal });
      return;
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
      if (isCompleted(run.status?.phase)) return;
    }
    await clock.sleep(LOOK, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

async function findLog(
  request: RunLogsRequest,
  { run, metric, container }: { run: AnalysisRun; metric: JobMetric; container: string },
  logs: JobLogReader,
): Promise<ContainerLogKey> {
  const key = jobOf(run, metric.name, request.measurement);
  const attempts = (await logs.list(key)).filter((log) => log.container === container);
  const attempt = request.attempt ?? attempts.at(-1)?.attempt;
  if (attempt === undefined || !attempts.some((log) => log.attempt === attempt))
    throw new ApiError(
      'NotFound',
      `there is no log of container "${container}" of Job ${key.job}${attempt === undefined ? '' : `, attempt ${attempt}`}`,
    );
  return { ...key, container, attempt };
}

interface JobMetric {
  name: string;
  containers: string[];
  initContainers: string[];
}

function jobMetrics({ spec }: AnalysisRun): JobMetric[] {
  return spec.metrics.flatMap(({ name, provider }) => {
    const job = provider['job'] as
      | { spec?: { template?: { spec?: { containers?: { name: string }[]; initContainers?: { name: string }[] } } } }
      | undefined;
    if (job === undefined || job === null) return [];
    const pod = job.spec?.template?.spec ?? {};
    const names = (list: { name: string }[] | undefined): string[] => (list ?? []).map((item) => item.name);
    return [{ name, containers: names(pod.containers), initContainers: names(pod.initContainers) }];
  });
}

function metricOf(run: AnalysisRun, wanted: string | undefined): JobMetric {
  const metrics = jobMetrics(run);
  if (wanted === undefined) {
    const [only] = metrics;
    if (only === undefined) throw new ApiError('NotFound', `AnalysisRun ${run.metadata.name} has no job metric`);
    if (metrics.length > 1)
      throw new ApiError(
        'BadRequest',
        `AnalysisRun ${run.metadata.name} has several job metrics: name one of ${metrics.map(({ name }) => name).join(', ')}`,
      );
    return only;
  }
  const found = metrics.find(({ name }) => name === wanted);
  if (found === undefined) throw new ApiError('NotFound', `AnalysisRun ${run.metadata.name} has no job metric "${wanted}"`);
  return found;
}

function containerOf({ name, containers, initContainers }: JobMetric, wanted: string | undefined): string {
  if (wanted === undefined) {
    const [only] = containers;
    if (only === undefined) throw new ApiError('NotFound', `the Job of metric "${name}" has no container`);
    if (containers.length > 1)
      throw new ApiError(
        'BadRequest',
        `the Job of metric "${name}" has several containers: name one of ${containers.join(', ')}`,
      );
    return only;
  }
  if (![...containers, ...initContainers].includes(wanted))
    throw new ApiError('NotFound', `the Job of metric "${name}" has no container "${wanted}"`);
  return wanted;
}

function jobOf(run: AnalysisRun, metric: string, index: number | undefined): JobLogKey {
  const measurements = run.status?.metricResults?.find(({ name }) => name === metric)?.measurements ?? [];
  const measurement: Measurement | undefined = measurements.at(index ?? -1);
  const { 'job-name': job, 'job-namespace': namespace } = measurement?.metadata ?? {};
  if (job === undefined || namespace === undefined)
    throw new ApiError('NotFound', `metric "${metric}" of AnalysisRun ${run.metadata.name} has no such measurement yet`);
  return { namespace, owner: run.metadata.uid ?? '', job };
}
