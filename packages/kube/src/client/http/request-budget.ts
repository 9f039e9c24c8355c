import type { Clock } from '../../ports/clock.ts';

export interface BudgetOptions {
  /** Requests a second in the long run. */
  perSecond: number;
  /** Requests that may be made at once after a quiet time. */
  burst: number;
}

/** Spreads requests over time: a token bucket whose waiters are served in the order in which they came. */
export class RequestBudget {
  readonly #interval: number;
  readonly #burst: number;
  readonly #clock: Clock;
  /** When the bucket would be full. */
  #fullAt = -Infinity;

  constructor({ perSecond, burst }: BudgetOptions, clock: Clock) {
    this.#interval = 1000 / perSecond;
    this.#burst = burst;
    this.#clock = clock;
  }

  /** Resolves when a request may be made. Rejects with the signal's reason. */
  async take(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const now = this.#clock.now();
    this.#fullAt = Math.max(this.#fullAt, now) + this.#interval;
    const wait = this.#fullAt - now - this.#burst * this.#interval;
    if (wait <= 0) return;
    try {
      await this.#clock.sleep(wait, signal === undefined ? {} : { signal });
    } catch (error) {
      // Who gives up takes nothing.
      this.#fullAt -= this.#interval;
      throw error;
    }
  }
}
