import type { Value } from './value.ts';

/** Lists whose type in Go is not the general one: it shows in comparisons, in `join` and in `sort`. */
abstract class TypedList extends Array<Value> {
  /** Methods of arrays make plain lists of these. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
}

/** `[]int`: a range. */
export class IntList extends TypedList {}
/** `[]string`: what `split` makes. */
export class StringList extends TypedList {}
/** `[2]interface {}`: one of `toPairs`. */
export class Pair extends TypedList {}
/** `[][2]interface {}`: the result of `toPairs`. */
export class PairList extends TypedList {}

/** A list that is nil: it iterates as an empty one, yet `== nil` holds and `??` takes its right side. */
export const NIL_LIST: readonly Value[] = Object.freeze([]);
/** The nil list of strings. */
export const NIL_STRINGS: readonly Value[] = Object.freeze(new StringList());

export function isNilList(value: Value): boolean {
  return value === NIL_LIST || value === NIL_STRINGS;
}

/** Whether a value is nil, or a nil list. */
export function isNil(value: Value): boolean {
  return value === null || value === undefined || isNilList(value);
}

/** Fills a typed list. */
export function filled<T extends TypedList>(list: T, values: Iterable<Value>): T {
  for (const value of values) list.push(value);
  return list;
}

/** A list of the same type as another. */
export function listLike(list: readonly Value[], values: readonly Value[]): readonly Value[] {
  if (list instanceof IntList) return filled(new IntList(), values);
  if (list instanceof StringList) return filled(new StringList(), values);
  return list instanceof PairList ? filled(new PairList(), values) : values;
}
