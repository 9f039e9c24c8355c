import type { Clock } from '@kargo/kube';
import type { Http } from '../http/port.ts';
import type { MergeOutcome, NewPullRequest, PullRequest, PullRequestChange, PullRequestRepository } from './port.ts';
import type { RepositoryPlace } from './repository-place.ts';

/** What a provider works with. */
export interface ProviderContext {
  http: Http;
  clock: Clock;
  place: RepositoryPlace;
  repository: PullRequestRepository;
  /** Base of the API instead of the one that follows from the place. */
  apiBase: string | undefined;
  signal: AbortSignal | undefined;
}

/** A provider as one repository sees it. One file each. */
export interface Provider {
  /** In any order, possibly more than were asked for. */
  list(query: { sourceBranch: string; targetBranch: string }): Promise<PullRequest[]>;
  get(number: number): Promise<PullRequest>;
  create(request: NewPullRequest): Promise<PullRequest>;
  /** Of an open one. */
  update(number: number, change: PullRequestChange): Promise<PullRequest>;
  /** Of an open one: the comment, then the end. */
  close(number: number, comment: string): Promise<void>;
  /** Characters of the longest description. */
  readonly maxDescription: number;
  /** Characters of the longest title, without what marks drafts. */
  readonly maxTitle: number;
  merge(number: number, method: string | undefined): Promise<MergeOutcome>;
}
