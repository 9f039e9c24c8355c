import type { Clock, Timer } from '@kargo/kube';

/** How long a timer goes at most without looking at the clock, as on a real machine. */
const LONGEST_DELAY = 60_000;

/** A clock that can be set, on top of one that runs evenly: what a machine sees whose time is corrected. Timers look at it anew. */
export class JumpingClock implements Clock {
  readonly #even: Clock;
  #skew = 0;

  constructor(even: Clock) {
    this.#even = even;
  }

  /** Sets it forward, or with a negative number back. */
  jump(milliseconds: number): void {
    this.#skew += milliseconds;
  }

  now(): number {
    return this.#even.now() + this.#skew;
  }

  setTimer(at: number, fire: () => void): Timer {
    let timer: Timer;
    const arm = (): void => {
      const delay = Math.min(LONGEST_DELAY, Math.max(0, at - this.now()));
      timer = this.#even.setTimer(this.#even.now() + delay, () => (this.now() >= at ? fire() : arm()));
    };
    arm();
    return { cancel: () => timer.cancel() };
  }

  async sleep(ms: number, options?: { signal?: AbortSignal }): Promise<void> {
    const end = this.now() + ms;
    while (this.now() < end) await this.#even.sleep(Math.min(LONGEST_DELAY, end - this.now()), options);
  }
}
