import type { CheckedSignature, Type } from '../checker/type.ts';
import type { Run } from '../compiler/run.ts';
import type { Value } from '../values/value.ts';

/** One of the language's own functions that takes values only (no predicate). */
export interface Builtin {
  readonly name: string;
  /** Ways to call it: the first that fits gives the type of the result. */
  readonly signatures?: readonly CheckedSignature[] | undefined;
  /** Instead of signatures: the type of the result, or why the arguments are refused. */
  readonly check?: ((args: readonly Type[]) => Type | string) | undefined;
  /**
   * Calls it. What it makes is counted with `run.grow`.
   *
   * @throws ExprError without a place
   */
  readonly call: (args: readonly Value[], run: Run) => Value;
}
