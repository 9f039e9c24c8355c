/** The expressions that judge an answer. */
import type { Json } from '@kargo/api';
import { compile, ExprError, toJson, type Program, type Value } from '@kargo/expr';
import { expressionErrorText } from '../../context/expression-error.ts';
import { PROMPT_BUDGET } from '../../context/prompt-budget.ts';
import { TerminalStepError } from '../../step.ts';
import type { HttpConfig } from './config.ts';

/** What became of a request, by what is said about its answer. `open`: neither has it succeeded nor has it failed yet. */
export type Judgement =
  | { kind: 'succeeded'; output: Record<string, Json> }
  | { kind: 'failed'; because: string | undefined }
  | { kind: 'open' }
  /** There are no criteria, and the status says that the request was not carried out. */
  | { kind: 'refused' };

/** Judges answers. Made before anything is sent: an expression that cannot be read is an error for good. */
export class Criteria {
  readonly #config: HttpConfig;
  readonly #now: () => number;
  readonly #success: Program | undefined;
  readonly #failure: Program | undefined;
  readonly #outputs: readonly (readonly [name: string, program: Program])[];

  constructor(config: HttpConfig, now: () => number) {
    this.#config = config;
    this.#now = now;
    this.#success = this.#compile('successExpression', config.successExpression);
    this.#failure = this.#compile('failureExpression', config.failureExpression);
    this.#outputs = (config.outputs ?? []).map(({ name, fromExpression }) => [
      name,
      this.#program(`output ${name}`, fromExpression),
    ]);
  }

  /** Failure goes before success. Fails if a criterion cannot be evaluated or is not a boolean; of `errorExpression` only what it says counts. */
  judge(status: number, environment: Record<string, Value>): Judgement {
    const succeeded = this.#holds('successExpression', this.#success, environment);
    const failed = this.#holds('failureExpression', this.#failure, environment);
    if (failed === true) return { kind: 'failed', because: this.#because(environment) };
    const neither = succeeded === undefined && failed === undefined;
    if (neither && (status < 200 || status > 299)) return { kind: 'refused' };
    if (succeeded === true || neither) return { kind: 'succeeded', output: this.#output(environment) };
    return { kind: 'open' };
  }

  #holds(field: string, program: Program | undefined, environment: Record<string, Value>): boolean | undefined {
    if (program === undefined) return undefined;
    const value = run(field, program, environment);
    if (typeof value !== 'boolean')
      throw new Error(`${field} must be true or false, but is ${JSON.stringify(value).slice(0, 100)}`);
    return value;
  }

  #output(environment: Record<string, Value>): Record<string, Json> {
    return Object.fromEntries(
      this.#outputs.map(([name, program]) => [name, run(`the expression of output ${name}`, program, environment)]),
    );
  }

  #because(environment: Record<string, Value>): string | undefined {
    const program = this.#compile('errorExpression', this.#config.errorExpression);
    if (program === undefined) return undefined;
    try {
      const value = program.run(environment);
      return typeof value === 'string' && value !== '' ? value : undefined;
    } catch (error) {
      // What went wrong with the request matters more than what went wrong with explaining it.
      if (error instanceof ExprError) return undefined;
      throw error;
    }
  }

  #compile(field: string, source: string | undefined): Program | undefined {
    return source === undefined || source.trim() === '' ? undefined : this.#program(field, source);
  }

  #program(field: string, source: string): Program {
    try {
      return compile(source, { now: this.#now, budget: PROMPT_BUDGET });
    } catch (error) {
      if (!(error instanceof ExprError)) throw error;
      throw new TerminalStepError(`${field} cannot be compiled: ${expressionErrorText(error)}`, { cause: error });
    }
  }
}

function run(field: string, program: Program, environment: Record<string, Value>): Json {
  try {
    return toJson(program.run(environment));
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    throw new Error(`${field} cannot be evaluated: ${expressionErrorText(error)}`, { cause: error });
  }
}
