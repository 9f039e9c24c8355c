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
    if (isAbsent((before as Fields)[key]) || !isAbsent((after as Fields)[key])) continue;
    patch[key] = null;
  }
  for (const key of Object.keys(after)) {
    const now = (after as Fields)[key];
    if (isAbsent(now)) continue;
    const was = (before as Fields)[key];
    if (isObject(now) && isObject(was)) {
      const inner = createMergePatch(was, now);
      if (inner !== undefined) patch[key] = inner;
    } else if (!equal(was, now)) {
      patch[key] = clone(now);
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
    else {
      const value = applyMergePatch(Object.hasOwn(out, key) ? out[key] : undefined, change);
      // Plain assignment would call the setter of `__proto__`.
      Object.defineProperty(out, key, { value, enumerable: true, configurable: true, writable: true });
    }
  }
  return out;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
