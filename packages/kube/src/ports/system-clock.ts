import type { Clock, Timer } from './clock.ts';

/**
 * How long at most a timer goes without looking at the clock, in milliseconds: timers of the runtime do not count the time for which a
 * machine sleeps, and do not know of clocks that are set.
 */
const LONGEST_DELAY = 60_000;

/**
 * The clock of this machine. Timers may lie any time ahead and do not keep the process alive. None fires early, also when the clock is set
 * back; one that is due because it was set forward fires within a minute.
 */
export const systemClock: Clock = {
  now: () => Date.now(),

  setTimer(at: number, fire: () => void): Timer {
    let handle: NodeJS.Timeout | undefined;
    const arm = (): void => {
      const delay = at - Date.now();
      if (delay <= 0 && handle !== undefined) return fire();
      handle = setTimeout(arm, Math.min(LONGEST_DELAY, Math.max(0, delay)));
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
