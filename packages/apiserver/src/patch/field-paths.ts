import { equal } from '@kargo/kube';
import { isObject, type JsonObject } from '../object/json.ts';
import { elementText, FieldSet } from './field-set.ts';
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
  if (before === after) return SAME;
  if (before === undefined) return { changed: allOf(after, shape), removed: FieldSet.empty };
  if (after === undefined) return { changed: FieldSet.empty, removed: allOf(before, shape) };
  if (Array.isArray(before) && Array.isArray(after) && shape.list !== 'atomic')
    return compareItems(itemsOf(before, shape), itemsOf(after, shape), shape.child(undefined));
  if (isObject(before) && isObject(after) && !shape.atomic) return compareFields(before, after, shape);
  return equal(before, after) ? SAME : { changed: new FieldSet(true, allOf(after, shape).children), removed: FieldSet.empty };
}

function compareFields(before: JsonObject, after: JsonObject, shape: Shape): Comparison {
  const found = new Differences();
  for (const key of Object.keys(after)) {
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    if (old !== after[key]) found.add(`f:${key}`, compare(old, after[key], shape.child(key)));
  }
  for (const key of Object.keys(before))
    if (!Object.hasOwn(after, key)) found.add(`f:${key}`, compare(before[key], undefined, shape.child(key)));
  return found.all;
}

function compareItems(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>, shape: Shape): Comparison {
  const found = new Differences();
  for (const element of new Set([...before.keys(), ...after.keys()]))
    found.add(element, compare(before.get(element), after.get(element), shape));
  return found.all;
}

/** Collects what differs below one path. */
class Differences {
  #changed: Map<string, FieldSet> | undefined;
  #removed: Map<string, FieldSet> | undefined;

  add(element: string, { changed, removed }: Comparison): void {
    if (!changed.isEmpty) (this.#changed ??= new Map()).set(element, changed);
    if (!removed.isEmpty) (this.#removed ??= new Map()).set(element, removed);
  }

  get all(): Comparison {
    if (this.#changed === undefined && this.#removed === undefined) return SAME;
    return { changed: setOf(this.#changed), removed: setOf(this.#removed) };
  }
}

function setOf(children: ReadonlyMap<string, FieldSet> | undefined): FieldSet {
  return children === undefined ? FieldSet.empty : new FieldSet(false, children);
}

/**
 * Why a value cannot be applied, with the path of it: in lists whose items have keys each item must have one of its own. Undefined where it
 * can.
 */
export function applyProblem(value: unknown, shape: Shape, path = ''): string | undefined {
  if (Array.isArray(value)) {
    if (shape.list === 'atomic') return undefined;
    const seen = new Set<string>();
    for (const [index, item] of value.entries()) {
      const element = itemElement(shape.list, item);
      if (element === undefined)
        return `${path}: element ${index}: associative list with keys has an element that omits key field ${keysText(shape.list)}`;
      if (seen.has(element)) return `${path}: duplicate entries for key ${elementText(element)}`;
      seen.add(element);
      const problem = applyProblem(item, shape.child(undefined), `${path}${elementText(element)}`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  if (!isObject(value) || shape.atomic) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const problem = applyProblem(item, shape.child(key), `${path}.${key}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function keysText(list: Exclude<Shape['list'], 'atomic'>): string {
  return list === 'set' ? '""' : list.keys.map((key) => JSON.stringify(key)).join(', ');
}

/** Items of a list by their elements, in order. Items without a key, and all but the first of equal keys, are left out. */
export function itemsOf(list: readonly unknown[], shape: Shape): Map<string, unknown> {
  const items = new Map<string, unknown>();
  for (const item of list) {
    const element = itemElement(shape.list, item);
    if (element !== undefined && !items.has(element)) items.set(element, item);
  }
  return items;
}

/** As {@link itemsOf}, but with every item: those that cannot be told apart have elements that nothing else has. */
export function allItemsOf(list: readonly unknown[], shape: Shape): Map<string, unknown> {
  const items = new Map<string, unknown>();
  for (const [index, item] of list.entries()) {
    const element = itemElement(shape.list, item);
    items.set(element === undefined || items.has(element) ? `\0${index}` : element, item);
  }
  return items;
}
