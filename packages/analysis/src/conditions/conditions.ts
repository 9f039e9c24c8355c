/** Success and failure conditions of metrics: expressions over `result`. */
import type { Metric } from '@kargo/api';
import { compile, ExprError, type Budget, type Value, type VariableType } from '@kargo/expr';
import { conditionFunctions } from './functions.ts';

/** What a provider knows about its result beyond the value. */
export interface ResultFacts {
  /** A list holds floating point numbers only; known also when it is empty. */
  numbers?: boolean | undefined;
  /** Epoch milliseconds, for `now()`. */
  now?: number | undefined;
}

/** The phase that the conditions of a metric give a result. */
export interface Judgement {
  phase: 'Successful' | 'Failed' | 'Inconclusive' | 'Error';
  message?: string;
}

/**
 * Judges a result. Without conditions every result is a success; with one, the other is its negation; with both, a failure wins and
 * neither is inconclusive. A condition that cannot be evaluated, or is no boolean, gives Error with the reason.
 */
export function evaluateConditions(
  { successCondition, failureCondition }: Pick<Metric, 'successCondition' | 'failureCondition'>,
  result: unknown,
  facts: ResultFacts = {},
): Judgement {
  const success = holds('successCondition', successCondition, result, facts);
  if (typeof success === 'string') return { phase: 'Error', message: success };
  const failure = holds('failureCondition', failureCondition, result, facts);
  if (typeof failure === 'string') return { phase: 'Error', message: failure };
  if (failure === true) return { phase: 'Failed' };
  if (success === true) return { phase: 'Successful' };
  if (success === false) return { phase: failure === undefined ? 'Failed' : 'Inconclusive' };
  return { phase: 'Successful' };
}

/** Whether a condition holds; nothing if there is none; a text if it could not be told. */
function holds(
  field: string,
  condition: string | undefined,
  result: unknown,
  { numbers, now }: ResultFacts,
): boolean | undefined | string {
  if (condition === undefined || condition === '') return undefined;
  const refused = (cause: string): string => `could not evaluate ${field} "${condition}": ${isEmpty(result) ? NO_DATA : cause}`;
  let outcome: Value;
  try {
    // Plain JSON is an environment as it stands, with all its numbers floating point.
    outcome = compile(condition, {
      functions: conditionFunctions,
      variables: ['result'],
      variableTypes: { result: typeOf(result, numbers) },
      budget: BUDGET,
      ...(now === undefined ? {} : { now: () => now }),
    }).run({ result: result ?? null });
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    return refused(error.message);
  }
  return typeof outcome === 'boolean' ? outcome : refused(`expected bool, but got ${typeName(outcome)}`);
}

/** What a condition may cost: a template of anyone must not hold up the others. */
const BUDGET: Budget = { iterations: 1_000_000 };

/**
 * The type of a result as far as it is known before the condition runs: of its top level, and of the elements of lists of numbers,
 * which providers give. What is inside other JSON may be anything.
 */
function typeOf(result: unknown, numbers: boolean | undefined): VariableType {
  if (result === null || result === undefined) return 'nil';
  if (typeof result === 'boolean') return 'bool';
  if (typeof result === 'number') return 'float';
  if (typeof result === 'string') return 'string';
  if (!Array.isArray(result)) return 'map';
  return numbers === true ? 'floats' : 'list';
}

const NO_DATA = 'metric result is nil or empty: no data returned from the metric provider';

function isEmpty(result: unknown): boolean {
  return result === null || result === undefined || (Array.isArray(result) && result.length === 0);
}

function typeName(value: Value): string {
  if (value === null || value === undefined) return 'nil';
  if (typeof value === 'number') return 'float64';
  return typeof value === 'bigint' ? 'int' : Array.isArray(value) ? 'array' : typeof value;
}
