import { DEFAULT_DISCOVERY_LIMIT, type DiscoveredCommit, type GitSubscription } from '@kargo/api';
import type { CommitInfo } from '@kargo/integrations';
import { commitFilter } from './commit-filter.ts';
import type { GitStrategy } from './strategy.ts';

const MAX_SUBJECT = 80;

/** The newest commits of one branch that pass the filters of the subscription. */
export const newestFromBranch: GitStrategy = {
  observe({ branch }, refs) {
    const name = branch ?? refs.defaultBranch;
    const branchHead = name === undefined ? undefined : refs.branches.get(name);
    return branchHead === undefined ? undefined : { branchHead };
  },

  async find(subscription, repository) {
    const limit = subscription.discoveryLimit ?? DEFAULT_DISCOVERY_LIMIT;
    const filter = commitFilter(subscription);
    if (filter === undefined) return describe(subscription, await repository.commits(subscription.branch, limit));
    for (let depth = limit; ; depth *= 2) {
      const history = await repository.commits(subscription.branch, depth);
      const wanted = history.filter(filter).slice(0, limit);
      if (wanted.length === limit || history.length < depth) return describe(subscription, wanted);
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

/** The first line of a message, cut to what fits in a list. */
export function shortSubject(message: string): string {
  const [line = ''] = message.split('\n');
  const bytes = Buffer.from(line, 'utf8');
  if (bytes.length <= MAX_SUBJECT) return line;
  // A character that the cut splits is left out as a whole.
  return `${bytes
    .subarray(0, MAX_SUBJECT - 3)
    .toString('utf8')
    .replace(/\uFFFD+$/, '')}...`;
}
