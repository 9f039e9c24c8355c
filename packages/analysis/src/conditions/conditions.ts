/** Success and failure conditions of metrics: expressions over `result`. */
import type { Metric } from '@kargo/api';
import { compile, ExprError, type Value } from '@kargo/expr';
import { conditionFunctions } from './functions.ts';

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
): Judgement {
  const success = holds('successCondition', successCondition, result);
  if (typeof success === 'string') return { phase: 'Error', message: success };
  const failure = holds('failureCondition', failureCondition, result);
  if (typeof failure === 'string') return { phase: 'Error', message: failure };
  if (failure === true) return { phase: 'Failed' };
  if (success === true) return { phase: 'Successful' };
  if (success === false) return { phase: failure === undefined ? 'Failed' : 'Inconclusive' };
  return { phase: 'Successful' };
}

/** Whether a condition holds; nothing if there is none; a text if it could not be told. */
function holds(field: string, condition: string | undefined, result: unknown): boolean | undefined | string {
  if (condition === undefined || condition === '') return undefined;
  const refused = (cause: string): string => `could not evaluate ${field} "${condition}": ${isEmpty(result) ? NO_DATA : cause}`;
  let outcome: Value;
  try {
    // Plain JSON is an environment as it stands, with all its numbers floating point.
    outcome = compile(condition, { functions: conditionFunctions, variables: ['result'] }).run({ result });
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    return refused(error.message);
  }
  return typeof outcome === 'boolean' ? outcome : refused(`expected bool, but got ${typeName(outcome)}`);
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
