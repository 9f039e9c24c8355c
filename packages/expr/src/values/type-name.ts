import { HostFunction } from '../host/function.ts';
import { Struct } from '../host/struct.ts';
import { Duration } from '../time/duration.ts';
import { Time } from '../time/time.ts';
import { Zone } from '../time/zone.ts';
import { AnyMap } from './any-map.ts';
import { IntList, Pair, PairList, StringList } from './lists.ts';
import { NamedInt, SizedInt } from './sized-int.ts';
import type { StringMap, Value } from './value.ts';

/** What a value is, in one word. */
export type Kind =
  | 'nil'
  | 'bool'
  | 'int'
  | 'float'
  | 'string'
  | 'bytes'
  | 'list'
  | 'map'
  | 'anyMap'
  | 'duration'
  | 'time'
  | 'zone'
  | 'sizedInt'
  | 'namedInt'
  | 'struct'
  | 'func';

/** Of which kind a value is. Whatever a host passes in that is none of these counts as a map of its own properties. */
export function kindOf(value: Value): Kind {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'float';
    case 'string':
      return 'string';
    case 'object':
      return objectKind(value);
    default:
      return 'nil';
  }
}

function objectKind(value: object | null): Kind {
  if (value === null) return 'nil';
  if (Array.isArray(value)) return 'list';
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return 'map';
  for (const [type, kind] of KINDS) if (value instanceof type) return kind;
  return 'map';
}

type Class = abstract new (...args: never[]) => object;
const KINDS: readonly (readonly [type: Class, kind: Kind])[] = [
  [Struct, 'struct'],
  [AnyMap, 'anyMap'],
  [Duration, 'duration'],
  [Time, 'time'],
  [Zone, 'zone'],
  [SizedInt, 'sizedInt'],
  [NamedInt, 'namedInt'],
  [Uint8Array, 'bytes'],
  [HostFunction, 'func'],
];

/** Whether a value is a map with string keys. */
export function isStringMap(value: Value): value is StringMap {
  return kindOf(value) === 'map';
}

/** The name Go has for the type of a value: `int`, `float64`, `<nil>`, `[]interface {}`. */
export function goTypeName(value: Value): string {
  switch (kindOf(value)) {
    case 'nil':
      return '<nil>';
    case 'bool':
      return 'bool';
    case 'int':
      return 'int';
    case 'float':
      return 'float64';
    case 'string':
      return 'string';
    case 'bytes':
      return '[]uint8';
    case 'list':
      return listTypeName(value);
    case 'map':
      return 'map[string]interface {}';
    case 'anyMap':
      return (value as AnyMap).grouped ? 'map[interface {}][]interface {}' : 'map[interface {}]interface {}';
    case 'duration':
      return 'time.Duration';
    case 'time':
      return 'time.Time';
    case 'zone':
      return '*time.Location';
    case 'sizedInt':
    case 'namedInt':
      return (value as SizedInt | NamedInt).type;
    case 'struct':
      return (value as Struct).type.name;
    case 'func':
      return 'func';
  }
}

function listTypeName(value: Value): string {
  if (value instanceof IntList) return '[]int';
  if (value instanceof StringList) return '[]string';
  if (value instanceof Pair) return '[2]interface {}';
  return value instanceof PairList ? '[][2]interface {}' : '[]interface {}';
}

/** What the function `type` says of a value. */
export function typeWord(value: Value): string {
  switch (kindOf(value)) {
    case 'list':
    case 'bytes':
      return 'array';
    case 'anyMap':
      return 'map';
    case 'sizedInt':
      return (value as SizedInt).type === 'uint8' ? 'uint' : 'int';
    case 'zone':
      return 'time.Location';
    case 'duration':
    case 'time':
    case 'namedInt':
    case 'struct':
      return goTypeName(value);
    default:
      return kindOf(value);
  }
}
