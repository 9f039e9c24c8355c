import type { Clock } from '@kargo/kube';

/** Work that was not done in time. */
export class LateError extends Error {
  override readonly name = 'LateError';
}

/** Runs `work` with a signal that also aborts after `ms`. Fails as `work` does, or with `LateError` once the time is over. */
export async function withDeadline<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const own = new AbortController();
  const onAbort = (): void => own.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const late = new LateError(
    `it took longer than ${ms / 60_000} minutes; it is tried again, and goes on with what it got so far`,
  );
  const timer = clock.setTimer(clock.now() + ms, () => own.abort(late));
  try {
    return await work(own.signal);
  } catch (error) {
    if (own.signal.reason === late) throw late;
    throw error;
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', onAbort);
  }
}
