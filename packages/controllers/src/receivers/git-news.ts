import { boundedPaths, boundedRefs, type News } from './delivery.ts';
import { listAt, textsAt } from './payload.ts';

/** What a push to a git repository means. */
export function gitNews(news: {
  urls: readonly string[];
  refs: readonly string[];
  defaultBranch?: string | undefined;
  paths?: readonly string[] | undefined;
}): News {
  return { types: ['git'], ...news, refs: boundedRefs(news.refs) };
}

/**
 * Paths that commits of a push added, modified or removed, as GitHub, GitLab and Gitea list them. Undefined where the sender left some
 * of the commits out, or names no paths at all: then nothing can be concluded.
 */
export function changedPaths(commits: readonly unknown[], isComplete: boolean): readonly string[] | undefined {
  if (!isComplete) return undefined;
  const found = commits.flatMap((commit) => ['added', 'modified', 'removed'].flatMap((field) => textsAt(commit, field)));
  return found.length === 0 ? undefined : boundedPaths(found);
}

/** Commits of a push as a list. */
export function commitsOf(payload: unknown): readonly unknown[] {
  return listAt(payload, 'commits');
}
