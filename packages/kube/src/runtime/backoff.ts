import type { Random } from '../ports/random.ts';

export interface BackoffOptions {
  /** First pause, in milliseconds. */
  base: number;
  /** Longest pause, in milliseconds. */
  max: number;
}

/** Exponential pauses with jitter, per key; a key that is forgotten starts anew. */
export class Backoff {
  readonly #failures = new Map<string, number>();
  readonly #options: BackoffOptions;
  readonly #random: Random;

  constructor(options: BackoffOptions, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  /** The next pause of `key` in milliseconds: between half and all of `base × 2^failures`, at most `max`. */
  next(key: string): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const full = Math.min(this.#options.max, this.#options.base * 2 ** Math.min(failures, 50));
    return Math.round(full * (0.5 + this.#random.next() / 2));
  }

  /** How often `key` failed since it was last forgotten. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }
}
