import { ApiError } from '@kargo/api';

/** The largest object, in bytes of JSON: what Kubernetes can store. */
export const MAX_OBJECT = 1.5 * 1024 * 1024;

/** Fails with `RequestEntityTooLarge` for an object that is larger than {@link MAX_OBJECT}. */
export function refuseTooLarge(object: object): void {
  if (sizeOf(object, MAX_OBJECT) > MAX_OBJECT)
    throw new ApiError('RequestEntityTooLarge', `Request entity too large: the limit for objects is ${MAX_OBJECT}`);
}

/** About how many bytes a value takes as JSON, without writing it; stops counting beyond `limit`. */
function sizeOf(value: unknown, limit: number): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 5;
  let size = 2;
  if (Array.isArray(value)) {
    for (const item of value) {
      size += sizeOf(item, limit) + 1;
      if (size > limit) break;
    }
    return size;
  }
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    size += key.length + 4 + sizeOf(item, limit);
    if (size > limit) break;
  }
  return size;
}
