import type { Json } from '@kargo/api';
import { equal, type JsonPatchOperation } from '@kargo/kube';

/** The operations (RFC 6902) that turn `before` into `after`. Arrays of different content are replaced as a whole. */
export function jsonPatch(before: unknown, after: unknown, path = ''): JsonPatchOperation[] {
  if (equal(before, after)) return [];
  if (!isRecord(before) || !isRecord(after)) return [{ op: 'replace', path, value: after as Json }];
  const out: JsonPatchOperation[] = [];
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const at = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const [old, next] = [before[key], after[key]];
    if (next === undefined) {
      if (old !== undefined) out.push({ op: 'remove', path: at });
    } else if (old === undefined) out.push({ op: 'add', path: at, value: next as Json });
    else out.push(...jsonPatch(old, next, at));
  }
  return out;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
