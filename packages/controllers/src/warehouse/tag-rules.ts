import { compileRE2, parseConstraint, tryParseVersion, compareVersions, type Version } from '@kargo/gocompat';
import { fromSubscription, SubscriptionError } from './discovery-error.ts';

/** What subscriptions of every type may say about tags. */
export interface TagRules {
  allowTagsRegexes?: readonly string[] | undefined;
  ignoreTagsRegexes?: readonly string[] | undefined;
  allowTags?: string | undefined;
  ignoreTags?: readonly string[] | undefined;
}

/** Whether a tag counts: none of the patterns that ignore, and one of those that allow if there are any. Fails with `SubscriptionError`. */
export function tagFilter(rules: TagRules): (tag: string) => boolean {
  for (const removed of ['allowTags', 'ignoreTags'] as const) {
    if (rules[removed] !== undefined && rules[removed].length > 0)
      throw new SubscriptionError('InvalidSubscription', `${removed} is no longer supported: use ${removed}Regexes`);
  }
  const compile = (field: 'allowTagsRegexes' | 'ignoreTagsRegexes') =>
    (rules[field] ?? []).map((pattern, index) => fromSubscription(`${field}[${index}]`, () => compileRE2(pattern)));
  const [allow, ignore] = [compile('allowTagsRegexes'), compile('ignoreTagsRegexes')];
  return (tag) => !ignore.some((regex) => regex.test(tag)) && (allow.length === 0 || allow.some((regex) => regex.test(tag)));
}

/** Tags that are versions within `constraint`, highest first; of equal ones the greater text first. Fails with `SubscriptionError`. */
export function versionTags(
  tags: readonly string[],
  { constraint = '', strict, field }: { constraint?: string | undefined; strict: boolean; field: string },
): string[] {
  const wanted = constraint === '' ? undefined : fromSubscription(field, () => parseConstraint(constraint));
  return tags
    .map((tag) => tryParseVersion(tag, { strict }))
    .filter((version): version is Version => version !== undefined && (wanted === undefined || wanted.check(version)))
    .toSorted((a, b) => compareVersions(b, a) || (a.original < b.original ? 1 : a.original > b.original ? -1 : 0))
    .map(({ original }) => original);
}
