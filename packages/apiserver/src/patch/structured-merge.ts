import { isObject, setOwn, type JsonObject } from '../object/json.ts';
import type { FieldSet } from './field-set.ts';
import { allItemsOf } from './field-paths.ts';
import { itemElement, type Shape } from './shape.ts';

/** A live value with an applied one laid over it. What is not applied stays. Neither is changed. */
export function structuredMerge(live: unknown, applied: unknown, shape: Shape): unknown {
  if (applied === undefined) return live;
  if (Array.isArray(live) && Array.isArray(applied) && shape.list !== 'atomic') return mergeLists(live, applied, shape);
  if (!isObject(live) || !isObject(applied) || shape.atomic) return applied;
  const merged: JsonObject = { ...live };
  for (const [key, value] of Object.entries(applied))
    setOwn(merged, key, structuredMerge(Object.hasOwn(live, key) ? live[key] : undefined, value, shape.child(key)));
  return merged;
}

/** Items come in the order in which they are applied; items that are only live keep their place after what precedes them. */
function mergeLists(live: readonly unknown[], applied: readonly unknown[], shape: Shape): unknown[] {
  const liveItems = allItemsOf(live, shape);
  const appliedItems = allItemsOf(applied, shape);
  const waiting = [...liveItems];
  const places = new Map(waiting.map(([element], index) => [element, index] as const));
  let at = 0;
  const merged: unknown[] = [];
  const takeLiveUntil = (element: string | undefined): void => {
    while (at < waiting.length) {
      const [next, item] = waiting[at++] ?? ['', undefined];
      if (next === element) return;
      if (!appliedItems.has(next)) merged.push(item);
    }
  };
  for (const [element, item] of appliedItems) {
    if ((places.get(element) ?? -1) >= at) takeLiveUntil(element);
    merged.push(structuredMerge(liveItems.get(element), item, shape.child(undefined)));
  }
  takeLiveUntil(undefined);
  return merged;
}

/**
 * A value without the fields of `remove`, except what `keep` holds at or below them. Maps and lists that become empty go too. The value
 * is not changed.
 */
export function removeFields(value: unknown, shape: Shape, remove: FieldSet, keep: FieldSet): unknown {
  if (remove.children.size === 0) return value;
  if (Array.isArray(value) && shape.list !== 'atomic')
    return value.flatMap((item: unknown) => {
      const element = itemElement(shape.list, item) ?? '';
      const kept = remaining(item, shape.child(undefined), remove.child(element), keep.child(element));
      return kept === undefined ? [] : [kept];
    });
  if (!isObject(value) || shape.atomic) return value;
  const out: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    const kept = remaining(item, shape.child(key), remove.child(`f:${key}`), keep.child(`f:${key}`));
    if (kept !== undefined) setOwn(out, key, kept);
  }
  return out;
}

function remaining(item: unknown, shape: Shape, remove: FieldSet, keep: FieldSet): unknown {
  if (remove.isEmpty) return item;
  if (remove.self && keep.isEmpty) return undefined;
  const kept = removeFields(item, shape, remove, keep);
  return becameEmpty(item, kept) && keep.isEmpty && !hasNamedFields(shape, item) ? undefined : kept;
}

function becameEmpty(before: unknown, after: unknown): boolean {
  return (
    before !== after && ((Array.isArray(after) && after.length === 0) || (isObject(after) && Object.keys(after).length === 0))
  );
}

/** Whether an object is one whose fields have names of their own: an empty one may still be required. */
function hasNamedFields(shape: Shape, value: unknown): boolean {
  return isObject(value) && Object.keys(value).some((key) => shape.names(key));
}
