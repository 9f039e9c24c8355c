import type { StructType } from '../host/struct.ts';
import type { Signature, TypeName } from '../host/function.ts';

/** What is known of a value before running. */
export interface Type {
  readonly kind:
    | 'unknown'
    | 'any'
    | 'nil'
    | 'bool'
    | 'int'
    | 'int64'
    | 'uint8'
    | 'float'
    | 'string'
    | 'list'
    | 'map'
    | 'func'
    | 'time'
    | 'duration'
    | 'zone'
    | 'month'
    | 'weekday'
    | 'struct';
  /** The name Go has for it, as messages show it; equal names mean equal types. */
  readonly name: string;
  /** Of lists and maps: what is known of their elements. */
  readonly element?: Type | undefined;
  /** Of functions: the ways to call it; absent if nothing is known of them. */
  readonly signatures?: readonly CheckedSignature[] | undefined;
  readonly struct?: StructType | undefined;
}

/** A signature in terms of types. */
export interface CheckedSignature {
  readonly params: readonly Type[];
  readonly variadic?: boolean | undefined;
  readonly result: Type;
  /** Number of results where it is more than the two that are allowed. */
  readonly tooManyResults?: boolean | undefined;
}

const simple = (kind: Type['kind'], name: string): Type => ({ kind, name });

/** Nothing is known, not even that the value has a place that takes anything: only {@link ANY} is a type in Go. */
export const UNKNOWN: Type = simple('unknown', 'unknown');
export const ANY: Type = simple('any', 'interface {}');
export const NIL: Type = simple('nil', 'unknown');
export const BOOL: Type = simple('bool', 'bool');
export const INT: Type = simple('int', 'int');
export const INT64: Type = simple('int64', 'int64');
export const UINT8: Type = simple('uint8', 'uint8');
export const FLOAT: Type = simple('float', 'float64');
export const STRING: Type = simple('string', 'string');
export const TIME: Type = simple('time', 'time.Time');
export const DURATION: Type = simple('duration', 'time.Duration');
export const ZONE: Type = simple('zone', '*time.Location');
export const MONTH: Type = simple('month', 'time.Month');
export const WEEKDAY: Type = simple('weekday', 'time.Weekday');
export const LIST: Type = { kind: 'list', name: '[]interface {}', element: ANY };
export const STRINGS: Type = { kind: 'list', name: '[]string', element: STRING };
export const INTS: Type = { kind: 'list', name: '[]int', element: INT };
export const FLOATS: Type = { kind: 'list', name: '[]float64', element: FLOAT };
export const BYTES: Type = { kind: 'list', name: '[]uint8', element: UINT8 };
export const STRING_MAP: Type = { kind: 'map', name: 'map[string]interface {}', element: ANY };
export const ANY_MAP: Type = { kind: 'map', name: 'map[interface {}]interface {}', element: ANY };
export const FUNC: Type = simple('func', 'func(...interface {}) (interface {}, error)');

/** A list made by the language itself: always of the general list type, whatever is known of its elements. */
export function listOf(element: Type): Type {
  return { kind: 'list', name: LIST.name, element };
}

/** The result of `groupBy`: each key's elements as a list. */
export function groupsOf(element: Type): Type {
  return { kind: 'map', name: 'map[interface {}][]interface {}', element: listOf(element) };
}

/** A type without what is known of its elements beyond what its name says; what is unknown may be anything. */
export function bare(type: Type): Type {
  if (type.kind === 'unknown') return ANY;
  return type.name === LIST.name ? LIST : type;
}

/** What is known of an element of a list or map. */
export function elementOf(type: Type): Type {
  return type.element ?? UNKNOWN;
}

export function isUnknown(type: Type): boolean {
  return type.kind === 'unknown' || type.kind === 'any';
}

/** The integer types that take part in arithmetic. */
export function isInteger(type: Type): boolean {
  return type.kind === 'int' || type.kind === 'int64' || type.kind === 'uint8';
}

export function isNumber(type: Type): boolean {
  return isInteger(type) || type.kind === 'float';
}

/** Everything that is a number underneath, durations and months too. */
export function isNumeric(type: Type): boolean {
  return isNumber(type) || type.kind === 'duration' || type.kind === 'month' || type.kind === 'weekday';
}

/** Whether a value of one type may be given where the other is wanted. Nothing is known to be assignable to what is unknown. */
export function isAssignable(from: Type, to: Type): boolean {
  if (from.kind === 'nil') return to.kind === 'any' || to.kind === 'list' || to.kind === 'map' || to.kind === 'func';
  if (from.kind === 'unknown' || to.kind === 'unknown') return false;
  return to.kind === 'any' || (from.kind === to.kind && from.name === to.name);
}

/** Whether `==` may compare values of two types. */
export function isComparable(left: Type, right: Type): boolean {
  if (isUnknown(left) || isUnknown(right) || left.kind === 'nil' || right.kind === 'nil') return true;
  if (isNumber(left) && isNumber(right)) return true;
  if (left.kind === 'list' && right.kind === 'list') return true;
  return left.kind === right.kind && left.name === right.name;
}

/** A host function's signature in terms of types. */
export function checkedSignature(signature: Signature): CheckedSignature {
  return {
    params: signature.params.map(typeNamed),
    variadic: signature.variadic,
    result: typeNamed(signature.result ?? 'any'),
  };
}

/** The type of a name in a signature. */
export function typeNamed(name: TypeName): Type {
  if (typeof name === 'object') return { kind: 'struct', name: name.name, struct: name };
  switch (name) {
    case 'any':
      return ANY;
    case 'string':
      return STRING;
    case 'int':
      return INT;
    case 'float':
      return FLOAT;
    case 'bool':
      return BOOL;
    case 'list':
      return LIST;
    case 'map':
      return STRING_MAP;
  }
}
