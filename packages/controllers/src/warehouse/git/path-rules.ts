import type { GitSubscription } from '@kargo/api';
import { compileGlob, compileRE2 } from '@kargo/gocompat';
import { fromSubscription } from '../discovery-error.ts';
import type { GitRepository } from './strategy.ts';

/** Which commits count by the paths they changed; given in any order, kept in the same one. */
export type PathRules = <T extends { id: string }>(commits: readonly T[], repository: GitRepository) => Promise<T[]>;

/**
 * Whether a commit counts by the paths it changed; absent if the subscription has no such rules. It does if one of them is included
 * (without `includePaths` all are) and not excluded. Fails with `SubscriptionError` for a selector that cannot be read.
 */
export function pathFilter({
  includePaths = [],
  excludePaths = [],
}: GitSubscription): ((paths: readonly string[]) => boolean) | undefined {
  const include = selectors('includePaths', includePaths);
  const exclude = selectors('excludePaths', excludePaths);
  if (include.length + exclude.length === 0) return undefined;
  const counts = (path: string): boolean =>
    (include.length === 0 || include.some((matches) => matches(path))) && !exclude.some((matches) => matches(path));
  return (paths) => paths.some(counts);
}

/** The path rules of a subscription over commits whose paths have to be asked for; absent if it has none. Fails as {@link pathFilter}. */
export function pathRules(subscription: GitSubscription): PathRules | undefined {
  const counts = pathFilter(subscription);
  if (counts === undefined) return undefined;
  return async (commits, repository) => {
    if (commits.length === 0) return [];
    const paths = await repository.changedPaths([...new Set(commits.map(({ id }) => id))]);
    return commits.filter(({ id }) => counts(paths.get(id) ?? []));
  };
}

function selectors(field: string, texts: readonly string[]): ((path: string) => boolean)[] {
  return texts.map((text, index) => fromSubscription(`${field}[${index}]`, () => selector(text)));
}

/** `glob:…`, `regex:…` (or `regexp:…`), or a path: that file, or everything below that folder. */
function selector(text: string): (path: string) => boolean {
  const [, kind, pattern = ''] = /^(glob|regexp?):([^]*)$/.exec(text) ?? [];
  if (kind === 'glob') {
    const glob = compileGlob(pattern);
    return (path) => glob.matches(path);
  }
  if (kind !== undefined) {
    const regex = compileRE2(pattern);
    return (path) => regex.test(path);
  }
  const place = text
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  return (path) => place === '' || path === place || path.startsWith(`${place}/`);
}
