import type { GitDiscovery, GitSubscription, ObservedRefs } from '@kargo/api';
import type { Credentials, Git, GitRemote } from '@kargo/integrations';
import { gitStrategyOf } from './strategies.ts';
import type { FoundFrom } from './strategy.ts';

export interface GitDiscoveryInput {
  project: string;
  name: string | undefined;
  subscription: GitSubscription;
  /** What was found before, if the subscriptions have not changed since. */
  previous: GitDiscovery | undefined;
  signal: AbortSignal;
}

/** What a Git subscription finds now. As long as the references of the remote stay as they were, what was found before still holds. */
export async function discoverGit(
  { git, credentials }: { git: Git; credentials: Credentials },
  { project, name, subscription, previous, signal }: GitDiscoveryInput,
): Promise<GitDiscovery> {
  const { repoURL, insecureSkipTLSVerify } = subscription;
  const strategy = gitStrategyOf(subscription);
  const remote: GitRemote = {
    url: repoURL,
    credentials: await credentials.find({ project, type: 'git', repoURL }),
    insecureSkipTLSVerify,
    blobless: subscription.blobless,
  };
  const refs = await git.remoteRefs(remote, { signal });
  const observedRefs = strategy.observe(subscription, refs);
  const unchanged = previous !== undefined && previous.repoURL === repoURL && isSame(observedRefs, previous.observedRefs);
  const commits =
    unchanged && previous.commits !== undefined
      ? previous.commits
      : await strategy.find(
          subscription,
          {
            commits: (options) => git.commits(remote, { ...options, signal }),
            tags: () => git.tags(remote, { refs, signal }),
            changedPaths: (ids) => git.changedPaths(remote, ids, { signal }),
          },
          { observed: observedRefs, before: foundFrom(previous, repoURL) },
        );
  return {
    repoURL,
    ...(name === undefined ? {} : { subscriptionName: name }),
    commits,
    ...(observedRefs === undefined ? {} : { observedRefs }),
  };
}

function foundFrom(previous: GitDiscovery | undefined, repoURL: string): FoundFrom | undefined {
  const { observedRefs: observed, commits } = previous ?? {};
  return observed === undefined || commits === undefined || previous?.repoURL !== repoURL ? undefined : { observed, commits };
}

/** Whether two observations are of the same kind and name the same commits. Nothing observed is never the same. */
export function isSame(a: ObservedRefs | undefined, b: ObservedRefs | undefined): boolean {
  if (a === undefined || b === undefined || a.branchHead !== b.branchHead) return false;
  if (a.tags === undefined || b.tags === undefined) return a.tags === b.tags && a.branchHead !== undefined;
  const text = (refs: ObservedRefs): string =>
    JSON.stringify((refs.tags ?? []).map(({ name, id }) => `${name} ${id}`).toSorted());
  return text(a) === text(b);
}
