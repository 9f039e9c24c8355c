import { ANY, bare, FLOAT, INT, isNumeric, isUnknown, UNKNOWN, type CheckedSignature, type Type } from '../checker/type.ts';
import type { Run } from '../compiler/run.ts';
import { Duration } from '../time/duration.ts';
import { negate } from '../values/arithmetic.ts';
import { failure } from '../values/failure.ts';
import { truncateToInt, wrap64 } from '../values/int64.ts';
import { floatOf, integerOf } from '../values/numbers.ts';
import { ordered } from '../values/order.ts';
import { parseGoFloat, parseGoInt } from '../values/parse-number.ts';
import { NamedInt } from '../values/sized-int.ts';
import { goTypeName } from '../values/type-name.ts';
import type { Value } from '../values/value.ts';
import type { Builtin } from './builtin.ts';
import { argumentName, wrongCount } from './counts.ts';
import { itemsOf } from './lists.ts';

const MAX_DEPTH = 1000;

function oneNumber(name: string, result: (type: Type) => Type, text = false): (args: readonly Type[]) => Type | string {
  return (args) => {
    const [value = UNKNOWN] = args;
    const fits = isNumeric(value) || isUnknown(value) || (text && value.kind === 'string');
    return wrongCount(args, 1) ?? (fits ? result(value) : `invalid argument for ${name} (type ${argumentName(value)})`);
  };
}

function rounding(name: string, round: (value: number) => number): Builtin {
  return {
    name,
    check: oneNumber(name, () => FLOAT),
    call: ([value]) => {
      const number = floatOf(value);
      if (number === undefined) throw failure(`invalid argument for ${name} (type ${goTypeName(value)})`);
      return typeof value === 'number' ? round(number) : number;
    },
  };
}

function roundHalfAway(value: number): number {
  const whole = Math.trunc(value);
  return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole;
}

/** Numbers or lists of them, nested in any way. The first list or unknown ends the check. */
function aggregate(name: string): (args: readonly Type[]) => Type | string {
  return (args) => {
    const [first] = args;
    if (first === undefined) return `not enough arguments to call ${name}`;
    for (const arg of args) {
      if (isUnknown(arg) || arg.kind === 'list') return ANY;
      if (!isNumeric(arg)) return `invalid argument for ${name} (type ${argumentName(arg)})`;
    }
    return first;
  };
}

/** The integer that a number-like value is underneath. */
function underlying(value: Value): bigint | number | undefined {
  if (value instanceof Duration) return value.nanoseconds;
  if (value instanceof NamedInt) return value.value;
  return typeof value === 'number' ? value : integerOf(value);
}

function extreme(
  name: string,
  replaces: (current: Value, other: Value) => boolean,
  args: readonly Value[],
  run: Run,
  depth = 0,
): Value {
  run.step(args.length);
  if (depth > MAX_DEPTH) throw failure('recursion depth exceeded');
  const invalid = (value: Value): Error => failure(`invalid argument for ${name} (type ${goTypeName(value)})`);
  let best: Value = null;
  const offer = (value: Value): void => {
    if (best === null || replaces(best, value)) best = value;
  };
  for (const arg of args) {
    const list = itemsOf(arg);
    if (list !== undefined) {
      for (const item of list) {
        const inner = extreme(name, replaces, [item], run, depth + 1);
        if (floatOf(inner) === undefined) throw invalid(inner);
        offer(inner);
      }
    } else if (underlying(arg) !== undefined) {
      offer(arg);
    } else if (args.length === 1) {
      return arg;
    } else {
      throw invalid(arg);
    }
  }
  return best;
}

function allNumbers(name: string, args: readonly Value[], run: Run, out: number[] = [], depth = 0): number[] {
  run.step(args.length);
  if (depth > MAX_DEPTH) throw failure('recursion depth exceeded');
  for (const arg of args) {
    const list = itemsOf(arg);
    const number = underlying(arg);
    if (list !== undefined) allNumbers(name, list, run, out, depth + 1);
    else if (number !== undefined) out.push(Number(number));
    else throw failure(`invalid argument for ${name} (type ${goTypeName(arg)})`);
  }
  return out;
}

/** Sums of nested lists are taken list by list, which shows in the last bits. */
function total(name: string, args: readonly Value[], run: Run, depth = 0): { sum: number; count: number } {
  if (depth > MAX_DEPTH) throw failure('recursion depth exceeded');
  run.step(args.length);
  let sum = 0;
  let count = 0;
  for (const arg of args) {
    const list = itemsOf(arg);
    const inner =
      list === undefined ? { sum: allNumbers(name, [arg], run)[0] ?? 0, count: 1 } : total(name, list, run, depth + 1);
    sum += inner.sum;
    count += inner.count;
  }
  return { sum, count };
}

function median(args: readonly Value[], run: Run): number {
  const numbers = allNumbers('median', args, run).sort((a, b) => (Number.isNaN(a) ? -1 : Number.isNaN(b) ? 1 : a - b));
  const middle = Math.floor(numbers.length / 2);
  if (numbers.length === 0) return 0;
  return numbers.length % 2 === 1 ? (numbers[middle] ?? 0) : ((numbers[middle - 1] ?? 0) + (numbers[middle] ?? 0)) / 2;
}

function toInteger(value: Value): bigint {
  if (typeof value === 'string') {
    const parsed = parseGoInt(value);
    if (parsed === undefined) throw failure(`invalid operation: int(${value})`);
    return parsed;
  }
  const number = underlying(value);
  if (number === undefined) throw failure(`invalid operation: int(${goTypeName(value)})`);
  return typeof number === 'number' ? truncateToInt(number) : number;
}

function toFloatingPoint(value: Value): number {
  const number = typeof value === 'string' ? parseGoFloat(value) : floatOf(value);
  if (number === undefined) throw failure(`invalid operation: float(${typeof value === 'string' ? value : goTypeName(value)})`);
  return number;
}

function bits(name: string, operate: (...args: bigint[]) => bigint, count = 2): Builtin {
  const signature: CheckedSignature = { params: Array.from({ length: count }, () => INT), result: INT };
  return {
    name,
    signatures: [signature],
    call: (args) => {
      const integers = args.map((arg) => {
        const integer = integerOf(arg);
        if (integer === undefined) throw failure(`cannot use ${goTypeName(arg)} as argument (type int) to call ${name}`);
        return integer;
      });
      return wrap64(operate(...integers));
    },
  };
}

/** A shift count, which must not be negative; beyond 64 every shift does the same. */
function shiftCount(count: bigint): bigint {
  if (count < 0n) throw failure(`invalid operation: negative shift count ${count} (type int)`);
  return count > 64n ? 64n : count;
}

/** Functions on numbers. */
export const NUMBER_BUILTINS: readonly Builtin[] = [
  {
    name: 'abs',
    check: oneNumber('abs', bare),
    call: ([value]) => {
      const number = floatOf(value);
      if (number === undefined) throw failure(`invalid argument for abs (type ${goTypeName(value)})`);
      return number < 0 ? negate(value) : value;
    },
  },
  rounding('ceil', Math.ceil),
  rounding('floor', Math.floor),
  rounding('round', roundHalfAway),
  { name: 'int', check: oneNumber('int', () => INT, true), call: ([value]) => toInteger(value) },
  { name: 'float', check: oneNumber('float', () => FLOAT, true), call: ([value]) => toFloatingPoint(value) },
  {
    name: 'max',
    check: aggregate('max'),
    call: (args, run) => extreme('max', (best, other) => ordered('<', best, other), args, run),
  },
  {
    name: 'min',
    check: aggregate('min'),
    call: (args, run) => extreme('min', (best, other) => ordered('>', best, other), args, run),
  },
  {
    name: 'mean',
    check: aggregate('mean'),
    call: (args, run) => {
      const { sum, count } = total('mean', args, run);
      return count === 0 ? 0 : sum / count;
    },
  },
  { name: 'median', check: aggregate('median'), call: median },
  bits('bitand', (x = 0n, y = 0n) => x & y),
  bits('bitor', (x = 0n, y = 0n) => x | y),
  bits('bitxor', (x = 0n, y = 0n) => x ^ y),
  bits('bitnand', (x = 0n, y = 0n) => x & ~y),
  bits('bitshl', (x = 0n, y = 0n) => x << shiftCount(y)),
  bits('bitshr', (x = 0n, y = 0n) => x >> shiftCount(y)),
  bits('bitushr', (x = 0n, y = 0n) => BigInt.asUintN(64, x) >> shiftCount(y)),
  bits('bitnot', (x = 0n) => ~x, 1),
];
