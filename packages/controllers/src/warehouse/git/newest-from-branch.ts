import { DEFAULT_DISCOVERY_LIMIT, type DiscoveredCommit, type GitSubscription } from '@kargo/api';
import type { CommitInfo } from '@kargo/integrations';
import { commitFilter } from './commit-filter.ts';
import { pathRules } from './path-rules.ts';
import { shortSubject } from './short-subject.ts';
import type { GitStrategy } from './strategy.ts';

/** The newest commits of one branch that pass the filters of the subscription. */
export const newestFromBranch: GitStrategy = {
  observe({ branch }, refs) {
    const name = branch ?? refs.defaultBranch;
    const branchHead = name === undefined ? undefined : refs.branches.get(name);
    return branchHead === undefined ? undefined : { branchHead };
  },

  async find(subscription, repository) {
    const limit = subscription.discoveryLimit ?? DEFAULT_DISCOVERY_LIMIT;
    const isWanted = commitFilter(subscription);
    const rules = pathRules(subscription);
    const looked = new Set<string>();
    const good = new Set<string>();
    for (let depth = limit; ; depth *= 2) {
      const history = await repository.commits(subscription.branch, depth);
      const fresh = history.filter((commit) => !looked.has(commit.id) && isWanted?.(commit) !== false);
      for (const { id } of history) looked.add(id);
      for (const { id } of rules === undefined ? fresh : await rules(fresh, repository)) good.add(id);
      const found = history.filter(({ id }) => good.has(id)).slice(0, limit);
      if (found.length === limit || history.length < depth) return describe(subscription, found);
    }
  },
};

function describe({ branch }: GitSubscription, commits: readonly CommitInfo[]): DiscoveredCommit[] {
  return commits.map(({ id, subject, author, committer, committedAt }) => ({
    id,
    ...(branch === undefined ? {} : { branch }),
    subject: shortSubject(subject),
    author,
    committer,
    creatorDate: committedAt,
  }));
}
