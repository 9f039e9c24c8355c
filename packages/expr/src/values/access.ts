import { Struct } from '../host/struct.ts';
import { boundMethod } from '../host/bound-method.ts';
import type { AnyMap } from './any-map.ts';
import { isHashable } from './any-map.ts';
import { equal } from './equal.ts';
import { failure } from './failure.ts';
import { goFormat } from './go-format.ts';
import { isNilList, listLike, NIL_LIST, Pair } from './lists.ts';
import { toInt } from './numbers.ts';
import { SizedInt } from './sized-int.ts';
import { textLength } from './text.ts';
import { goTypeName, kindOf } from './type-name.ts';
import type { StringMap, Value } from './value.ts';

/**
 * `from[key]` or `from.key`. A key that a map lacks is nil.
 *
 * @throws ExprError for a member of nil, an index out of range, and what has no members
 */
export function fetch(from: Value, key: Value): Value {
  const found = lookUp(from, key);
  if (found !== undefined) return found;
  if (Array.isArray(from) || typeof from === 'string' || from instanceof Uint8Array) {
    const length = lengthOf(from);
    const index = toInt(key);
    const counted = index < 0n ? BigInt(length) + index : index;
    throw failure(`index out of range: ${counted} (array length is ${length})`);
  }
  throw failure(`cannot fetch ${goFormat(key)} from ${goTypeName(from)}`);
}

/** Like {@link fetch}, but nil for what is not there, and of nil. */
export function get(from: Value, key: Value): Value {
  return from === null || from === undefined ? null : (lookUp(from, key) ?? null);
}

/** The member, or undefined if there is no such member. Missing keys of maps are nil. */
function lookUp(from: Value, key: Value): Value {
  if (Array.isArray(from)) return (from as readonly Value[])[position(from.length, key)] ?? nilIfInside(from.length, key);
  switch (kindOf(from)) {
    case 'map':
      return entry(from as StringMap, key) ?? null;
    case 'anyMap':
      return anyEntry(from as AnyMap, key);
    case 'string':
      return Array.from(from as string)[position(textLength(from as string), key)];
    case 'bytes': {
      const byte = (from as Uint8Array)[position((from as Uint8Array).length, key)];
      return byte === undefined ? undefined : new SizedInt('uint8', BigInt(byte));
    }
    case 'struct':
      return structMember(from as Struct, key);
    default:
      return typeof key === 'string' ? boundMethod(from, key) : undefined;
  }
}

function nilIfInside(length: number, key: Value): null | undefined {
  const index = position(length, key);
  return index >= 0 && index < length ? null : undefined;
}

function position(length: number, key: Value): number {
  const index = toInt(key);
  return Number(index < 0n ? BigInt(length) + index : index);
}

/** The value of an own property; nil looks for the empty key, as the zero value of a key. */
function entry(map: StringMap, key: Value): Value {
  const name = key ?? '';
  if (typeof name !== 'string') {
    throw failure(`reflect.Value.MapIndex: value of type ${goTypeName(key)} is not assignable to type string`);
  }
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

function anyEntry(map: AnyMap, key: Value): Value {
  checkHashable(key);
  return map.get(key) ?? (map.has(key) || !map.grouped ? null : NIL_LIST);
}

/** @throws ExprError for lists and maps, which cannot be keys */
export function checkHashable(key: Value): void {
  if (!isHashable(key)) throw failure(`runtime error: hash of unhashable type ${goTypeName(key)}`);
}

function structMember(struct: Struct, key: Value): Value {
  if (typeof key !== 'string') throw failure(`cannot use ${goTypeName(key)} as field name of ${struct.type.name}`);
  const field = struct.type.field(key);
  return field === undefined ? boundMethod(struct, key) : (struct.get(field.json) ?? null);
}

/**
 * `needle in container`: elements of lists, keys of maps, fields of host objects. Nothing is in nil.
 *
 * @throws ExprError for other containers
 */
export function contains(container: Value, needle: Value): boolean {
  if (container === null || container === undefined) return false;
  if (Array.isArray(container)) return (container as readonly Value[]).some((item) => equal(item, needle));
  switch (kindOf(container)) {
    case 'bytes':
      return (container as Uint8Array).some((byte) => equal(BigInt(byte), needle));
    case 'map':
      return entry(container as StringMap, needle) !== undefined;
    case 'anyMap':
      checkHashable(needle);
      return (container as AnyMap).has(needle);
    case 'struct':
    case 'time':
      if (typeof needle !== 'string') throw failure(`cannot use ${goTypeName(needle)} as field name of ${goTypeName(container)}`);
      return container instanceof Struct && container.type.field(needle) !== undefined;
    default:
      throw failure(`operator "in" not defined on ${goTypeName(container)}`);
  }
}

/**
 * How many elements, entries or characters a value has.
 *
 * @throws ExprError for what has none
 */
export function lengthOf(value: Value): number {
  if (Array.isArray(value)) return value.length;
  switch (kindOf(value)) {
    case 'string':
      return textLength(value as string);
    case 'bytes':
      return (value as Uint8Array).length;
    case 'map':
      return Object.keys(value as StringMap).length;
    case 'anyMap':
      return (value as AnyMap).size;
    default:
      throw failure(`invalid argument for len (type ${goTypeName(value)})`);
  }
}

/**
 * `value[from:to]`; negative bounds count from the end, and bounds beyond the ends are moved to them.
 *
 * @throws ExprError for what cannot be sliced
 */
export function slice(value: Value, from: Value, to: Value): Value {
  const text = typeof value === 'string' ? Array.from(value) : undefined;
  const list = text ?? (Array.isArray(value) || value instanceof Uint8Array ? (value as readonly Value[]) : undefined);
  if (list === undefined) throw failure(`cannot slice ${goTypeName(value)}`);
  const length = BigInt(list.length);
  const [start, stop] = [toInt(from), to === undefined ? length : toInt(to)];
  const end = limited(stop < 0n ? length + stop : stop, length);
  const begin = limited(start < 0n ? length + start : start, end);
  if (text !== undefined) return text.slice(begin, end).join('');
  if (value instanceof Uint8Array) return value.slice(begin, end);
  if (isNilList(value)) return value;
  const part = list.slice(begin, end);
  return value instanceof Pair ? part : listLike(list, part);
}

function limited(bound: bigint, length: bigint | number): number {
  const most = BigInt(length);
  return Number(bound < 0n ? 0n : bound > most ? most : bound);
}
