import { DEFAULT_DISCOVERY_LIMIT, type DiscoveredCommit, type GitSubscription } from '@kargo/api';
import { type CommitInfo, displayURL, GitError } from '@kargo/integrations';
import { commitFilter } from './commit-filter.ts';
import { pathFilter } from './path-rules.ts';
import { shortSubject } from './short-subject.ts';
import type { GitStrategy } from './strategy.ts';

/** Commits asked for at a time: at least as many as in the first step, at most this many. */
const MOST = 2000;

/** The newest commits of one branch that pass the filters of the subscription. */
export const newestFromBranch: GitStrategy = {
  observe({ branch, repoURL }, refs) {
    const name = branch ?? refs.defaultBranch;
    const branchHead = name === undefined ? undefined : refs.branches.get(name);
    if (branchHead === undefined) {
      const what = branch === undefined ? 'default branch' : `branch ${branch}`;
      throw new GitError('notFound', `${displayURL(repoURL)} has no ${what}; make it, or change the subscription`);
    }
    return { branchHead };
  },

  async find(subscription, repository, { observed, before }) {
    const limit = subscription.discoveryLimit ?? DEFAULT_DISCOVERY_LIMIT;
    const isWanted = commitFilter(subscription);
    const counts = pathFilter(subscription);
    const found: DiscoveredCommit[] = [];
    let step = limit;
    for (let head = observed?.branchHead; head !== undefined;) {
      const commits = await repository.commits({ head, limit: step, paths: counts !== undefined });
      for (const commit of commits) {
        // What the rest of the history holds was found out from there.
        if (commit.id === before?.observed.branchHead) return [...found, ...before.commits].slice(0, limit);
        if (isWanted?.(commit) === false || counts?.(commit.paths ?? []) === false) continue;
        found.push(described(subscription, commit));
        if (found.length === limit) return found;
      }
      head = commits.at(-1)?.parent;
      step = Math.min(step * 2, MOST);
    }
    return found;
  },
};

function described({ branch }: GitSubscription, { id, subject, author, committer, committedAt }: CommitInfo): DiscoveredCommit {
  return {
    id,
    ...(branch === undefined ? {} : { branch }),
    subject: shortSubject(subject),
    author,
    committer,
    creatorDate: committedAt,
  };
}
