import type { Promotion, Stage } from '@kargo/api';

/** What a shape, a word and a colour say. */
export type Tone = 'ok' | 'run' | 'wait' | 'bad' | 'hold' | 'idle';
export type Shape =
  | 'check'
  | 'ring-check'
  | 'promoting'
  | 'verifying'
  | 'pending'
  | 'clock'
  | 'person'
  | 'hold'
  | 'failed'
  | 'error'
  | 'inconclusive'
  | 'aborted'
  | 'skipped'
  | 'unknown';

export interface Look {
  shape: Shape;
  tone: Tone;
  word: string;
}

const PHASES: Readonly<Record<string, Look>> = {
  Steady: { shape: 'check', tone: 'ok', word: 'Steady' },
  Promoting: { shape: 'promoting', tone: 'run', word: 'Promoting' },
  Verifying: { shape: 'verifying', tone: 'run', word: 'Verifying' },
  Failed: { shape: 'failed', tone: 'bad', word: 'Failed' },
  NotApplicable: { shape: 'skipped', tone: 'idle', word: 'Passes through' },
};

/** How a Stage looks. A phase that is not known shows as it is written. */
export function lookOfStage({ status }: Stage): Look {
  if (status?.phase === 'Steady' && status.freightHistory === undefined)
    return { shape: 'pending', tone: 'idle', word: 'No freight yet' };
  if (status?.phase === undefined) return { shape: 'pending', tone: 'idle', word: 'Not started' };
  return PHASES[status.phase] ?? { shape: 'unknown', tone: 'idle', word: status.phase };
}

/** How promotions and their steps look when they are over. */
export const ENDS: Readonly<Record<string, Look>> = {
  Succeeded: { shape: 'ring-check', tone: 'ok', word: 'Succeeded' },
  Failed: { shape: 'failed', tone: 'bad', word: 'Failed' },
  Errored: { shape: 'error', tone: 'bad', word: 'Errored' },
  Aborted: { shape: 'aborted', tone: 'idle', word: 'Aborted' },
};
const PROMOTIONS: Readonly<Record<string, Look>> = {
  ...ENDS,
  Pending: { shape: 'pending', tone: 'idle', word: 'Pending' },
  Running: { shape: 'promoting', tone: 'run', word: 'Promoting' },
};

export function lookOfPromotion({ status }: Promotion): Look {
  const phase = status?.phase ?? 'Pending';
  return PROMOTIONS[phase] ?? { shape: 'unknown', tone: 'idle', word: phase };
}

const VERIFICATIONS: Readonly<Record<string, Look>> = {
  Pending: { shape: 'pending', tone: 'idle', word: 'Pending' },
  Running: { shape: 'verifying', tone: 'run', word: 'Verifying' },
  Successful: { shape: 'ring-check', tone: 'ok', word: 'Successful' },
  Failed: { shape: 'failed', tone: 'bad', word: 'Failed' },
  Error: { shape: 'error', tone: 'bad', word: 'Error' },
  Aborted: { shape: 'aborted', tone: 'idle', word: 'Aborted' },
  Inconclusive: { shape: 'inconclusive', tone: 'wait', word: 'Inconclusive' },
};

export function lookOfVerification(phase: string | undefined): Look {
  return VERIFICATIONS[phase ?? 'Pending'] ?? { shape: 'unknown', tone: 'idle', word: phase ?? '' };
}

/** Phases after which a verification does not change. */
export function isVerificationOver(phase: string | undefined): boolean {
  return phase !== undefined && phase !== 'Pending' && phase !== 'Running';
}
