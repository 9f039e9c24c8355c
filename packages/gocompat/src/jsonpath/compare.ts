/** How values of filters compare: numbers as numbers, or strictly as Go does, where an integer is no float. */
export type NumberComparison = 'numeric' | 'typed';

/** A value of a filter, with whether a number was written as an integer. */
export interface Operand {
  readonly value: unknown;
  readonly integer: boolean;
}

type Outcome = boolean | { readonly problem: string };

const INCOMPATIBLE = { problem: 'incompatible types for comparison' };
const INVALID = { problem: 'invalid type for comparison' };

/** The outcome of `left operator right`, or why there is none. */
export function compareOperands(left: Operand, operator: string, right: Operand, numbers: NumberComparison): Outcome {
  if (!/^(==|!=|<|<=|>|>=)$/.test(operator)) return { problem: `unrecognized filter operator ${operator}` };
  const [a, b] = [kindOf(left, numbers), kindOf(right, numbers)];
  if (a === undefined || b === undefined) return INVALID;
  if (a !== b) return INCOMPATIBLE;
  const order = orderOf(left.value as string | number | boolean, right.value as string | number | boolean);
  if (operator === '==') return order === 0;
  if (operator === '!=') return order !== 0;
  if (a === 'boolean') return INVALID;
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  return operator === '>' ? order > 0 : order >= 0;
}

function kindOf({ value, integer }: Operand, numbers: NumberComparison): string | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return typeof value;
  if (typeof value !== 'number') return undefined;
  return numbers === 'typed' && integer ? 'integer' : 'number';
}

function orderOf(a: string | number | boolean, b: string | number | boolean): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
}
