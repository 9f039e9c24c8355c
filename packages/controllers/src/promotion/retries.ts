import type { Promotion } from '@kargo/api';
import { waiting, type Clock, type Random, type Result } from '@kargo/kube';
import type { RunEnd } from '@kargo/promotion';

/** Milliseconds. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 5 * 60_000;

interface Pause {
  until: number;
  result: Result;
}

/**
 * The pauses before failed steps are tried again: exponential in the errors in a row, with jitter, never beyond the step's deadline. A
 * Promotion that something else wakes meanwhile goes on pausing, so that errors are not used up by chance. Kept in memory only: after a
 * restart the step is tried at once.
 */
export class Retries {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #pauses = new Map<string, Pause>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Begins a pause and says what ends it. */
  pause(promotion: Promotion, end: RunEnd & { kind: 'retry' }): Result {
    const now = this.#clock.now();
    const exponential = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (end.errorCount - 1));
    const at = now + exponential * (0.75 + this.#random.next() / 2);
    const until = Math.ceil(Math.min(at, Math.max(end.deadline ?? Infinity, now)));
    const result = waiting(
      'StepRetry',
      `step "${end.alias}" failed (errors in a row: ${end.errorCount}): ${end.error}`,
      until === end.deadline
        ? { kind: 'deadline', at: until, why: `step "${end.alias}" times out` }
        : { kind: 'poll', at: until, why: `step "${end.alias}" is tried again` },
    );
    this.#pauses.set(idOf(promotion), { until, result });
    return result;
  }

  /** The rest of a pause, if one goes on. */
  pauseOf(promotion: Promotion): Result | undefined {
    const pause = this.#pauses.get(idOf(promotion));
    if (pause === undefined || this.#clock.now() < pause.until) return pause?.result;
    this.#pauses.delete(idOf(promotion));
    return undefined;
  }

  /** Ends a pause. */
  forget(promotion: Promotion): void {
    this.#pauses.delete(idOf(promotion));
  }
}

function idOf({ metadata }: Promotion): string {
  return metadata.uid ?? '';
}
