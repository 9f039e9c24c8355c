import { isObject } from './json.ts';

/**
 * A value with every part that is equal to the same part of `old` replaced by that one, in place; `old` itself where all is equal. What is
 * compared later is then mostly the same object, and states that follow each other take little memory. `old` is frozen.
 */
export function shareParts(value: unknown, old: unknown): unknown {
  if (value === old || typeof value !== 'object' || typeof old !== 'object' || value === null || old === null) return value;
  if (Object.isFrozen(value)) return value;
  if (Array.isArray(value)) return Array.isArray(old) ? shareItems(value, old) : value;
  return isObject(value) && isObject(old) ? shareFields(value, old) : value;
}

function shareItems(list: unknown[], old: readonly unknown[]): unknown {
  let same = list.length === old.length;
  for (let index = 0; index < list.length && index < old.length; index++) {
    const shared = shareParts(list[index], old[index]);
    list[index] = shared;
    same &&= shared === old[index];
  }
  return same ? old : list;
}

function shareFields(object: Record<string, unknown>, old: Record<string, unknown>): unknown {
  let same = true;
  let count = 0;
  for (const key of Object.keys(object)) {
    const item = object[key];
    if (item === undefined) continue;
    count++;
    if (!Object.hasOwn(old, key)) {
      same = false;
      continue;
    }
    const shared = shareParts(item, old[key]);
    if (shared === old[key]) {
      // Own names of data such as `__proto__` are not set: what is primitive is the same already, and the rest stays what it is.
      if (shared !== item && key !== '__proto__') object[key] = shared;
    } else same = false;
  }
  return same && count === Object.keys(old).length ? old : object;
}
