import { decideJob, isOver, RUN_UID_LABEL, type JobDecision, type JobStatus } from '@kargo/analysis';
import { isReason, Job, type Workload } from '@kargo/api';
import {
  settled,
  source,
  timestamp,
  waiting,
  type ControllerOptions,
  type ReconcileContext,
  type Reconciler,
  type Request,
  type Result,
} from '@kargo/kube';
import { Attempts, type AttemptsDeps } from './attempts.ts';
import { condition, failedAttempt, statusOf, withoutActive } from './job-status.ts';

/** Label of Jobs that are to be run though they belong to no AnalysisRun: hooks of Applications that ask for it. */
export const RUN_JOB_LABEL = 'kargo.akuity.io/run-job';

export type JobControllerDeps = AttemptsDeps;

/** Whether a Job is run by the embedded executor. Others are of workloads, which are only imitated. */
export function isRunHere({ metadata }: Workload): boolean {
  return metadata.labels?.[RUN_UID_LABEL] !== undefined || metadata.labels?.[RUN_JOB_LABEL] === 'true';
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
        return job === undefined || !isRunHere(job) ? [] : [{ namespace: job.metadata.namespace, name: job.metadata.name ?? '' }];
      }),
    ],
    reconciler: new JobReconciler(deps),
    workers: 8,
  };
}

class JobReconciler implements Reconciler {
  readonly #deps: JobControllerDeps;
  readonly #attempts: Attempts;
  /** UIDs of Jobs whose next attempt this process said it begins, by `namespace/name`, while it cannot tell whether that was stored. */
  readonly #announced = new Map<string, string>();

  constructor(deps: JobControllerDeps) {
    this.#deps = deps;
    this.#attempts = new Attempts(deps);
  }

  async reconcile(request: Request, { signal }: ReconcileContext): Promise<Result> {
    const key = `${request.namespace}/${request.name}`;
    const job = await this.#read(request);
    const attempt = this.#attempts.get(key);
    const replaced = attempt !== undefined && attempt.uid !== job?.metadata.uid;
    if (job === undefined || job.metadata.deletionTimestamp !== undefined || replaced) {
      attempt?.abort.abort(new Error('the Job was deleted'));
      this.#announced.delete(key);
      if (job === undefined) return settled;
      return waiting('Deleting', 'the Job is being deleted', { kind: 'event', on: 'the Job is gone' });
    }
    if (!isRunHere(job)) return settled;
    if (attempt?.ended === true && statusOf(job).active !== undefined && !isOver(statusOf(job)))
      return waiting('Recording', 'the attempt has ended', { kind: 'event', on: 'the end of the attempt is recorded' });
    return this.#carryOut(this.#decide(key, job, attempt?.ended === false), key, job, signal);
  }

  async #carryOut(decision: JobDecision, key: string, job: Workload, signal: AbortSignal): Promise<Result> {
    const { clock, executor } = this.#deps;
    const now = timestamp(clock.now());
    switch (decision.kind) {
      case 'over':
        return this.#expire(job, decision.deleteAt, signal);
      case 'suspended':
        return settled;
      case 'running':
        return waiting('Running', `${executor.name} runs the Job`, { kind: 'event', on: 'the attempt ends' });
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
        const { name, caveat } = executor;
        const status: JobStatus = { ...statusOf(job), active: 1, executor: name, ...(caveat === undefined ? {} : { caveat }) };
        status.startTime ??= now;
        this.#announced.set(key, job.metadata.uid ?? '');
        const started = await this.#write(job, status);
        this.#announced.delete(key);
        this.#attempts.start(key, started, decision.attempt, decision.timeout, signal);
        return waiting('Running', `${executor.name} runs attempt ${decision.attempt}`, {
          kind: 'event',
          on: 'the attempt ends',
        });
      }
    }
  }

  async #expire({ metadata }: Workload, deleteAt: number | undefined, signal: AbortSignal): Promise<Result> {
    if (deleteAt === undefined) return settled;
    if (this.#deps.clock.now() < deleteAt)
      return waiting('Finished', 'kept until its time to live is over', {
        kind: 'deadline',
        at: deleteAt,
        why: 'its time to live ends',
      });
    const { namespace, name = '', uid } = metadata;
    await this.#deps.client.delete(Job, { namespace, name }, { preconditions: { uid }, signal });
    return settled;
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

  #write(job: Workload, status: JobStatus): Promise<Workload> {
    return this.#deps.client.updateStatus(
      Job,
      { ...job, status: status as Record<string, unknown> },
      { fieldManager: 'kargo-jobs' },
    );
  }
}
