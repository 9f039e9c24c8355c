import type { DiscoveredCommit, GitSubscription, ObservedRefs } from '@kargo/api';
import type { CommitInfo, RemoteRefs, TagInfo } from '@kargo/integrations';

/** The repository of a subscription, as far as strategies need it. Fails with `GitError`. */
export interface GitRepository {
  /** First-parent history of a branch (default: the remote's), newest first. */
  commits(branch: string | undefined, limit: number): Promise<CommitInfo[]>;
  /** Tags that lead to commits, newest first. */
  tags(): Promise<TagInfo[]>;
  /** Paths that commits, known from the other calls, changed compared with their first parents. */
  changedPaths(commits: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
}

/** A way to select commits. One file each; {@link gitStrategies} lists them. */
export interface GitStrategy {
  /** What must change at the remote before looking again can find something else; absent if that cannot be told. */
  observe(subscription: GitSubscription, refs: RemoteRefs): ObservedRefs | undefined;
  /** Commits, best first. Fails with `GitError`, or `SubscriptionError` where the subscription is at fault. */
  find(subscription: GitSubscription, repository: GitRepository): Promise<DiscoveredCommit[]>;
}
