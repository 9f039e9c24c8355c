/** `RespectIgnoreDifferences=true`: a sync leaves fields alone that are ignored. */
import type { Application } from '@kargo/api';
import type { Comparison } from '../compare.ts';
import { withIgnoredAsLive } from '../ignore-differences.ts';

const OPTION = 'RespectIgnoreDifferences=true';

/** The comparison with ignored fields of the target as the live object has them. */
export function respectIgnored(app: Application, comparison: Comparison, syncOptions: readonly string[]): Comparison {
  const { target, live } = comparison;
  if (target === undefined || live === undefined || !syncOptions.includes(OPTION)) return comparison;
  return { ...comparison, target: withIgnoredAsLive(app)(target, live) };
}
