/** The life of a Job, decided from its object alone: when an attempt is due, and when the Job is over. Pure. */
import type { Workload } from '@kargo/api';

const FIRST_DELAY_MS = 10_000;
const LONGEST_DELAY_MS = 360_000;
const DEFAULT_BACKOFF_LIMIT = 6;

export interface JobCondition {
  type: 'Complete' | 'Failed';
  status: 'True';
  reason?: string;
  message?: string;
  lastTransitionTime: string;
}

export interface JobStatus {
  startTime?: string;
  completionTime?: string;
  active?: number;
  succeeded?: number;
  failed?: number;
  /** When the latest attempt ended. */
  lastFailureTime?: string;
  conditions?: JobCondition[];
  /** What runs the Job, and how far that falls short of a cluster. */
  executor?: string;
  caveat?: string;
}

export type JobDecision =
  | { kind: 'over'; deleteAt?: number }
  | { kind: 'suspended' }
  | { kind: 'running' }
  /** The attempt that the status speaks of is not known to this process: it went with an earlier one. */
  | { kind: 'lost' }
  | { kind: 'start'; attempt: number; timeout: number }
  | { kind: 'wait'; until: number }
  | { kind: 'fail'; reason: 'BackoffLimitExceeded' | 'DeadlineExceeded'; message: string };

/** The longest time an attempt gets when the Job sets no deadline. */
const NO_DEADLINE_MS = 24 * 3600 * 1000;

/** What is to be done about a Job at `now`. `running`: whether this process runs an attempt of it. */
export function decideJob(job: Workload, running: boolean, now: number): JobDecision {
  const spec = (job.spec ?? {}) as {
    backoffLimit?: number;
    activeDeadlineSeconds?: number;
    ttlSecondsAfterFinished?: number;
    suspend?: boolean;
  };
  const status = (job.status ?? {}) as JobStatus;
  if (isOver(status)) {
    const ended = status.completionTime ?? status.conditions?.[0]?.lastTransitionTime;
    if (spec.ttlSecondsAfterFinished === undefined || ended === undefined) return { kind: 'over' };
    return { kind: 'over', deleteAt: Date.parse(ended) + spec.ttlSecondsAfterFinished * 1000 };
  }
  if (running) return { kind: 'running' };
  if (spec.suspend === true) return { kind: 'suspended' };
  if ((status.active ?? 0) > 0) return { kind: 'lost' };
  const failed = status.failed ?? 0;
  const limit = spec.backoffLimit ?? DEFAULT_BACKOFF_LIMIT;
  if (failed > limit)
    return { kind: 'fail', reason: 'BackoffLimitExceeded', message: `Job has reached the specified backoff limit (${limit})` };
  const deadline =
    spec.activeDeadlineSeconds === undefined || status.startTime === undefined
      ? undefined
      : Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000;
  if (deadline !== undefined && now >= deadline) {
    return {
      kind: 'fail',
      reason: 'DeadlineExceeded',
      message: `Job was active longer than specified deadline (${spec.activeDeadlineSeconds} s)`,
    };
  }
  if (failed > 0 && status.lastFailureTime !== undefined) {
    const due = Date.parse(status.lastFailureTime) + Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failed - 1));
    if (now < due) return { kind: 'wait', until: Math.min(due, deadline ?? due) };
  }
  const timeout =
    deadline !== undefined
      ? deadline - now
      : spec.activeDeadlineSeconds !== undefined
        ? spec.activeDeadlineSeconds * 1000
        : NO_DEADLINE_MS;
  return { kind: 'start', attempt: failed + 1, timeout };
}

/** Whether a Job has come to its end. */
export function isOver(status: JobStatus): boolean {
  return (status.conditions ?? []).some(
    (condition) => condition.status === 'True' && (condition.type === 'Complete' || condition.type === 'Failed'),
  );
}
