import { ExprError } from '../error.ts';
import type { Value } from '../values/value.ts';
import type { Run } from './run.ts';

/** A compiled node. */
export type Evaluate = (run: Run) => Value;

/** An evaluation whose errors that have no place yet get that of a node. */
export function located(source: string, at: number, evaluate: Evaluate): Evaluate {
  return (run) => {
    try {
      return evaluate(run);
    } catch (error) {
      throw withPlace(error, source, at);
    }
  };
}

/** The error with a place, if it is one of ours that has none. */
export function withPlace(error: unknown, source: string, offset: number): unknown {
  if (!(error instanceof ExprError) || error.position !== undefined) return error;
  return new ExprError(error.code, error.reason, { source, offset }, error.cause);
}
