import {
  decideJob,
  isOver,
  podOfJob,
  RUN_UID_LABEL,
  type AttemptResult,
  type JobDecision,
  type JobCondition,
  type JobExecutor,
  type JobStatus,
} from '@kargo/analysis';
import { isReason, Job, type Workload } from '@kargo/api';
import {
  settled,
  source,
  timestamp,
  waiting,
  type Client,
  type Clock,
  type ControllerOptions,
  type Log,
  type Reconciler,
  type Request,
  type Result,
} from '@kargo/kube';

export interface JobControllerDeps {
  client: Client;
  clock: Clock;
  log: Log;
  executor: JobExecutor;
}

/**
 * Runs the Jobs of AnalysisRuns where no cluster does. An attempt that was lost with the process counts as failed, and the next one
 * follows within the Job's own limits.
 */
export function jobController(deps: JobControllerDeps): ControllerOptions {
  return {
    name: 'job',
    for: Job,
    sources: [
      source(Job, ({ object, old }) => {
        const job = object ?? old;
        return job?.metadata.labels?.[RUN_UID_LABEL] === undefined
          ? []
          : [{ namespace: job.metadata.namespace, name: job.metadata.name ?? '' }];
      }),
    ],
    reconciler: new JobReconciler(deps),
    workers: 8,
  };
}

interface Attempt {
  uid: string;
  abort: AbortController;
  /** Whether it has ended. Until that is recorded, nothing else may happen to the Job. */
  ended: boolean;
}

/** Milliseconds between attempts to record an end. */
const RECORD_AGAIN = 1000;

class JobReconciler implements Reconciler {
  readonly #deps: JobControllerDeps;
  /** Attempts that this process runs, by `namespace/name`. */
  readonly #attempts = new Map<string, Attempt>();
  /** UIDs of Jobs whose next attempt this process said it begins, by `namespace/name`, while it cannot tell whether that was stored. */
  readonly #announced = new Map<string, string>();

  constructor(deps: JobControllerDeps) {
    this.#deps = deps;
  }

  async reconcile(request: Request, { signal }: Parameters<Reconciler['reconcile']>[1]): Promise<Result> {
    const { client, clock } = this.#deps;
    const key = `${request.namespace}/${request.name}`;
    const job = await this.#read(request);
    const attempt = this.#attempts.get(key);
    if (
      job === undefined ||
      job.metadata.deletionTimestamp !== undefined ||
      (attempt !== undefined && attempt.uid !== job.metadata.uid)
    ) {
      attempt?.abort.abort(new Error('the Job was deleted'));
      this.#announced.delete(key);
      if (job !== undefined) return waiting('Deleting', 'the Job is being deleted', { kind: 'event', on: 'the Job is gone' });
      return settled;
    }
    if (job.metadata.labels?.[RUN_UID_LABEL] === undefined) return settled; // Not of an AnalysisRun: not ours to run.
    const recording = attempt?.ended === true && statusOf(job).active !== undefined && !isOver(statusOf(job));
    if (recording)
      return waiting('Recording', 'the attempt has ended', { kind: 'event', on: 'the end of the attempt is recorded' });
    const decision = this.#decide(key, job, attempt?.ended === false);
    const now = timestamp(clock.now());
    switch (decision.kind) {
      case 'over':
        if (decision.deleteAt === undefined) return settled;
        if (clock.now() < decision.deleteAt)
          return waiting('Finished', 'kept until its time to live is over', {
            kind: 'deadline',
            at: decision.deleteAt,
            why: 'its time to live ends',
          });
        await client.delete(Job, request, { preconditions: { uid: job.metadata.uid }, signal });
        return settled;
      case 'suspended':
        return settled;
      case 'running':
        return waiting('Running', `${this.#deps.executor.name} runs the Job`, { kind: 'event', on: 'the attempt ends' });
      case 'lost':
        await this.#write(job, failedAttempt(statusOf(job), now));
        return waiting('AttemptLost', 'the process that ran the attempt is gone', {
          kind: 'event',
          on: 'the next attempt starts',
        });
      case 'wait':
        return waiting('BackingOff', 'the last attempt failed', {
          kind: 'deadline',
          at: decision.until,
          why: 'the next attempt is due',
        });
      case 'fail':
        await this.#write(job, { ...statusOf(job), conditions: [condition('Failed', now, decision.reason, decision.message)] });
        return settled;
      case 'start': {
        const status: JobStatus = { ...statusOf(job), active: 1 };
        status.startTime ??= now;
        this.#announced.set(key, job.metadata.uid ?? '');
        const started = await this.#write(job, status);
        this.#announced.delete(key);
        this.#start(key, started, decision.attempt, decision.timeout, signal);
        return waiting('Running', `${this.#deps.executor.name} runs attempt ${decision.attempt}`, {
          kind: 'event',
          on: 'the attempt ends',
        });
      }
    }
  }

  #decide(key: string, job: Workload, running: boolean): JobDecision {
    const now = this.#deps.clock.now();
    const decision = decideJob(job, running, now);
    // The write that announced the attempt came through after all: nothing has run, so nothing was lost.
    const announced = decision.kind === 'lost' && this.#announced.get(key) === job.metadata.uid;
    return announced ? decideJob({ ...job, status: { ...withoutActive(statusOf(job)) } }, running, now) : decision;
  }

  async #read(request: Request): Promise<Workload | undefined> {
    try {
      return await this.#deps.client.get(Job, request);
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  /** Runs an attempt beside the reconciler; its end is written to the status, which wakes the reconciler. */
  #start(key: string, job: Workload, number: number, timeout: number, stop: AbortSignal): void {
    const abort = new AbortController();
    const attempt: Attempt = { uid: job.metadata.uid ?? '', abort, ended: false };
    this.#attempts.set(key, attempt);
    void this.#runAttempt(job, number, timeout, abort.signal)
      .then((result) => {
        attempt.ended = true;
        return this.#record(job, result, AbortSignal.any([abort.signal, stop]));
      })
      .catch((error: unknown) => {
        this.#deps.log.error(
          { job: key, error: error instanceof Error ? error.message : String(error) },
          'the end of a Job attempt could not be recorded',
        );
      })
      .finally(() => {
        if (this.#attempts.get(key) === attempt) this.#attempts.delete(key);
      });
  }

  /** Writes the end of an attempt, again and again: nothing else would ever tell how it ended. */
  async #record(job: Workload, result: AttemptResult, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    for (;;) {
      try {
        return await this.#finish(job, result);
      } catch (error) {
        if (signal.aborted) throw error;
        const why = error instanceof Error ? error.message : String(error);
        log.debug({ job: job.metadata.name, error: why }, 'the end of a Job attempt will be recorded later');
        await clock.sleep(RECORD_AGAIN, { signal });
      }
    }
  }

  async #runAttempt(job: Workload, number: number, timeout: number, signal: AbortSignal): Promise<AttemptResult> {
    try {
      const pod = await podOfJob(job, this.#deps.client);
      return await this.#deps.executor.run({ id: `${job.metadata.uid}-${number}`, ...pod, timeout, signal });
    } catch (error) {
      return {
        kind: 'failed',
        container: '',
        exitCode: undefined,
        message: error instanceof Error ? error.message : String(error),
      };
    }
  }

  async #finish(job: Workload, result: AttemptResult): Promise<void> {
    const current = await this.#read({ namespace: job.metadata.namespace, name: job.metadata.name ?? '' });
    // No longer active: an earlier try to record it came through, only its answer did not.
    if (current === undefined || current.metadata.uid !== job.metadata.uid || statusOf(current).active === undefined) return;
    const now = timestamp(this.#deps.clock.now());
    const status = statusOf(current);
    if (result.kind === 'succeeded') {
      await this.#write(current, {
        ...withoutActive(status),
        succeeded: 1,
        completionTime: now,
        conditions: [condition('Complete', now)],
      });
    } else if (result.kind === 'image') {
      await this.#write(current, {
        ...withoutActive(status),
        conditions: [condition('Failed', now, result.reason, result.message)],
      });
    } else {
      const failed = failedAttempt(status, now);
      const limit = (job.spec?.['backoffLimit'] as number | undefined) ?? 6;
      if ((failed.failed ?? 0) > limit) {
        failed.conditions = [
          condition(
            'Failed',
            now,
            'BackoffLimitExceeded',
            `Job has reached the specified backoff limit (${limit}): ${result.message}`,
          ),
        ];
      }
      await this.#write(current, failed);
    }
  }

  async #write(job: Workload, status: JobStatus): Promise<Workload> {
    return this.#deps.client.updateStatus(
      Job,
      { ...job, status: status as Record<string, unknown> },
      { fieldManager: 'kargo-jobs' },
    );
  }
}

function statusOf(job: Workload): JobStatus {
  return (job.status ?? {}) as JobStatus;
}

function withoutActive({ active: _active, ...rest }: JobStatus): JobStatus {
  return rest;
}

function failedAttempt(status: JobStatus, now: string): JobStatus {
  return { ...withoutActive(status), failed: (status.failed ?? 0) + 1, lastFailureTime: now };
}

function condition(type: JobCondition['type'], now: string, reason?: string, message?: string): JobCondition {
  return {
    type,
    status: 'True',
    lastTransitionTime: now,
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
  };
}
