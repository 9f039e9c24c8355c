import { Duration } from '../time/duration.ts';
import { Time } from '../time/time.ts';
import { mismatch } from './arithmetic.ts';
import { floatOf, integerOf } from './numbers.ts';
import { compareText } from './text.ts';
import type { Value } from './value.ts';

export type Ordering = '<' | '>' | '<=' | '>=';

/**
 * `a < b` and its kin: numbers, strings (by code point), times, durations.
 *
 * @throws ExprError if the two do not go together
 */
export function ordered(operator: Ordering, a: Value, b: Value): boolean {
  if (typeof a === 'number' && typeof b === 'number') return holds(operator, a, b);
  if (typeof a === 'string' && typeof b === 'string') return holds(operator, compareText(a, b), 0);
  if (a instanceof Time && b instanceof Time) return holds(operator, a.compare(b), 0);
  if (a instanceof Duration && b instanceof Duration) return holds(operator, a.nanoseconds, b.nanoseconds);
  const [x, y] = [integerOf(a), integerOf(b)];
  if (x !== undefined && y !== undefined) return holds(operator, x, y);
  const [left, right] = [floatOf(a), floatOf(b)];
  if (left === undefined || right === undefined) throw mismatch(operator, a, b);
  return holds(operator, left, right);
}

function holds(operator: Ordering, a: number | bigint, b: number | bigint): boolean {
  switch (operator) {
    case '<':
      return a < b;
    case '>':
      return a > b;
    case '<=':
      return a <= b;
    case '>=':
      return a >= b;
  }
}

/** Lists up to this length are sorted by insertion, which is what Go does with them: the pairs compared show in errors. */
const SHORT = 12;

/**
 * Sorts values by keys, in place; equal ones keep their order.
 *
 * @throws ExprError if keys do not go together
 */
export function sortByKeys(values: Value[], keys: readonly Value[], descending: boolean): Value[] {
  const less = (a: number, b: number): boolean => (descending ? ordered('<', keys[b], keys[a]) : ordered('<', keys[a], keys[b]));
  const order = values.map((_, index) => index);
  if (order.length > SHORT) order.sort((a, b) => (less(a, b) ? -1 : less(b, a) ? 1 : 0));
  else insertionSort(order, less);
  return order.map((index) => values[index]);
}

function insertionSort(order: number[], less: (a: number, b: number) => boolean): void {
  for (let end = 1; end < order.length; end++) {
    for (let index = end; index > 0; index--) {
      const [before, current] = [order[index - 1] ?? 0, order[index] ?? 0];
      if (!less(current, before)) break;
      order[index - 1] = current;
      order[index] = before;
    }
  }
}
