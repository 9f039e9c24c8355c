import type { Clock } from '@kargo/kube';

/** Spreads actions: at most `perSecond` start in any second, beyond a first burst of the same size. */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #interval: number;
  readonly #burst: number;
  /** When the next action could start if there had been no pause before. */
  #next = -Infinity;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#interval = 1000 / perSecond;
    this.#burst = perSecond;
  }

  /** Resolves when the next action may start. Rejects with the signal's reason when it aborts. */
  async turn(signal?: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    this.#next = Math.max(this.#next, now - (this.#burst - 1) * this.#interval);
    const wait = this.#next - now;
    this.#next += this.#interval;
    if (wait > 0) await this.#clock.sleep(wait, signal === undefined ? {} : { signal });
  }
}
