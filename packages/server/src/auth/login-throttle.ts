import type { Clock } from '@kargo/kube';

/** Failures from one address before it has to wait. */
const FREE_FAILURES = 5;
/** First wait, in milliseconds; every further failure doubles it. */
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 15 * 60_000;
/** Checking a password costs much time on purpose: so many at once, and no more. */
const MAX_CHECKS = 4;
/** Addresses that are remembered. */
const MAX_ADDRESSES = 10_000;

interface Failures {
  count: number;
  /** Until when nothing is tried, in milliseconds since the epoch. */
  until: number;
}

/** Slows down whoever guesses passwords: each address waits longer after each failure, and only so many guesses are checked at once. */
export class LoginThrottle {
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failures>();
  #checking = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Seconds that the address has to wait before it may try; 0 if it may now. */
  waitOf(address: string): number {
    const left = (this.#failures.get(address)?.until ?? 0) - this.#clock.now();
    if (left > 0) return Math.ceil(left / 1000);
    return this.#checking >= MAX_CHECKS ? 1 : 0;
  }

  /** Checks a password of the address, and remembers how that ended. */
  async check(address: string, isRight: () => Promise<boolean>): Promise<boolean> {
    this.#checking += 1;
    try {
      const right = await isRight();
      if (right) this.#failures.delete(address);
      else this.#failed(address);
      return right;
    } finally {
      this.#checking -= 1;
    }
  }

  #failed(address: string): void {
    const now = this.#clock.now();
    const before = this.#failures.get(address);
    const forgotten = before === undefined || now - before.until > LONGEST_WAIT;
    const count = forgotten ? 1 : before.count + 1;
    const wait = count < FREE_FAILURES ? 0 : Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (count - FREE_FAILURES));
    this.#failures.delete(address);
    this.#failures.set(address, { count, until: now + wait });
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= MAX_ADDRESSES) break;
      this.#failures.delete(oldest);
    }
  }
}
