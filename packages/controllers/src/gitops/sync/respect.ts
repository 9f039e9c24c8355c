/** `RespectIgnoreDifferences=true`: a sync leaves fields alone that are ignored. */
import type { Application, Workload } from '@kargo/api';
import { createMergePatch } from '@kargo/kube';
import type { Comparison } from '../compare.ts';
import { ignoredFields } from '../ignore-differences.ts';

const OPTION = 'RespectIgnoreDifferences=true';

/**
 * The comparison with ignored fields of the target as the live object has them. Lists are taken as a whole from the target: what is ignored
 * within them is not respected.
 */
export function respectIgnored(app: Application, comparison: Comparison, syncOptions: readonly string[]): Comparison {
  const { target, live } = comparison;
  if (target === undefined || live === undefined || !syncOptions.includes(OPTION)) return comparison;
  const without = ignoredFields(app);
  const kept = createMergePatch(without(live), live);
  return kept === undefined ? comparison : { ...comparison, target: laid(kept, target) as Workload };
}

/** The plain fields of `patch` laid over `value`. */
function laid(patch: unknown, value: unknown): unknown {
  if (typeof patch !== 'object' || patch === null) return patch ?? value;
  if (Array.isArray(patch)) return value;
  const out: Record<string, unknown> = typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  for (const [key, item] of Object.entries(patch)) {
    if (Array.isArray(item) && out[key] === undefined) continue;
    out[key] = laid(item, out[key]);
  }
  return out;
}
