/** Calls once after `ms`; returns how to cancel that. */
export type After = (ms: number, call: () => void) => () => void;

/** Is over after `ms` milliseconds, or as soon as `signal` is aborted. */
export function pause(after: After, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = after(ms, done);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
