import { ANY_MAP, isUnknown, LIST, UNKNOWN, type Type } from '../checker/type.ts';
import { checkHashable } from '../values/access.ts';
import { AnyMap } from '../values/any-map.ts';
import { failure } from '../values/failure.ts';
import { goFormat } from '../values/go-format.ts';
import { filled, Pair, PairList } from '../values/lists.ts';
import { sortedEntries } from '../values/encode-json.ts';
import { kindOf } from '../values/type-name.ts';
import type { StringMap, Value } from '../values/value.ts';
import type { Builtin } from './builtin.ts';
import { argumentName, wrongCount } from './counts.ts';
import { itemsOf } from './lists.ts';

/** The entries of a map: with string keys sorted by key, else in the order in which they were put in. */
function entriesOf(value: Value, problem: (kind: string) => string): (readonly [key: Value, value: Value])[] {
  if (value instanceof AnyMap) return Array.from(value.entries());
  if (kindOf(value) !== 'map') throw failure(problem(kindOf(value) === 'nil' ? 'invalid' : kindOf(value)));
  return sortedEntries(value as StringMap);
}

function mapOnly(problem: (type: string) => string): (args: readonly Type[]) => Type | string {
  return (args) => {
    const [map = UNKNOWN] = args;
    return wrongCount(args, 1) ?? (map.kind === 'map' || isUnknown(map) ? LIST : problem(argumentName(map)));
  };
}

const keysOf = (type: string): string => `cannot get keys from ${type}`;
const valuesOf = (type: string): string => `cannot get values from ${type}`;
const pairsOf = (type: string): string => `cannot transform ${type} to pairs`;

/** Functions on maps. The order of entries is that of {@link entriesOf}. */
export const MAP_BUILTINS: readonly Builtin[] = [
  { name: 'keys', check: mapOnly(keysOf), call: ([map]) => entriesOf(map, keysOf).map(([key]) => key) },
  { name: 'values', check: mapOnly(valuesOf), call: ([map]) => entriesOf(map, valuesOf).map(([, value]) => value) },
  {
    name: 'toPairs',
    check: mapOnly(pairsOf),
    call: ([map]) =>
      filled(
        new PairList(),
        entriesOf(map, pairsOf).map((entry) => filled(new Pair(), entry)),
      ),
  },
  {
    name: 'fromPairs',
    check: (args) => {
      const [list = UNKNOWN] = args;
      const fits = list.kind === 'list' || isUnknown(list);
      return wrongCount(args, 1) ?? (fits ? ANY_MAP : `cannot transform ${argumentName(list)} from pairs`);
    },
    call: ([list]) => {
      const pairs = itemsOf(list);
      if (pairs === undefined) throw failure(`cannot transform ${goFormat(list)} from pairs`);
      const out = new AnyMap();
      for (const item of pairs) {
        const pair = itemsOf(item);
        if (pair === undefined) throw failure(`invalid pair ${goFormat(item)}`);
        if (pair.length !== 2) throw failure(`invalid pair length ${goFormat(item)}`);
        checkHashable(pair[0]);
        out.set(pair[0], pair[1]);
      }
      return out;
    },
  },
];
