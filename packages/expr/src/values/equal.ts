import type { Struct } from '../host/struct.ts';
import type { Duration } from '../time/duration.ts';
import { Time } from '../time/time.ts';
import type { Zone } from '../time/zone.ts';
import type { AnyMap } from './any-map.ts';
import { IntList, isNil, isNilList, StringList } from './lists.ts';
import { floatOf, integerOf } from './numbers.ts';
import type { NamedInt, SizedInt } from './sized-int.ts';
import { goTypeName, kindOf } from './type-name.ts';
import type { StringMap, Value } from './value.ts';

/**
 * `a == b`: numbers by value whatever their type; lists element by element with this same equality; maps strictly; values of
 * different kinds are unequal. A nil list equals nil.
 */
export function equal(a: Value, b: Value): boolean {
  if (typeof a === 'string' || typeof a === 'boolean') return a === b;
  if (typeof a === 'bigint' && typeof b === 'bigint') return a === b;
  if (isNil(a) && isNil(b)) return true;
  const [left, right] = [floatOf(a), floatOf(b)];
  if (left !== undefined && right !== undefined) {
    const [x, y] = [integerOf(a), integerOf(b)];
    return x !== undefined && y !== undefined ? x === y : left === right;
  }
  if (a instanceof Time && b instanceof Time) return a.compare(b) === 0;
  if (isGeneralList(a) && isGeneralList(b)) return sameItems(a, b, equal);
  if (isGeneralList(a) && b instanceof Uint8Array) return sameItems(a, bytesAsInts(b), equal);
  if (isGeneralList(b) && a instanceof Uint8Array) return sameItems(b, bytesAsInts(a), equal);
  return identical(a, b);
}

/** Lists that are compared numerically; pairs are not among them. */
function isGeneralList(value: Value): value is readonly Value[] {
  return Array.isArray(value) && ['[]interface {}', '[]int', '[]string'].includes(goTypeName(value));
}

function bytesAsInts(bytes: Uint8Array): Value[] {
  return Array.from(bytes, (byte) => BigInt(byte));
}

/** Equality of values and their types, at every depth. */
function identical(a: Value, b: Value): boolean {
  const kind = kindOf(a);
  if (kind !== kindOf(b)) return false;
  switch (kind) {
    case 'nil':
      return true;
    case 'list':
      return identicalLists(a as readonly Value[], b as readonly Value[]);
    case 'map':
      return identicalMaps(a as StringMap, b as StringMap);
    case 'anyMap':
      return identicalAnyMaps(a as AnyMap, b as AnyMap);
    case 'bytes':
      return Buffer.compare(a as Uint8Array, b as Uint8Array) === 0;
    case 'duration':
      return (a as Duration).nanoseconds === (b as Duration).nanoseconds;
    case 'time':
      return (a as Time).compare(b as Time) === 0 && (a as Time).zone.name === (b as Time).zone.name;
    case 'zone':
      return (a as Zone).name === (b as Zone).name;
    case 'sizedInt':
    case 'namedInt':
      return sameSized(a as SizedInt | NamedInt, b as SizedInt | NamedInt);
    case 'struct':
      return identicalStructs(a as Struct, b as Struct);
    default:
      return a === b;
  }
}

function identicalLists(a: readonly Value[], b: readonly Value[]): boolean {
  if (isNilList(a) !== isNilList(b) || goTypeName(a) !== goTypeName(b)) return false;
  return sameItems(a, b, a instanceof IntList || a instanceof StringList ? equal : identical);
}

function sameItems(a: readonly Value[], b: readonly Value[], same: (x: Value, y: Value) => boolean): boolean {
  return a.length === b.length && a.every((item, index) => same(item, b[index]));
}

function identicalMaps(a: StringMap, b: StringMap): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && identical(a[key], b[key]));
}

function identicalAnyMaps(a: AnyMap, b: AnyMap): boolean {
  if (a.size !== b.size || a.grouped !== b.grouped) return false;
  for (const [key, value] of a.entries()) if (!b.has(key) || !identical(value, b.get(key))) return false;
  return true;
}

function identicalStructs(a: Struct, b: Struct): boolean {
  return a.type === b.type && a.text === b.text && a.type.fields.every(({ json }) => identical(a.get(json), b.get(json)));
}

function sameSized(a: SizedInt | NamedInt, b: SizedInt | NamedInt): boolean {
  return a.type === b.type && a.value === b.value;
}
