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
  title: string;
  /** As the provider keeps it: cut off if it was too long. */
  description: string;
  sourceBranch: string;
  targetBranch: string;
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
  /** Opens it as a draft, which cannot be merged before somebody says that it is ready. */
  draft?: boolean | undefined;
  /** Who is asked for a review, as the provider names people: see {@link PullRequests.create}. */
  reviewers?: readonly string[] | undefined;
}

/** What is to become of an open pull request; what is absent stays. */
export interface PullRequestChange {
  title?: string | undefined;
  description?: string | undefined;
  /** Added to those that it has. */
  labels?: readonly string[] | undefined;
  /** Added to those who are asked already. */
  reviewers?: readonly string[] | undefined;
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
  /**
   * Opens a pull request. Titles that are too long for the provider lose their end, descriptions their middle: the last paragraph stays. Reviewers are told
   * by user name; `team/NAME` is a team at GitHub and Gitea, Bitbucket Cloud wants account ids or `{uuid}`, Azure DevOps ids of identities.
   */
  create(repository: PullRequestRepository, request: NewPullRequest, options?: Options): Promise<PullRequest>;
  /** Changes title and description of an open one, and adds labels and reviewers. */
  update(repository: PullRequestRepository, number: number, change: PullRequestChange, options?: Options): Promise<PullRequest>;
  /** Closes it without merging, saying why in a comment. One that is closed or merged stays as it is, without a comment. */
  close(repository: PullRequestRepository, number: number, reason: string, options?: Options): Promise<PullRequest>;
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
