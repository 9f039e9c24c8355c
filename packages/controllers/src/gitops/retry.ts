/** When failed operations are tried again. Pure. */
import type { OperationState } from '@kargo/api';
import { parseDuration } from '@kargo/gocompat';

interface Backoff {
  duration?: string | number;
  factor?: number;
  maxDuration?: string | number;
}

interface Retry {
  limit?: number;
  backoff?: Backoff;
  refresh?: boolean;
}

const DEFAULT_DURATION_MS = 5_000;
const DEFAULT_FACTOR = 2;
const DEFAULT_MAX_MS = 180_000;

/** Whether an operation that has failed may be tried again. A negative limit never ends. */
export function mayRetry(state: OperationState): boolean {
  const { limit = 0 } = retryOf(state);
  return limit < 0 || (state.retryCount ?? 0) < limit;
}

/** Whether the next try resolves revisions anew. */
export function retryRefreshes(state: OperationState): boolean {
  return retryOf(state).refresh === true;
}

/**
 * When an operation that has failed is tried again (epoch milliseconds): the count of retries includes the one ahead, so the first pause
 * is the duration times the factor, as in Argo CD.
 */
export function retryAt(state: OperationState): number {
  const { backoff = {} } = retryOf(state);
  const duration = milliseconds(backoff.duration) ?? DEFAULT_DURATION_MS;
  const longest = milliseconds(backoff.maxDuration) ?? DEFAULT_MAX_MS;
  const pause = duration * (backoff.factor ?? DEFAULT_FACTOR) ** (state.retryCount ?? 0);
  return Date.parse(state.finishedAt ?? state.startedAt) + Math.min(pause, longest);
}

const HEAL_PAUSE_MS = 2_000;
const HEAL_FACTOR = 3;
const LONGEST_HEAL_PAUSE_MS = 300_000;

/** Pause before the next try to heal after `attempts` tries: none before the first. */
export function healPause(attempts: number): number {
  return attempts === 0 ? 0 : Math.min(HEAL_PAUSE_MS * HEAL_FACTOR ** (attempts - 1), LONGEST_HEAL_PAUSE_MS);
}

function retryOf({ operation }: OperationState): Retry {
  return (operation.retry ?? {}) as Retry;
}

/** Bare whole numbers are seconds. What cannot be read counts as not given. */
function milliseconds(text: string | number | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (typeof text === 'number' || /^\d+$/.test(text)) return Number(text) * 1000;
  try {
    return parseDuration(text);
  } catch {
    return undefined;
  }
}
