import type { Clock } from '@kargo/kube';

/** How many requests are taken from one caller. */
export interface RateLimitOptions {
  /** Requests per second in the long run. */
  perSecond: number;
  /** How many at once. */
  burst: number;
}

/** Callers that are remembered; beyond that, those that have been quiet longest are forgotten. */
const MAX_CALLERS = 50_000;

interface Bucket {
  tokens: number;
  /** When `tokens` was right, in milliseconds since the epoch. */
  at: number;
}

/** A token bucket for each caller. */
export class RateLimit {
  readonly #options: RateLimitOptions;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: RateLimitOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** Takes one request of the caller. 0 if that is fine, else the seconds to wait until the next one is. */
  take(caller: string): number {
    const { perSecond, burst } = this.#options;
    const now = this.#clock.now();
    const before = this.#buckets.get(caller);
    const elapsed = before === undefined ? 0 : Math.max(0, now - before.at) / 1000;
    const tokens = Math.min(burst, (before?.tokens ?? burst) + elapsed * perSecond);
    this.#buckets.delete(caller);
    this.#buckets.set(caller, { tokens: tokens < 1 ? tokens : tokens - 1, at: now });
    if (this.#buckets.size > MAX_CALLERS)
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    return tokens < 1 ? Math.max(1, Math.ceil((1 - tokens) / perSecond)) : 0;
  }

  /** Seconds until the next request of the caller is taken; 0 if one would be now. Takes nothing. */
  waitOf(caller: string): number {
    const bucket = this.#buckets.get(caller);
    if (bucket === undefined) return 0;
    const { perSecond, burst } = this.#options;
    const tokens = Math.min(burst, bucket.tokens + (Math.max(0, this.#clock.now() - bucket.at) / 1000) * perSecond);
    return tokens < 1 ? Math.max(1, Math.ceil((1 - tokens) / perSecond)) : 0;
  }
}
