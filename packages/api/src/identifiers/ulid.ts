import { monotonicFactory } from 'ulid';

/** Where ULIDs get time and randomness from. */
export interface UlidSources {
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Uniform in [0, 1). */
  random: () => number;
}

/**
 * Makes a generator of lower-case ULIDs, each greater than the one before, also within a millisecond and when the clock steps back.
 * One generator serves one process: names made by different generators within a millisecond may be in either order.
 */
export function ulidGenerator({ now, random }: UlidSources): () => string {
  const next = monotonicFactory(random);
  return () => next(now()).toLowerCase();
}
