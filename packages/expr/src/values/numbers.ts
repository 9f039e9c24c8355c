import { failure } from './failure.ts';
import { truncateToInt } from './int64.ts';
import { SizedInt } from './sized-int.ts';
import { goTypeName } from './type-name.ts';
import type { Value } from './value.ts';

/** The integer that a value is, of whatever size; undefined if it is none. */
export function integerOf(value: Value): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return value instanceof SizedInt ? value.value : undefined;
}

/** The number that a value is as a float; undefined if it is none. */
export function floatOf(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  const integer = integerOf(value);
  return integer === undefined ? undefined : Number(integer);
}

/**
 * A number as an int, floats truncated: for indexes and limits.
 *
 * @throws ExprError for what is no number
 */
export function toInt(value: Value): bigint {
  if (typeof value === 'number') return truncateToInt(value);
  const integer = integerOf(value);
  if (integer === undefined) throw failure(`invalid operation: int(${goTypeName(value)})`);
  return integer;
}

/**
 * A number as a float.
 *
 * @throws ExprError for what is no number
 */
export function toFloat(value: Value): number {
  const float = floatOf(value);
  if (float === undefined) throw failure(`invalid operation: float(${goTypeName(value)})`);
  return float;
}
