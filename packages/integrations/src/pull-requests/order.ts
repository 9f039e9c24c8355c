import type { PullRequest } from './port.ts';
import { PullRequestError } from './pull-request-error.ts';

/** Open ones first, then merged, then closed; the newest first among them. */
export function sortPullRequests(pullRequests: readonly PullRequest[]): PullRequest[] {
  const rank = ({ open, merged }: PullRequest): number => (open ? 0 : merged ? 1 : 2);
  const age = ({ createdAt }: PullRequest): number => (createdAt === undefined ? 0 : Date.parse(createdAt));
  return pullRequests.toSorted((a, b) => rank(a) - rank(b) || age(b) - age(a) || b.number - a.number);
}

/** Fails with what is allowed unless `method` is one of `methods`. */
export function checkMethod(provider: string, method: string | undefined, methods: readonly string[]): void {
  if (method === undefined || methods.includes(method)) return;
  throw new PullRequestError(
    'invalid',
    `mergeMethod ${JSON.stringify(method)} is unknown to ${provider}: use one of ${methods.join(', ')}`,
  );
}

/** The error for merging what was closed. */
export function closedUnmerged(number: number): PullRequestError {
  return new PullRequestError('refused', `pull request ${number} was closed without being merged; open another one`);
}

/** Reviewers, those that begin with `team/` as teams. */
export function usersAndTeams(reviewers: readonly string[]): { reviewers: string[]; team_reviewers: string[] } {
  const teams = reviewers.filter((name) => name.startsWith('team/')).map((name) => name.slice('team/'.length));
  return { reviewers: [...new Set(reviewers.filter((name) => !name.startsWith('team/')))], team_reviewers: [...new Set(teams)] };
}
