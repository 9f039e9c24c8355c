import type { Json } from '@kargo/api';
import { clone } from './clone.ts';
import { equal } from './equal.ts';

type Fields = Record<string, unknown>;

/** The body of a JSON merge patch (RFC 7386): null removes. */
export interface MergePatch {
  [key: string]: Json | undefined;
}

/**
 * The smallest merge patch that turns `before` into `after`; `undefined` when they are equal. Merge patches cannot set null: a null in
 * an object of `after` counts as absent.
 */
export function createMergePatch(before: object, after: object): MergePatch | undefined {
  const patch: Fields = {};
  for (const key of Object.keys(before)) {
    if (!isAbsent(own(before, key)) && isAbsent(own(after, key))) assign(patch, key, null);
  }
  for (const key of Object.keys(after)) {
    const now = own(after, key);
    if (isAbsent(now)) continue;
    const was = own(before, key);
    if (isObject(now) && isObject(was)) {
      const inner = createMergePatch(was, now);
      if (inner !== undefined) assign(patch, key, inner);
    } else if (!equal(was, now)) {
      assign(patch, key, clone(now));
    }
  }
  return Object.keys(patch).length === 0 ? undefined : (patch as MergePatch);
}

/** Applies a merge patch (RFC 7386) and returns a new value that shares unchanged parts with `target`, which stays as it is. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return clone(patch);
  const out: Fields = isObject(target) ? { ...target } : {};
  for (const key of Object.keys(patch)) {
    const change = patch[key];
    if (change === undefined) continue;
    if (change === null) delete out[key];
    else assign(out, key, applyMergePatch(own(out, key), change));
  }
  return out;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A property of the object itself: names like `constructor` are ordinary keys of user data. */
function own(object: object, key: string): unknown {
  return Object.hasOwn(object, key) ? (object as Fields)[key] : undefined;
}

function assign(object: Fields, key: string, value: unknown): void {
  // Plain assignment would call the setter of `__proto__`.
  if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}
