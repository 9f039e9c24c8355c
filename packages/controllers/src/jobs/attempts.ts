import {
  podOfJob,
  readSecretArguments,
  RUN_UID_LABEL,
  type AttemptRequest,
  type AttemptResult,
  type JobExecutor,
  type JobLogs,
  type JobLogWriter,
  type PodToRun,
} from '@kargo/analysis';
import { AnalysisRun, isReason, isUnavailable, Job, type Workload } from '@kargo/api';
import { KeyedSemaphore } from '@kargo/integrations';
import { timestamp, type Client, type Clock, type Log } from '@kargo/kube';
import type { EventRecorder } from '../events/recorder.ts';
import { statusAfter, statusOf } from './job-status.ts';

export interface AttemptsDeps {
  client: Client;
  clock: Clock;
  log: Log;
  executor: JobExecutor;
  events: EventRecorder;
  /** Where output is kept. Without it, it is lost. */
  logs?: JobLogs | undefined;
  /** How many attempts run at once; others wait their turn. Default 4. */
  maxConcurrent?: number | undefined;
}

/** An attempt that this process runs. */
export interface Attempt {
  /** UID of its Job. */
  uid: string;
  abort: AbortController;
  /** Whether it has ended. Until that is recorded, nothing else may happen to the Job. */
  ended: boolean;
}

/** Milliseconds until the API is asked again. */
const ASK_AGAIN = 1000;
const DEFAULT_CONCURRENCY = 4;

/** Runs attempts of Jobs beside their reconciler. Their end is written to the Job's status, which wakes the reconciler. */
export class Attempts {
  readonly #deps: AttemptsDeps;
  readonly #slots: KeyedSemaphore;
  /** By `namespace/name` of the Job. */
  readonly #running = new Map<string, Attempt>();

  constructor(deps: AttemptsDeps) {
    this.#deps = deps;
    this.#slots = new KeyedSemaphore(deps.maxConcurrent ?? DEFAULT_CONCURRENCY);
  }

  get(key: string): Attempt | undefined {
    return this.#running.get(key);
  }

  /** Begins attempt `number` of a Job. `stop` ends only the recording: what runs is ended by the attempt's own `abort`. */
  start(key: string, job: Workload, number: number, timeout: number, stop: AbortSignal): void {
    const abort = new AbortController();
    const attempt: Attempt = { uid: job.metadata.uid ?? '', abort, ended: false };
    this.#running.set(key, attempt);
    void this.#run(job, number, timeout, abort.signal)
      .then((result) => {
        attempt.ended = true;
        return this.#record(job, result, AbortSignal.any([abort.signal, stop]));
      })
      .catch((error: unknown) => {
        this.#deps.log.error({ job: key, error: messageOf(error) }, 'the end of a Job attempt could not be recorded');
      })
      .finally(() => {
        if (this.#running.get(key) === attempt) this.#running.delete(key);
      });
  }

  async #run(job: Workload, number: number, timeout: number, signal: AbortSignal): Promise<AttemptResult> {
    try {
      return await this.#slots.run('attempts', () => this.#attempt(job, number, timeout, signal), signal);
    } catch (error) {
      return { kind: 'failed', container: '', exitCode: undefined, message: messageOf(error) };
    }
  }

  async #attempt(job: Workload, number: number, timeout: number, signal: AbortSignal): Promise<AttemptResult> {
    const { executor, events } = this.#deps;
    const { warnings, secrets, ...pod } = await this.#prepare(job, signal);
    if (number === 1)
      for (const message of warnings)
        await events.record({ kind: Job, about: job, reason: 'JobQuestionable', type: 'Warning', message });
    const output = new AttemptOutput(job, number, this.#deps.logs);
    try {
      return await executor.run({
        id: `${job.metadata.uid}-${number}`,
        ...pod,
        secrets,
        timeout,
        signal,
        onOutput: (container, text) => output.write(container, text),
      });
    } finally {
      await output.close();
    }
  }

  /** What the attempt runs with. While the API cannot be reached, it waits: that is no failure of the Job. */
  async #prepare(job: Workload, signal: AbortSignal): Promise<PodToRun & Pick<AttemptRequest, 'template'>> {
    const { client, clock, log } = this.#deps;
    for (;;) {
      try {
        const pod = this.#deps.executor.takesTemplate === true ? templateOf(job) : await podOfJob(job, client);
        return { ...pod, secrets: [...pod.secrets, ...(await secretsOfRun(job, client, signal))] };
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        log.debug({ job: job.metadata.name, error: messageOf(error) }, 'a Job attempt waits for the API');
        await clock.sleep(ASK_AGAIN, { signal });
      }
    }
  }

  /** Writes the end of an attempt, again and again: nothing else would ever tell how it ended. */
  async #record(job: Workload, result: AttemptResult, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    for (;;) {
      try {
        return await this.#finish(job, result);
      } catch (error) {
        if (signal.aborted) throw error;
        log.debug({ job: job.metadata.name, error: messageOf(error) }, 'the end of a Job attempt will be recorded later');
        await clock.sleep(ASK_AGAIN, { signal });
      }
    }
  }

  async #finish(job: Workload, result: AttemptResult): Promise<void> {
    const { client, clock } = this.#deps;
    let current: Workload;
    try {
      current = await client.get(Job, { namespace: job.metadata.namespace, name: job.metadata.name ?? '' });
    } catch (error) {
      if (isReason(error, 'NotFound')) return;
      throw error;
    }
    // No longer active: an earlier try to record it came through, only its answer did not.
    if (current.metadata.uid !== job.metadata.uid || statusOf(current).active === undefined) return;
    const status = statusAfter(current, result, timestamp(clock.now())) as Record<string, unknown>;
    await client.updateStatus(Job, { ...current, status }, { fieldManager: 'kargo-jobs' });
  }
}

/** The Pod template as it stands, for an executor that looks references up itself. */
function templateOf({ metadata, spec }: Workload): PodToRun & Pick<AttemptRequest, 'template'> {
  const template = { namespace: metadata.namespace ?? '', labels: metadata.labels ?? {}, pod: spec?.['template'] ?? {} };
  return { initContainers: [], containers: [], volumes: [], grace: 0, secrets: [], warnings: [], template };
}

/** Logs of an attempt: one for each container that says something. */
class AttemptOutput {
  readonly #writers = new Map<string, JobLogWriter>();
  readonly #open: ((container: string) => JobLogWriter) | undefined;

  constructor({ metadata }: Workload, attempt: number, logs: JobLogs | undefined) {
    const owner = metadata.labels?.[RUN_UID_LABEL] ?? metadata.uid ?? '';
    const key = { namespace: metadata.namespace ?? '', owner, job: metadata.name ?? '', attempt };
    this.#open = logs === undefined ? undefined : (container) => logs.open({ ...key, container });
  }

  write(container: string, text: string): void {
    if (this.#open === undefined) return;
    let writer = this.#writers.get(container);
    if (writer === undefined) {
      writer = this.#open(container);
      this.#writers.set(container, writer);
    }
    writer.write(text);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#writers.values()].map((writer) => writer.close()));
  }
}

/** Secret arguments of the run a Job belongs to: they stand resolved in the Job, and must not be seen in its output. */
async function secretsOfRun(job: Workload, client: Client, signal: AbortSignal): Promise<string[]> {
  const owner = job.metadata.ownerReferences?.find(({ kind }) => kind === AnalysisRun.kind);
  if (owner === undefined) return [];
  const namespace = job.metadata.namespace ?? '';
  const run = await client.get(AnalysisRun, { namespace, name: owner.name }, { signal });
  return [...(await readSecretArguments(run.spec.args ?? [], { namespace, client, signal })).values()];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
