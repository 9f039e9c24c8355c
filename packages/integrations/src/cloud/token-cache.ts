import type { Clock } from '@kargo/kube';

/** Something that is of use until a certain time. */
export interface Expiring<T> {
  value: T;
  /** Epoch milliseconds from when on it is to be got anew; absent: it is not to be kept. */
  keepUntil?: number | undefined;
}

/** When to get a token anew that expires at `expiresAt` (epoch milliseconds): five minutes before, or after `otherwise` ms if unknown. */
export function keptUntil(now: number, expiresAt: number | undefined, otherwise: number): number | undefined {
  const until = expiresAt === undefined || Number.isNaN(expiresAt) ? now + otherwise : expiresAt - 5 * 60_000;
  return until > now ? until : undefined;
}

/** How a token is got. */
export interface TokenOptions {
  /** The token, or password, that was refused though it was to be good yet: another is got, unless it is fresh. */
  refused?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** Milliseconds for which a refusal does not count: a fresh token is not refused because it is one. */
const FRESH = 60_000;
const LIMIT = 10_000;

/** Tokens by key. However many ask at once, each is got once; failures are not kept. */
export class TokenCache<T> {
  readonly #clock: Clock;
  readonly #kept = new Map<string, { value: T; at: number; until: number }>();
  readonly #running = new Map<string, Promise<Expiring<T>>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What is kept under `key`, unless that `isRefused` and was not got just now, or what `get` gets. */
  async get(key: string, get: () => Promise<Expiring<T>>, isRefused: (value: T) => boolean = () => false): Promise<T> {
    const known = this.#kept.get(key);
    const now = this.#clock.now();
    if (known !== undefined && known.until > now && (now - known.at < FRESH || !isRefused(known.value))) return known.value;
    const running = this.#running.get(key);
    if (running !== undefined) return (await running).value;
    const started = get();
    this.#running.set(key, started);
    try {
      const { value, keepUntil } = await started;
      if (keepUntil === undefined) this.#kept.delete(key);
      else this.#keep(key, value, keepUntil);
      return value;
    } finally {
      this.#running.delete(key);
    }
  }

  #keep(key: string, value: T, until: number): void {
    this.#kept.delete(key);
    this.#kept.set(key, { value, at: this.#clock.now(), until });
    if (this.#kept.size <= LIMIT) return;
    for (const [old, entry] of this.#kept) if (entry.until <= this.#clock.now()) this.#kept.delete(old);
    for (const old of this.#kept.keys()) {
      if (this.#kept.size <= LIMIT) break;
      this.#kept.delete(old);
    }
  }
}
