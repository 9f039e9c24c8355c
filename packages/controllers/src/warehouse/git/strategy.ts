import type { DiscoveredCommit, GitSubscription, ObservedRefs } from '@kargo/api';
import type { HistoryCommit, RemoteRefs, TagInfo } from '@kargo/integrations';

/** The repository of a subscription, as far as strategies need it. Fails with `GitError`. */
export interface GitRepository {
  /** First-parent history from a commit, newest first; with `paths`, those that each commit changed. */
  commits(options: { head: string; limit: number; paths: boolean }): Promise<HistoryCommit[]>;
  /** Tags that lead to commits, newest first. */
  tags(): Promise<readonly TagInfo[]>;
  /** Paths that commits, known from the other calls, changed compared with their first parents. */
  changedPaths(commits: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
}

/** What the same subscription found when it observed other references. */
export interface FoundFrom {
  observed: ObservedRefs;
  commits: readonly DiscoveredCommit[];
}

/** The references that are there now, and what was found before. */
export interface GitLook {
  observed: ObservedRefs | undefined;
  before: FoundFrom | undefined;
}

/** A way to select commits. One file each; {@link gitStrategies} lists them. */
export interface GitStrategy {
  /** What must change at the remote before looking again can find something else; absent if that cannot be told. */
  observe(subscription: GitSubscription, refs: RemoteRefs): ObservedRefs | undefined;
  /** Commits of what is observed, best first. Fails with `GitError`, or `SubscriptionError` where the subscription is at fault. */
  find(subscription: GitSubscription, repository: GitRepository, look: GitLook): Promise<DiscoveredCommit[]>;
}
