import { Duration, wrappedDuration } from '../time/duration.ts';
import { Time } from '../time/time.ts';
import { failure } from './failure.ts';
import { wrap64 } from './int64.ts';
import { floatOf, integerOf, toFloat } from './numbers.ts';
import { power } from './power.ts';
import { SizedInt } from './sized-int.ts';
import { goTypeName } from './type-name.ts';
import type { Value } from './value.ts';

/** `a + b`: numbers, strings, times and durations. */
export function add(a: Value, b: Value): Value {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (typeof a === 'string' && typeof b === 'string') return a + b;
  if (a instanceof Duration) {
    if (b instanceof Duration) return wrappedDuration(a.nanoseconds + b.nanoseconds);
    if (b instanceof Time) return b.add(a);
  }
  if (a instanceof Time && b instanceof Duration) return a.add(b);
  return numeric(
    '+',
    a,
    b,
    (x, y) => x + y,
    (x, y) => x + y,
  );
}

/** `a - b`: numbers, times and durations. */
export function subtract(a: Value, b: Value): Value {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (a instanceof Time) {
    if (b instanceof Time) return a.since(b);
    if (b instanceof Duration) return a.add(wrappedDuration(-b.nanoseconds));
  }
  if (a instanceof Duration && b instanceof Duration) return wrappedDuration(a.nanoseconds - b.nanoseconds);
  return numeric(
    '-',
    a,
    b,
    (x, y) => x - y,
    (x, y) => x - y,
  );
}

/** `a * b`: numbers; a duration times an int is a duration, times a float a float. */
export function multiply(a: Value, b: Value): Value {
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  if (a instanceof Duration || b instanceof Duration) return multiplyDuration(a, b);
  return numeric(
    '*',
    a,
    b,
    (x, y) => x * y,
    (x, y) => x * y,
  );
}

function multiplyDuration(a: Value, b: Value): Value {
  const x = a instanceof Duration ? a.nanoseconds : integerOf(a);
  const y = b instanceof Duration ? b.nanoseconds : integerOf(b);
  if (x !== undefined && y !== undefined) return wrappedDuration(x * y);
  const [left, right] = [x === undefined ? floatOf(a) : Number(x), y === undefined ? floatOf(b) : Number(y)];
  if (left === undefined || right === undefined) throw mismatch('*', a, b);
  return left * right;
}

/** `a / b`: always a float. */
export function divide(a: Value, b: Value): number {
  const [x, y] = [floatOf(a), floatOf(b)];
  if (x === undefined || y === undefined) throw mismatch('/', a, b);
  return x / y;
}

/** `a % b`: ints only; the sign is that of `a`. */
export function modulo(a: Value, b: Value): bigint {
  const [x, y] = [integerOf(a), integerOf(b)];
  if (x === undefined || y === undefined) throw mismatch('%', a, b);
  if (y === 0n) throw failure('integer divide by zero');
  return x % y;
}

/** `a ** b`: always a float. */
export function exponentiate(a: Value, b: Value): number {
  return power(toFloat(a), toFloat(b));
}

/** `-a`. */
export function negate(a: Value): Value {
  if (typeof a === 'bigint') return wrap64(-a);
  if (typeof a === 'number') return -a;
  if (a instanceof SizedInt) {
    return new SizedInt(a.type, a.type === 'uint8' ? BigInt.asUintN(8, -a.value) : wrap64(-a.value));
  }
  throw failure(`invalid operation: - ${goTypeName(a)}`);
}

function numeric(
  operator: string,
  a: Value,
  b: Value,
  integers: (x: bigint, y: bigint) => bigint,
  floats: (x: number, y: number) => number,
): Value {
  const [x, y] = [integerOf(a), integerOf(b)];
  if (x !== undefined && y !== undefined) return wrap64(integers(x, y));
  const [left, right] = [floatOf(a), floatOf(b)];
  if (left === undefined || right === undefined) throw mismatch(operator, a, b);
  return floats(left, right);
}

/** The two operands do not go together. */
export function mismatch(operator: string, a: Value, b: Value): Error {
  return failure(`invalid operation: ${goTypeName(a)} ${operator} ${goTypeName(b)}`);
}
