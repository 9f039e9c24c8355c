/** How the status of a Job moves on. Pure. */
import type { AttemptResult, JobCondition, JobStatus } from '@kargo/analysis';
import type { Workload } from '@kargo/api';

const DEFAULT_BACKOFF_LIMIT = 6;

export function statusOf(job: Workload): JobStatus {
  return (job.status ?? {}) as JobStatus;
}

export function withoutActive({ active: _active, ...rest }: JobStatus): JobStatus {
  return rest;
}

/** The status once an attempt has failed at `now`, whether it may be repeated or not. */
export function failedAttempt(status: JobStatus, now: string): JobStatus {
  return { ...withoutActive(status), failed: (status.failed ?? 0) + 1, lastFailureTime: now };
}

/** The status once an attempt has ended at `now`. */
export function statusAfter(job: Workload, result: AttemptResult, now: string): JobStatus {
  const status = statusOf(job);
  switch (result.kind) {
    case 'succeeded':
      return { ...withoutActive(status), succeeded: 1, completionTime: now, conditions: [condition('Complete', now)] };
    case 'image':
      return { ...withoutActive(status), conditions: [condition('Failed', now, result.reason, result.message)] };
    case 'failed': {
      const failed = failedAttempt(status, now);
      const limit = (job.spec?.['backoffLimit'] as number | undefined) ?? DEFAULT_BACKOFF_LIMIT;
      if ((failed.failed ?? 0) <= limit) return failed;
      const message = `Job has reached the specified backoff limit (${limit}): ${result.message}`;
      return { ...failed, conditions: [condition('Failed', now, 'BackoffLimitExceeded', message)] };
    }
  }
}

export function condition(type: JobCondition['type'], now: string, reason?: string, message?: string): JobCondition {
  return {
    type,
    status: 'True',
    lastTransitionTime: now,
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
  };
}
