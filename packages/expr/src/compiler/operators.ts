import { ParseError, type RE2 } from '@kargo/gocompat';
import type { BinaryOperator } from '../ast/node.ts';
import { add, divide, exponentiate, modulo, multiply, subtract } from '../values/arithmetic.ts';
import { contains } from '../values/access.ts';
import { equal } from '../values/equal.ts';
import { asString, failure, mistyped } from '../values/failure.ts';
import { IntList, isNil } from '../values/lists.ts';
import { toInt } from '../values/numbers.ts';
import { ordered } from '../values/order.ts';
import { decodeText } from '../values/text.ts';
import { goTypeName } from '../values/type-name.ts';
import type { Value } from '../values/value.ts';
import type { Run } from './run.ts';

/** An operator whose two operands are always both evaluated. */
export type StrictOperator = Exclude<BinaryOperator, 'and' | '&&' | 'or' | '||' | '??'>;

/** What strict operators do. */
export const OPERATIONS: Readonly<Record<StrictOperator, (a: Value, b: Value, run: Run) => Value>> = {
  '==': equal,
  '!=': (a, b) => !equal(a, b),
  '<': (a, b) => ordered('<', a, b),
  '>': (a, b) => ordered('>', a, b),
  '<=': (a, b) => ordered('<=', a, b),
  '>=': (a, b) => ordered('>=', a, b),
  '+': (a, b, run) => {
    if (typeof a === 'string' && typeof b === 'string') run.checkLength(a.length + b.length);
    return add(a, b);
  },
  '-': subtract,
  '*': multiply,
  '/': divide,
  '%': modulo,
  '**': exponentiate,
  '^': exponentiate,
  '..': range,
  in: (a, b) => contains(b, a),
  matches: (a, b, run) => !isNil(a) && !isNil(b) && matches(pattern(asString(b), run), a),
  contains: textTest((text, part) => text.includes(part)),
  startsWith: textTest((text, part) => text.startsWith(part)),
  endsWith: textTest((text, part) => text.endsWith(part)),
};

/** A test of two strings; nil on either side makes it false. */
function textTest(test: (text: string, part: string) => boolean): (a: Value, b: Value) => boolean {
  return (a, b) => !isNil(a) && !isNil(b) && test(asString(a), asString(b));
}

/** Whether a string or bytes match a pattern; nil does not. */
export function matches(re: RE2, value: Value): boolean {
  if (isNil(value)) return false;
  if (typeof value === 'string') return re.test(value);
  if (value instanceof Uint8Array) return re.test(decodeText(value));
  throw mistyped(value, '[]uint8');
}

/** A pattern that is known only when running. */
function pattern(source: string, run: Run): RE2 {
  try {
    return run.pattern(source);
  } catch (error) {
    if (error instanceof ParseError) throw failure(error.message, error);
    throw error;
  }
}

function range(from: Value, to: Value, run: Run): Value {
  const first = toInt(from);
  const last = toInt(to);
  // The number of elements wraps like any int: a range of all ints is empty.
  const size = Number(BigInt.asIntN(64, last - first + 1n));
  if (size <= 0) return new IntList();
  run.grow(size);
  const out = new IntList();
  for (let value = first; out.length < size; value++) out.push(value);
  return out;
}

/** `value in ["a", "b"]`, where only string literals are listed: nil counts as the empty string. */
export function inStrings(strings: ReadonlySet<string>, value: Value): boolean {
  const text = value ?? '';
  if (typeof text === 'string') return strings.has(text);
  throw failure(`reflect.Value.MapIndex: value of type ${goTypeName(value)} is not assignable to type string`);
}
