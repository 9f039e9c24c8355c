import type { Clock, Timer } from './clock.ts';

/** The longest delay `setTimeout` takes without firing at once. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** The clock of this machine. Timers may lie any time ahead and do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),

  setTimer(at: number, fire: () => void): Timer {
    let handle: NodeJS.Timeout | undefined;
    const arm = (): void => {
      const delay = at - Date.now();
      handle = delay > LONGEST_DELAY ? setTimeout(arm, LONGEST_DELAY) : setTimeout(fire, Math.max(0, delay));
      handle.unref();
    };
    arm();
    return { cancel: () => clearTimeout(handle) };
  },

  sleep: (ms, options) => sleepOn(systemClock, ms, options?.signal),
};

/** Sleeps with the timers of `clock`: what every clock's `sleep` does. */
export function sleepOn(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    const timer = clock.setTimer(clock.now() + ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
