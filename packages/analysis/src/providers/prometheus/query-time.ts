import { compile, ExprError, Time } from '@kargo/expr';

/**
 * The instant an expression such as `now() - duration("5m")` yields, in seconds since 1970. Fails, naming the field, if there is none or
 * it yields something else.
 */
export function queryTime(field: string, expression: string | undefined, now: number): number {
  if (expression === undefined || expression === '') throw new Error(`${field} is missing: give it an expression such as now()`);
  let value: unknown;
  try {
    value = compile(expression, { variables: [], now: () => now }).run({});
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    throw new Error(`failed to parse ${field}: ${error.message}`, { cause: error });
  }
  if (!(value instanceof Time)) throw new Error(`failed to parse ${field}: "${expression}" does not yield a time`);
  return Number(value.unixNanoseconds() / 1_000_000n) / 1000;
}
