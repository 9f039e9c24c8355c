import type { BuiltinNode } from '../ast/node.ts';
import { add } from '../values/arithmetic.ts';
import { checkHashable } from '../values/access.ts';
import { AnyMap } from '../values/any-map.ts';
import { asBool, asString, failure } from '../values/failure.ts';
import { itemsOf } from '../builtins/lists.ts';
import { sortByKeys } from '../values/order.ts';
import { goTypeName, kindOf } from '../values/type-name.ts';
import type { StringMap, Value } from '../values/value.ts';
import type { Evaluate } from './evaluate.ts';
import type { Run, Scope } from './run.ts';

/** The compiled parts of a call with a predicate. */
export interface PredicateCall {
  readonly list: Evaluate;
  /** Absent if the elements themselves are what the predicate would say. */
  readonly predicate?: Evaluate | undefined;
  /** Order of `sortBy`, start of `reduce`. */
  readonly last?: Evaluate | undefined;
  readonly then?: Evaluate | undefined;
  readonly mustFind: boolean;
}

/** Compiles a call with a predicate from its compiled parts. */
export function compilePredicateCall(node: BuiltinNode, call: PredicateCall): Evaluate {
  const loop = LOOPS[node.name];
  if (loop === undefined) throw new Error(`no loop for ${node.name}`);
  return (run) => {
    const scope = open(call.list(run), run);
    run.scope = scope;
    const result = loop(scope, call, run);
    run.scope = scope.outer;
    return result;
  };
}

function open(collection: Value, run: Run): Scope {
  const items = typeof collection === 'string' ? Array.from(collection) : itemsOf(collection);
  return { items, length: items?.length ?? sizeOf(collection), index: 0, accumulated: null, outer: run.scope };
}

/** Maps can be counted, but have no elements. */
function sizeOf(collection: Value): number {
  if (collection instanceof AnyMap) return collection.size;
  if (kindOf(collection) === 'map') return Object.keys(collection as StringMap).length;
  const name = kindOf(collection) === 'nil' ? 'zero' : goTypeName(collection);
  throw failure(`reflect: call of reflect.Value.Len on ${name} Value`);
}

/** The element that a predicate is at. */
export function currentElement(scope: Scope): Value {
  if (scope.items === undefined) throw failure('reflect: call of reflect.Value.Index on map Value');
  if (scope.index >= scope.length) throw failure('reflect: slice index out of range');
  return scope.items[scope.index] ?? null;
}

type Loop = (scope: Scope, call: PredicateCall, run: Run) => Value;

function evaluated(scope: Scope, call: PredicateCall, run: Run): Value {
  run.step();
  return call.predicate === undefined ? currentElement(scope) : call.predicate(run);
}

function holds(scope: Scope, call: PredicateCall, run: Run): boolean {
  return asBool(evaluated(scope, call, run));
}

function selected(scope: Scope, call: PredicateCall, run: Run): Value {
  return call.then === undefined ? currentElement(scope) : call.then(run);
}

function countHolding(scope: Scope, call: PredicateCall, run: Run): number {
  let count = 0;
  for (; scope.index < scope.length; scope.index++) if (holds(scope, call, run)) count++;
  return count;
}

/** Moves to the first element for which the predicate is `wanted`; false if there is none. */
function seek(scope: Scope, call: PredicateCall, run: Run, wanted = true): boolean {
  for (; scope.index < scope.length; scope.index++) if (holds(scope, call, run) === wanted) return true;
  return false;
}

function seekBackwards(scope: Scope, call: PredicateCall, run: Run): boolean {
  for (scope.index = scope.length - 1; scope.index >= 0; scope.index--) if (holds(scope, call, run)) return true;
  return false;
}

function found(scope: Scope, call: PredicateCall, run: Run, hit: boolean): Value {
  if (hit) return selected(scope, call, run);
  if (call.mustFind) throw failure('reflect: slice index out of range');
  return null;
}

const LOOPS: Readonly<Record<string, Loop>> = {
  all: (scope, call, run) => !seek(scope, call, run, false),
  any: (scope, call, run) => seek(scope, call, run),
  none: (scope, call, run) => !seek(scope, call, run),
  one: (scope, call, run) => countHolding(scope, call, run) === 1,
  count: (scope, call, run) => BigInt(countHolding(scope, call, run)),
  find: (scope, call, run) => found(scope, call, run, seek(scope, call, run)),
  findLast: (scope, call, run) => found(scope, call, run, seekBackwards(scope, call, run)),
  findIndex: (scope, call, run) => (seek(scope, call, run) ? BigInt(scope.index) : null),
  findLastIndex: (scope, call, run) => (seekBackwards(scope, call, run) ? BigInt(scope.index) : null),
  filter: (scope, call, run) => {
    const out: Value[] = [];
    for (; scope.index < scope.length; scope.index++) if (holds(scope, call, run)) out.push(selected(scope, call, run));
    run.grow(out.length);
    return out;
  },
  map: (scope, call, run) => {
    run.grow(scope.length);
    const out: Value[] = [];
    for (; scope.index < scope.length; scope.index++) out.push(evaluated(scope, call, run));
    return out;
  },
  sum: (scope, call, run) => {
    let sum: Value = 0n;
    for (; scope.index < scope.length; scope.index++) {
      sum = add(evaluated(scope, call, run), sum);
      if (typeof sum === 'string') run.checkLength(sum.length);
    }
    return sum;
  },
  groupBy: (scope, call, run) => {
    const groups = new AnyMap(true);
    run.grow(scope.length);
    for (; scope.index < scope.length; scope.index++) {
      const key = evaluated(scope, call, run);
      const item = currentElement(scope);
      checkHashable(key);
      const group = groups.get(key);
      if (Array.isArray(group)) (group as Value[]).push(item);
      else groups.set(key, [item]);
    }
    return groups;
  },
  sortBy: (scope, call, run) => {
    const order = call.last === undefined ? 'asc' : asString(call.last(run));
    if (order !== 'asc' && order !== 'desc') throw failure('unknown order, use asc or desc');
    const keys: Value[] = [];
    const items: Value[] = [];
    run.grow(scope.length);
    for (; scope.index < scope.length; scope.index++) {
      keys.push(evaluated(scope, call, run));
      items.push(currentElement(scope));
    }
    return sortByKeys(items, keys, order === 'desc');
  },
  reduce: (scope, call, run) => {
    if (call.last === undefined) {
      scope.accumulated = currentElement(scope);
      scope.index++;
    } else {
      scope.accumulated = call.last(run);
    }
    for (; scope.index < scope.length; scope.index++) scope.accumulated = evaluated(scope, call, run);
    return scope.accumulated;
  },
};
