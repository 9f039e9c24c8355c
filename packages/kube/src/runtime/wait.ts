import type { ObjectKey } from '@kargo/api';
import type { WakeUp } from './result.ts';

/** An object that is not finished: why it waits, since when, and what ends the wait. */
export interface Wait {
  controller: string;
  /** Kind of the object, e.g. `Promotion`. */
  kind: string;
  key: ObjectKey;
  /** CamelCase. `Retry` and `TerminalError` come from failed reconciles, everything else from the reconciler. */
  reason: string;
  message: string;
  until: readonly WakeUp[];
  /** When it began to wait for this reason (epoch milliseconds). */
  since: number;
}

/** A mistake of this program that the runtime found. Never caused by users or by the outside world. */
export interface Defect {
  controller: string;
  kind: string;
  /** Absent when it concerns no single object. */
  key?: ObjectKey | undefined;
  problem: DefectProblem;
  message: string;
  /** When it was first seen (epoch milliseconds). */
  since: number;
}

/**
 * `NoWakeUp`: an unfinished object that nothing would wake. `BadResult`: a result that is neither settled nor a valid wait.
 * `Busy`: an object that asks to be looked at again at once, over and over. `Stuck`: a reconcile that does not end although its signal
 * aborted. `MapFailed`: a source's map function threw, so that a change may be lost.
 */
export type DefectProblem = 'NoWakeUp' | 'BadResult' | 'Busy' | 'Stuck' | 'MapFailed';
