import { compileRE2, type RE2 } from '@kargo/gocompat';
import { DEFAULT_BUDGET, type Budget } from '../budget.ts';
import { ExprError } from '../error.ts';
import type { HostFunction } from '../host/function.ts';
import type { Value } from '../values/value.ts';

/** Where a predicate is: the elements, which of them, and what is accumulated. */
export interface Scope {
  /** The elements; undefined for a collection that has a size but no order. */
  readonly items: readonly Value[] | undefined;
  readonly length: number;
  index: number;
  accumulated: Value;
  readonly outer: Scope | undefined;
}

/** One evaluation: its environment, its variables, and what it has used of its budget. */
export class Run {
  readonly env: Readonly<Record<string, unknown>>;
  readonly functions: Readonly<Record<string, HostFunction>>;
  readonly now: (() => number) | undefined;
  readonly variables: Value[];
  scope: Scope | undefined = undefined;
  readonly #budget: Budget | undefined;
  #memory = 0;
  #iterations = 0;
  #pattern: RE2 | undefined;

  constructor(
    env: Readonly<Record<string, unknown>>,
    functions: Readonly<Record<string, HostFunction>>,
    variables: number,
    budget: Budget | undefined,
    now: (() => number) | undefined,
  ) {
    this.env = env;
    this.functions = functions;
    this.variables = variables === 0 ? NONE : Array.from<Value>({ length: variables }).fill(null);
    this.#budget = budget;
    this.now = now;
  }

  /** Counts elements that are about to be made. */
  grow(elements: number): void {
    this.#memory += elements;
    if (this.#memory >= (this.#budget?.memory ?? DEFAULT_BUDGET.memory)) throw new ExprError('budget', 'memory budget exceeded');
  }

  /** Counts steps of a loop. */
  step(count = 1): void {
    this.#iterations += count;
    if (this.#iterations > (this.#budget?.iterations ?? DEFAULT_BUDGET.iterations)) {
      throw new ExprError('budget', 'iteration budget exceeded');
    }
  }

  /**
   * The compiled form of a pattern; that of the last one is kept, since a predicate asks for the same one again and again.
   *
   * @throws ParseError
   */
  pattern(source: string): RE2 {
    if (this.#pattern?.source !== source) {
      this.step(PATTERN_STEPS);
      this.#pattern = compileRE2(source);
    }
    return this.#pattern;
  }

  /** Refuses strings that are about to become too long. */
  checkLength(length: number): void {
    if (length > (this.#budget?.stringLength ?? DEFAULT_BUDGET.stringLength)) {
      throw new ExprError('budget', 'string is longer than allowed');
    }
  }
}

const NONE: Value[] = [];
/** What compiling a pattern costs, in steps of a loop. */
const PATTERN_STEPS = 500;
