import type { Struct } from '../host/struct.ts';
import type { Duration } from '../time/duration.ts';
import { Time } from '../time/time.ts';
import type { Zone } from '../time/zone.ts';
import type { AnyMap } from './any-map.ts';
import { Effort } from './effort.ts';
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
  return same(a, b, undefined);
}

/** The effort begins with the first list or map: most comparisons are of neither. */
function same(a: Value, b: Value, effort: Effort | undefined): boolean {
  effort?.spend();
  if (typeof a === 'string' || typeof a === 'boolean') return a === b;
  if (typeof a === 'bigint' && typeof b === 'bigint') return a === b;
  if (isNil(a) && isNil(b)) return true;
  const [left, right] = [floatOf(a), floatOf(b)];
  if (left !== undefined && right !== undefined) {
    const [x, y] = [integerOf(a), integerOf(b)];
    return x !== undefined && y !== undefined ? x === y : left === right;
  }
  if (a instanceof Time && b instanceof Time) return a.compare(b) === 0;
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  const walk = effort ?? new Effort();
  if (isGeneralList(a) && isGeneralList(b)) return sameItems(a, b, same, walk);
  if (isGeneralList(a) && b instanceof Uint8Array) return sameItems(a, bytesAsInts(b), same, walk);
  if (isGeneralList(b) && a instanceof Uint8Array) return sameItems(b, bytesAsInts(a), same, walk);
  return identical(a, b, walk);
}

/** Lists that are compared numerically; pairs are not among them. */
function isGeneralList(value: Value): value is readonly Value[] {
  return Array.isArray(value) && ['[]interface {}', '[]int', '[]string'].includes(goTypeName(value));
}

function bytesAsInts(bytes: Uint8Array): Value[] {
  return Array.from(bytes, (byte) => BigInt(byte));
}

/** Equality of values and their types, at every depth. */
function identical(a: Value, b: Value, effort: Effort): boolean {
  effort.spend();
  const kind = kindOf(a);
  if (kind !== kindOf(b)) return false;
  switch (kind) {
    case 'nil':
      return true;
    case 'list':
      return identicalLists(a as readonly Value[], b as readonly Value[], effort);
    case 'map':
      return identicalMaps(a as StringMap, b as StringMap, effort);
    case 'anyMap':
      return identicalAnyMaps(a as AnyMap, b as AnyMap, effort);
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
      return identicalStructs(a as Struct, b as Struct, effort);
    default:
      return a === b;
  }
}

function identicalLists(a: readonly Value[], b: readonly Value[], effort: Effort): boolean {
  if (isNilList(a) !== isNilList(b) || goTypeName(a) !== goTypeName(b)) return false;
  return sameItems(a, b, a instanceof IntList || a instanceof StringList ? same : identical, effort);
}

type Comparison = (x: Value, y: Value, effort: Effort) => boolean;

function sameItems(a: readonly Value[], b: readonly Value[], compare: Comparison, effort: Effort): boolean {
  return a.length === b.length && a.every((item, index) => compare(item, b[index], effort));
}

function identicalMaps(a: StringMap, b: StringMap, effort: Effort): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && identical(a[key], b[key], effort));
}

function identicalAnyMaps(a: AnyMap, b: AnyMap, effort: Effort): boolean {
  if (a.size !== b.size || a.grouped !== b.grouped) return false;
  for (const [key, value] of a.entries()) if (!b.has(key) || !identical(value, b.get(key), effort)) return false;
  return true;
}

function identicalStructs(a: Struct, b: Struct, effort: Effort): boolean {
  return a.type === b.type && a.text === b.text && a.type.fields.every(({ json }) => identical(a.get(json), b.get(json), effort));
}

function sameSized(a: SizedInt | NamedInt, b: SizedInt | NamedInt): boolean {
  return a.type === b.type && a.value === b.value;
}
