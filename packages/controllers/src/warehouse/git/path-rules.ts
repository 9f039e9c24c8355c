import type { GitSubscription } from '@kargo/api';
import { compileGlob, compileRE2 } from '@kargo/gocompat';
import { fromSubscription } from '../discovery-error.ts';
import type { GitRepository } from './strategy.ts';

/** Which commits count by the paths they changed; given in any order, kept in the same one. */
export type PathRules = <T extends { id: string }>(commits: readonly T[], repository: GitRepository) => Promise<T[]>;

/**
 * The path rules of a subscription; absent if it has none. A commit counts if a path it changed is included (without `includePaths` all
 * are) and not excluded. Fails with `SubscriptionError` for a selector that cannot be read.
 */
export function pathRules({ includePaths = [], excludePaths = [] }: GitSubscription): PathRules | undefined {
  const include = selectors('includePaths', includePaths);
  const exclude = selectors('excludePaths', excludePaths);
  if (include.length + exclude.length === 0) return undefined;
  const counts = (path: string): boolean =>
    (include.length === 0 || include.some((matches) => matches(path))) && !exclude.some((matches) => matches(path));
  return async (commits, repository) => {
    if (commits.length === 0) return [];
    const paths = await repository.changedPaths([...new Set(commits.map(({ id }) => id))]);
    return commits.filter(({ id }) => (paths.get(id) ?? []).some(counts));
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
