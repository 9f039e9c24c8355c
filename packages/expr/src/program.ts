import { BUILTINS } from './builtins/registry.ts';
import type { Budget } from './budget.ts';
import { check as checkTree } from './checker/checker.ts';
import * as types from './checker/type.ts';
import type { Type } from './checker/type.ts';
import { compileTree } from './compiler/compiler.ts';
import { Run } from './compiler/run.ts';
import type { Node } from './ast/node.ts';
import { ExprError } from './error.ts';
import type { HostFunction } from './host/function.ts';
import { optimize } from './optimizer/optimizer.ts';
import { parse } from './parser/parser.ts';
import type { Value } from './values/value.ts';

/** The type of a variable's value. `list` holds anything, `floats` floating point numbers; `map` has string keys. */
export type VariableType = 'nil' | 'bool' | 'int' | 'float' | 'string' | 'list' | 'floats' | 'map';

const VARIABLE_TYPES: Readonly<Record<VariableType, Type>> = {
  nil: types.NIL,
  bool: types.BOOL,
  int: types.INT,
  float: types.FLOAT,
  string: types.STRING,
  list: types.LIST,
  floats: types.FLOATS,
  map: types.STRING_MAP,
};

/** What an expression may use besides the language's own functions. */
export interface CompileOptions {
  /** Functions by the name they are called by. Known here, their calls are checked when compiling. */
  readonly functions?: Readonly<Record<string, HostFunction>> | undefined;
  /** If given, any other variable is an error when compiling. */
  readonly variables?: readonly string[] | undefined;
  /** The types that values of variables are known to have: what does not fit them is an error when compiling, in every branch. */
  readonly variableTypes?: Readonly<Record<string, VariableType>> | undefined;
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

const EXHAUSTED: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/call stack/i, 'expression is nested too deeply'],
  [/invalid string length/i, 'string is longer than allowed'],
];
const NO_FUNCTIONS: Readonly<Record<string, HostFunction>> = Object.freeze({});

/**
 * Compiles an expression of expr-lang 1.17.
 *
 * @throws ExprError with code `parse`, `compile` or `budget`
 */
export function compile(source: string, options: CompileOptions = {}): Program {
  return guarded(source, () => {
    const { tree, types: typed } = analyse(source, options, (error) => {
      throw error;
    });
    const functions = options.functions ?? NO_FUNCTIONS;
    const optimized = optimize(tree, typed, source);
    const { evaluate, variables } = compileTree(optimized, typed, source, new Set(Object.keys(functions)));
    return {
      source,
      run: (env, given) => {
        const all = given === undefined ? functions : { ...functions, ...given };
        const run = new Run(env, all, variables, options.budget, options.now);
        return guarded(source, () => evaluate(run) ?? null);
      },
    };
  });
}

/**
 * All errors that can be found in an expression without running it, in the order of the source: syntax, calls of unknown
 * functions, wrong numbers and types of arguments, operands that do not fit; and unknown variables if `variables` is given.
 */
export function check(source: string, options: CompileOptions = {}): ExprError[] {
  const errors: ExprError[] = [];
  const report = (error: ExprError): void => void errors.push(error);
  try {
    guarded(source, () => {
      const { tree, types: typed } = analyse(source, { ...options, strictFunctions: true }, report);
      if (errors.length === 0) optimize(tree, typed, source);
    });
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    errors.push(error);
  }
  return errors;
}

/**
 * What is known of an expression's value before running it.
 *
 * @throws ExprError with code `parse`, `compile` or `budget`
 */
export function resultType(source: string, options: CompileOptions = {}): Type {
  return guarded(source, () => {
    const { tree, types: typed } = analyse(source, options, (error) => {
      throw error;
    });
    return typed.get(tree) ?? types.UNKNOWN;
  });
}

function analyse(
  source: string,
  options: CompileOptions & { readonly strictFunctions?: boolean },
  report: (error: ExprError) => void,
): { tree: Node; types: Map<Node, Type> } {
  const functions = options.functions ?? NO_FUNCTIONS;
  const tree = parse(source, {
    isBuiltin: (name) => BUILTINS.has(name),
    isOverridden: (name) => Object.hasOwn(functions, name),
    maxNodes: options.budget?.nodes,
  });
  const { variables, strictFunctions } = options;
  const variableTypes = Object.fromEntries(
    Object.entries(options.variableTypes ?? {}).map(([name, type]) => [name, VARIABLE_TYPES[type]]),
  );
  const checker = { source, builtins: BUILTINS, functions, variables, variableTypes, strictFunctions };
  return { tree, types: checkTree(tree, checker, report) };
}

/** Running out of stack or of room for a string becomes an error of the expression. */
function guarded<T>(source: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const exhausted = error instanceof RangeError ? EXHAUSTED.find(([pattern]) => pattern.test(error.message)) : undefined;
    if (exhausted !== undefined) throw new ExprError('budget', exhausted[1], { source, offset: 0 }, error);
    throw error instanceof ExprError && error.position === undefined
      ? new ExprError(error.code, error.reason, { source, offset: 0 }, error.cause)
      : error;
  }
}
