import {
  ANY,
  bare,
  elementOf,
  FLOATS,
  INT,
  INTS,
  isNumber,
  isUnknown,
  LIST,
  STRING,
  STRINGS,
  UNKNOWN,
  type CheckedSignature,
  type Type,
} from '../checker/type.ts';
import { fetch, get, lengthOf } from '../values/access.ts';
import { equal } from '../values/equal.ts';
import { ExprError } from '../error.ts';
import { asString, failure } from '../values/failure.ts';
import { listLike, NIL_LIST, Pair } from '../values/lists.ts';
import { integerOf } from '../values/numbers.ts';
import { sortByKeys } from '../values/order.ts';
import { goTypeName, kindOf } from '../values/type-name.ts';
import type { Value } from '../values/value.ts';
import type { Run } from '../compiler/run.ts';
import type { Builtin } from './builtin.ts';
import { argumentName, wrongCount } from './counts.ts';
import { Duration } from '../time/duration.ts';
import { NamedInt, SizedInt } from '../values/sized-int.ts';

const way = (...params: Type[]): CheckedSignature => ({ params, result: LIST });

/** Deeper lists are refused: they would exhaust the stack. */
const MAX_DEPTH = 1000;

/** The elements of a list or of bytes; undefined for anything else. */
export function itemsOf(value: Value): readonly Value[] | undefined {
  if (Array.isArray(value)) return value as readonly Value[];
  return value instanceof Uint8Array ? Array.from(value, (byte) => new SizedInt('uint8', BigInt(byte))) : undefined;
}

/** What Go calls a value's kind in messages about lists. */
function kindName(value: Value): string {
  const kind = kindOf(value);
  if (kind === 'nil') return 'invalid';
  return kind === 'anyMap' ? 'map' : kind === 'float' ? 'float64' : kind;
}

function items(value: Value, verb: string): readonly Value[] {
  const list = itemsOf(value);
  if (list === undefined) throw failure(`cannot ${verb} ${kindName(value)}`);
  return list;
}

function listOnly(verb: string, result: (list: Type) => Type = () => LIST): (args: readonly Type[]) => Type | string {
  return (args) => {
    const [list = UNKNOWN] = args;
    const wrong = wrongCount(args, 1);
    if (wrong !== undefined) return wrong;
    return list.kind === 'list' || isUnknown(list) ? result(list) : `cannot ${verb} ${argumentName(list)}`;
  };
}

function flattened(list: readonly Value[], out: Value[], depth: number, run: Run): Value[] {
  if (depth > MAX_DEPTH) throw failure('recursion depth exceeded');
  for (const item of list) {
    run.step();
    const inner = itemsOf(item);
    if (inner !== undefined) {
      flattened(inner, out, depth + 1, run);
      continue;
    }
    run.grow(1);
    out.push(item);
  }
  return out;
}

/** The elements without those equal to an earlier one; strings and ints alone need no comparison with every other. */
function unique(list: readonly Value[], run: Run): Value[] {
  if (list.every((item) => typeof item === 'string') || list.every((item) => typeof item === 'bigint')) {
    return Array.from(new Set<Value>(list));
  }
  const out: Value[] = [];
  for (const item of list) {
    run.step(out.length);
    if (!out.some((seen) => equal(item, seen))) out.push(item);
  }
  return out;
}

function sorted(args: readonly Value[], run: Run): readonly Value[] {
  const [list, order] = args;
  const sortable = ['[]interface {}', '[]int', '[]string'].includes(goTypeName(list)) ? (list as readonly Value[]) : [];
  if (args.length > 1 && order !== 'asc' && order !== 'desc') {
    throw failure(`invalid order ${asString(order)}, expected asc or desc`);
  }
  run.grow(sortable.length);
  // What cannot be sorted yields a nil list, as does nil.
  if (sortable !== list) return NIL_LIST;
  return sortByKeys([...sortable], sortable, order === 'desc');
}

/** An end of a list, nil where there is none. */
function end(list: Value, index: bigint): Value {
  try {
    return fetch(list, index);
  } catch (error) {
    if (error instanceof ExprError) return null;
    throw error;
  }
}

/** Functions on lists that take no predicate. */
export const LIST_BUILTINS: readonly Builtin[] = [
  {
    name: 'len',
    check: (args) => {
      const [value = UNKNOWN] = args;
      const wrong = wrongCount(args, 1);
      if (wrong !== undefined) return wrong;
      const counted = isUnknown(value) || ['list', 'map', 'string'].includes(value.kind);
      return counted ? INT : `invalid argument for len (type ${argumentName(value)})`;
    },
    call: ([value]) => BigInt(lengthOf(value)),
  },
  { name: 'first', check: listOnly('get first element from', edge), call: ([list]) => end(list, 0n) },
  { name: 'last', check: listOnly('get last element from', edge), call: ([list]) => end(list, -1n) },
  { name: 'get', call: ([from, key]) => get(from, key) },
  {
    name: 'take',
    check: (args) => {
      const [list = UNKNOWN, count = UNKNOWN] = args;
      const wrong = wrongCount(args, 2);
      if (wrong !== undefined) return wrong;
      if (list.kind !== 'list' && !isUnknown(list)) return `cannot take from ${argumentName(list)}`;
      const integral = isUnknown(count) || ['int', 'int64', 'duration', 'month', 'weekday'].includes(count.kind);
      return integral ? bare(list) : `cannot take ${argumentName(count)} elements`;
    },
    call: ([list, count]) => {
      const source = items(list, 'take from');
      const wanted = count instanceof Duration ? count.nanoseconds : count instanceof NamedInt ? count.value : integerOf(count);
      if (wanted === undefined || (count instanceof SizedInt && count.type === 'uint8')) {
        throw failure(`cannot take ${kindName(count)} elements`);
      }
      if (wanted < 0n) throw failure('reflect.Value.Slice: slice index out of bounds');
      const limit = wanted > BigInt(source.length) ? source.length : Number(wanted);
      if (list instanceof Uint8Array) return list.slice(0, limit);
      return list instanceof Pair ? source.slice(0, limit) : list === NIL_LIST ? list : listLike(source, source.slice(0, limit));
    },
  },
  {
    name: 'reverse',
    check: listOnly('reverse'),
    call: ([list], run) => {
      const source = items(list, 'reverse');
      run.grow(source.length);
      return source.toReversed();
    },
  },
  { name: 'uniq', check: listOnly('uniq'), call: ([list], run) => unique(items(list, 'uniq'), run) },
  {
    name: 'concat',
    check: (args) => {
      if (args.length === 0) return 'invalid number of arguments (expected at least 1, got 0)';
      const other = args.find((arg) => arg.kind !== 'list' && !isUnknown(arg));
      return other === undefined ? LIST : `cannot concat ${argumentName(other)}`;
    },
    call: (args, run) => {
      const lists = args.map((arg) => items(arg, 'concat'));
      run.grow(lists.reduce((sum, list) => sum + list.length, 0));
      const out = lists.flat();
      // Nothing was ever appended to the list: it is still nil.
      return out.length === 0 ? NIL_LIST : out;
    },
  },
  {
    name: 'flatten',
    check: listOnly('flatten'),
    call: ([list], run) => flattened(items(list, 'flatten'), [], 0, run),
  },
  {
    name: 'sort',
    signatures: [
      way(LIST, STRING),
      way(INTS, STRING),
      way(FLOATS, STRING),
      way(STRINGS, STRING),
      way(LIST),
      way(FLOATS),
      way(STRINGS),
      way(INTS),
    ],
    call: sorted,
  },
];

/** What is known of the first or last element: only what the list's own type says. */
function edge(list: Type): Type {
  const element = elementOf(bare(list));
  return isNumber(element) || element.kind === 'string' ? element : ANY;
}
