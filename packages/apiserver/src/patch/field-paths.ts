import { equal } from '@kargo/kube';
import { isObject } from '../object/json.ts';
import { FieldSet } from './field-set.ts';
import { itemElement, type Shape } from './shape.ts';

/** The fields that an applied value speaks of: its leaves, and the items of its lists with keys. */
export function fieldsOf(value: unknown, shape: Shape): FieldSet {
  return visit(value, shape, false);
}

/** Every path of a value, containers included. */
function allOf(value: unknown, shape: Shape): FieldSet {
  return visit(value, shape, true);
}

function visit(value: unknown, shape: Shape, containers: boolean): FieldSet {
  const children = new Map<string, FieldSet>();
  if (Array.isArray(value) && shape.list !== 'atomic') {
    for (const item of value) {
      const element = itemElement(shape.list, item);
      if (element !== undefined) children.set(element, member(visit(item, shape.child(undefined), containers)));
    }
    return new FieldSet(containers || children.size === 0, children);
  }
  if (isObject(value) && !shape.atomic) {
    for (const [key, item] of Object.entries(value)) {
      const inner = visit(item, shape.child(key), containers);
      children.set(`f:${key}`, shape.names(key) ? inner : member(inner));
    }
    return new FieldSet(containers || children.size === 0, children);
  }
  return new FieldSet(true, children);
}

function member(set: FieldSet): FieldSet {
  return set.self ? set : new FieldSet(true, set.children);
}

/** What differs between two values, by path. */
export interface Comparison {
  /** Paths that exist only now, or whose values are others now. */
  changed: FieldSet;
  /** Paths that existed only before. */
  removed: FieldSet;
}

const SAME: Comparison = { changed: FieldSet.empty, removed: FieldSet.empty };

/** Compares field by field, and items of lists with keys by their keys. */
export function compare(before: unknown, after: unknown, shape: Shape): Comparison {
  if (before === undefined && after === undefined) return SAME;
  if (before === undefined) return { changed: allOf(after, shape), removed: FieldSet.empty };
  if (after === undefined) return { changed: FieldSet.empty, removed: allOf(before, shape) };
  if (Array.isArray(before) && Array.isArray(after) && shape.list !== 'atomic')
    return compareChildren(itemsOf(before, shape), itemsOf(after, shape), () => shape.child(undefined));
  if (isObject(before) && isObject(after) && !shape.atomic)
    return compareChildren(entriesOf(before), entriesOf(after), (element) => shape.child(element.slice(2)));
  return equal(before, after) ? SAME : { changed: new FieldSet(true, allOf(after, shape).children), removed: FieldSet.empty };
}

function compareChildren(
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
  shapeAt: (element: string) => Shape,
): Comparison {
  let changed = FieldSet.empty;
  let removed = FieldSet.empty;
  for (const element of new Set([...before.keys(), ...after.keys()])) {
    const difference = compare(before.get(element), after.get(element), shapeAt(element));
    changed = changed.with(element, difference.changed);
    removed = removed.with(element, difference.removed);
  }
  return { changed, removed };
}

function entriesOf(object: object): Map<string, unknown> {
  return new Map(Object.entries(object).map(([key, value]) => [`f:${key}`, value as unknown] as const));
}

/** Items of a list by their elements, in order. Items without a key are left out. */
export function itemsOf(list: readonly unknown[], shape: Shape): Map<string, unknown> {
  const items = new Map<string, unknown>();
  for (const item of list) {
    const element = itemElement(shape.list, item);
    if (element !== undefined) items.set(element, item);
  }
  return items;
}
