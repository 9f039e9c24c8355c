/**
 * What a reconcile ends with. Level-triggered: a reconciler looks at the whole state each time and never at the event that woke it.
 *
 * `settled`: nothing is left to do until something changes.
 * `waiting`: the object is unfinished. `reason` and `message` say why, for programs and for people; `until` says what ends the wait.
 * A waiting result without a wake-up is a programmer error that the runtime refuses.
 */
export type Result = Settled | Waiting;

export interface Settled {
  kind: 'settled';
}

export interface Waiting {
  kind: 'waiting';
  /** CamelCase, e.g. `ActivePromotion`. */
  reason: string;
  message: string;
  until: readonly [WakeUp, ...WakeUp[]];
}

/**
 * `event`: a watched change, described for people (`the Application kargo-demo-test becomes Healthy`).
 * `deadline`: an exact instant (epoch milliseconds).
 * `poll`: look again at that instant because the outside offers nothing better.
 */
export type WakeUp =
  | { kind: 'event'; on: string }
  | { kind: 'deadline'; at: number; why: string }
  | { kind: 'poll'; at: number; why: string };

export const settled: Settled = { kind: 'settled' };

export function waiting(reason: string, message: string, ...until: [WakeUp, ...WakeUp[]]): Waiting {
  return { kind: 'waiting', reason, message, until };
}

/** Ends the reconcile of an object without retry until it changes. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}
