import { ApiError, isUnavailable } from '@kargo/api';
import type { Clock, Log } from '@kargo/kube';

/** How long to wait before the API is asked again, in milliseconds. */
const ASK_AGAIN = 2000;

export interface AskOptions {
  clock: Pick<Clock, 'sleep'>;
  log: Log;
  signal: AbortSignal;
}

/**
 * Asks the API until it answers, and says in the log why it has to ask again. `what` is the question, as in "the API was asked …".
 * `{ aborted: true }` when the signal aborts first.
 */
export async function untilAnswered<T>(
  what: string,
  ask: () => Promise<T>,
  { clock, log, signal }: AskOptions,
): Promise<{ aborted: false; answer: T } | { aborted: true }> {
  while (!signal.aborted) {
    try {
      return { aborted: false, answer: await ask() };
    } catch (error) {
      if (signal.aborted) break;
      const why = { error: error instanceof Error ? error.message : String(error) };
      const isRefused = error instanceof ApiError && !isUnavailable(error);
      if (!isRefused) log.debug(why, `the API cannot be reached yet: it was asked ${what}`);
      else log.warn(why, `the API was asked ${what}, and refuses to say; it is asked again`);
    }
    await clock.sleep(ASK_AGAIN, { signal }).catch((aborted: unknown) => {
      if (!signal.aborted) throw aborted;
    });
  }
  return { aborted: true };
}
