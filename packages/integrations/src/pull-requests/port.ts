/** Pull requests (merge requests) as a port, the same for every provider of repositories. */

export const GIT_PROVIDERS = ['azure', 'bitbucket', 'gitea', 'github', 'gitlab'] as const;
export type GitProvider = (typeof GIT_PROVIDERS)[number];

/** A repository at a provider. */
export interface PullRequestRepository {
  /** As git clones it. */
  url: string;
  /** Told from the host if absent. */
  provider?: GitProvider | undefined;
  /** The password is the API token. */
  credentials?: { username?: string | undefined; password?: string | undefined } | undefined;
  insecureSkipTLSVerify?: boolean | undefined;
}

export interface PullRequest {
  number: number;
  /** The page for people. */
  url: string;
  open: boolean;
  merged: boolean;
  draft: boolean;
  /** The commit that the target branch got; only of merged ones, where the provider tells. */
  mergeCommit?: string | undefined;
  /** Head of the source branch; some providers only tell its first digits. */
  headCommit?: string | undefined;
  /** RFC 3339. */
  createdAt?: string | undefined;
}

export interface NewPullRequest {
  sourceBranch: string;
  targetBranch: string;
  title: string;
  description: string;
  /** Ignored where the provider has no labels. */
  labels?: readonly string[] | undefined;
}

/** What came of an attempt to merge. `notReady`: later may be better; `reason` is for people. */
export type MergeOutcome = { kind: 'merged'; pullRequest: PullRequest } | { kind: 'notReady'; reason: string };

/**
 * What a `PullRequestError` carries. `unreachable`: no server, or one in trouble. `refused`: the provider understands and says no.
 * `invalid`: the request makes no sense as it is, or no provider can be told. `failed`: an answer that cannot be understood.
 */
export type PullRequestErrorCode =
  | 'unreachable'
  | 'timeout'
  | 'rateLimited'
  | 'aborted'
  | 'authentication'
  | 'notFound'
  | 'refused'
  | 'invalid'
  | 'failed';

interface Options {
  signal?: AbortSignal | undefined;
}

/** Fails with `PullRequestError`. */
export interface PullRequests {
  /** Pull requests from one branch to another: open ones first, then merged, then closed, and the newest first among them. */
  list(
    repository: PullRequestRepository,
    query: { sourceBranch: string; targetBranch: string; headCommit?: string | undefined },
    options?: Options,
  ): Promise<PullRequest[]>;
  get(repository: PullRequestRepository, number: number, options?: Options): Promise<PullRequest>;
  create(repository: PullRequestRepository, request: NewPullRequest, options?: Options): Promise<PullRequest>;
  /**
   * Merges if the pull request is ready; one that is merged already is a success. Fails with `refused` for one that was closed, has
   * conflicts, or may not be merged in this way, and with `invalid` for a `method` the provider does not know.
   */
  merge(
    repository: PullRequestRepository,
    number: number,
    options?: Options & { method?: string | undefined },
  ): Promise<MergeOutcome>;
}
