import type { DiscoveredCommit, GitSubscription, ObservedRefs } from '@kargo/api';
import type { CommitInfo, RemoteRefs } from '@kargo/integrations';

/** The repository of a subscription, as far as strategies need it. */
export interface GitRepository {
  /** First-parent history of a branch (default: the remote's), newest first. Fails with `GitError`. */
  commits(branch: string | undefined, limit: number): Promise<CommitInfo[]>;
}

/** A way to select commits. One file each; {@link gitStrategies} lists them. */
export interface GitStrategy {
  /** What must change at the remote before looking again can find something else; absent if that cannot be told. */
  observe(subscription: GitSubscription, refs: RemoteRefs): ObservedRefs | undefined;
  /** Commits, best first. Fails with `GitError`, or `SubscriptionError` where the subscription is at fault. */
  find(subscription: GitSubscription, repository: GitRepository): Promise<DiscoveredCommit[]>;
}
