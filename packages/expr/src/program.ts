import type { Budget } from './budget.ts';
import type { HostFunction } from './host/function.ts';
import type { Value } from './values/value.ts';
import { ExprError } from './error.ts';

/** What an expression may use besides the language's own functions. */
export interface CompileOptions {
  /** Functions by the name they are called by. Known here, their calls are checked when compiling. */
  readonly functions?: Readonly<Record<string, HostFunction>> | undefined;
  /** If given, any other variable is an error when compiling. */
  readonly variables?: readonly string[] | undefined;
  readonly budget?: Budget | undefined;
  /** Milliseconds since 1970, for `now()`. Without it, calling `now()` is an error. */
  readonly now?: (() => number) | undefined;
}

/** A compiled expression. It has no state: it may be run any number of times. */
export interface Program {
  readonly source: string;
  /**
   * Evaluates it, synchronously. `env` holds the variables; names that are not its own properties are nil. Host functions may be
   * values of `env`, or be given as `functions` (which take the place of those given when compiling).
   *
   * @throws ExprError with code `run` or `budget`; and whatever a host function throws that is not a plain Error
   */
  run(env: Readonly<Record<string, unknown>>, functions?: Readonly<Record<string, HostFunction>>): Value;
}

/**
 * Compiles an expression of expr-lang 1.17.
 *
 * @throws ExprError with code `parse`, `compile` or `budget`
 */
export function compile(source: string, options: CompileOptions = {}): Program {
  throw new ExprError('compile', `the evaluator is not in place yet (${Object.keys(options).length})`, { source, offset: 0 });
}
