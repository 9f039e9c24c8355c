import { ApiError } from '@kargo/api';
import { equal } from '@kargo/kube';
import { isObject, setOwn, type JsonObject } from '../object/json.ts';
import { allItemsOf } from './field-paths.ts';
import { itemElement, type Shape } from './shape.ts';

const PATCH = '$patch';
const RETAIN = '$retainKeys';
const ORDER = '$setElementOrder/';
const DELETE_VALUES = '$deleteFromPrimitiveList/';

/**
 * A strategic merge patch: as a merge patch, but lists with keys merge item by item, and directives (`$patch`, `$retainKeys`,
 * `$setElementOrder/…`, `$deleteFromPrimitiveList/…`) replace, delete and order. Neither argument is changed.
 */
export function strategicMerge(target: unknown, patch: JsonObject, shape: Shape): unknown {
  switch (patch[PATCH]) {
    case 'replace':
      return withoutDirectives(patch);
    case 'delete':
      return undefined;
    case undefined:
    case 'merge':
      return mergeObjects(isObject(target) ? target : {}, patch, shape);
    default:
      throw new ApiError(
        'BadRequest',
        `unknown patch type ${JSON.stringify(patch[PATCH])}: $patch is one of replace, merge, delete`,
      );
  }
}

function mergeObjects(target: JsonObject, patch: JsonObject, shape: Shape): JsonObject {
  const merged: JsonObject = { ...target };
  const retain = patch[RETAIN];
  if (Array.isArray(retain)) for (const key of Object.keys(merged)) if (!retain.includes(key)) delete merged[key];
  for (const [key, value] of Object.entries(patch)) {
    if (key === PATCH || key === RETAIN || key.startsWith(ORDER)) continue;
    if (key.startsWith(DELETE_VALUES)) deleteValues(merged, key.slice(DELETE_VALUES.length), value);
    else if (value === null) delete merged[key];
    else {
      const next = mergeField(
        Object.hasOwn(merged, key) ? merged[key] : undefined,
        value,
        shape.child(key),
        patch[`${ORDER}${key}`],
      );
      if (next === undefined) delete merged[key];
      else setOwn(merged, key, next);
    }
  }
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith(ORDER)) continue;
    const field = key.slice(ORDER.length);
    const list = merged[field];
    if (Array.isArray(list) && Array.isArray(order)) merged[field] = ordered(list, order, shape.child(field));
  }
  return merged;
}

function mergeField(target: unknown, value: unknown, shape: Shape, order: unknown): unknown {
  if (isObject(value)) return strategicMerge(target, value, shape);
  if (!Array.isArray(value)) return value;
  if (shape.list === 'atomic') return value.map((item: unknown) => (isObject(item) ? withoutDirectives(item) : item));
  return mergeLists(Array.isArray(target) ? target : [], value, shape, order);
}

function mergeLists(target: readonly unknown[], patch: readonly unknown[], shape: Shape, order: unknown): unknown[] {
  const replaces = patch.some((item) => isObject(item) && item[PATCH] === 'replace');
  const rest = patch.filter((item) => !(isObject(item) && item[PATCH] === 'replace'));
  const items = replaces ? new Map<string, unknown>() : allItemsOf(target, shape);
  for (const item of rest) {
    const element = itemElement(shape.list, item);
    if (element === undefined)
      throw new ApiError('BadRequest', `an item of the patch lacks the merge key of its list: ${JSON.stringify(item)}`);
    const merged = isObject(item) ? strategicMerge(items.get(element), item, shape.child(undefined)) : item;
    if (merged === undefined) items.delete(element);
    else items.set(element, merged);
  }
  return Array.isArray(order) ? ordered([...items.values()], order, shape) : [...items.values()];
}

/** Items that the order names come in that order; the others keep their place among each other, at the end. */
function ordered(list: readonly unknown[], order: readonly unknown[], shape: Shape): unknown[] {
  const places = new Map(order.map((item, index) => [itemElement(shape.list, item) ?? JSON.stringify(item), index] as const));
  const place = (item: unknown): number => places.get(itemElement(shape.list, item) ?? JSON.stringify(item)) ?? places.size;
  return list.toSorted((a, b) => place(a) - place(b));
}

function deleteValues(object: JsonObject, field: string, values: unknown): void {
  const list = object[field];
  if (Array.isArray(list) && Array.isArray(values))
    object[field] = list.filter((item) => !values.some((value) => equal(item, value)));
}

/** A new value without the directives and nulls that only mean something when merging. */
function withoutDirectives(value: JsonObject): JsonObject {
  const plain: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    if (key.startsWith('$') || item === null) continue;
    setOwn(plain, key, isObject(item) ? withoutDirectives(item) : item);
  }
  return plain;
}
