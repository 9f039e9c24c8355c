/** Commits made through the API of GitHub, which signs those that name no author. */
import { asking, githubClient, isGitHubFailure } from './github-api.ts';
import type { PullRequestRepository } from './port.ts';
import { PullRequestError } from './pull-request-error.ts';
import type { RealPullRequestsOptions } from './real-pull-requests.ts';
import { ownerAndName, providerOf, repositoryPlace } from './repository-place.ts';

/** Who made a commit, and when (RFC 3339). */
export interface CommitSignatory {
  name: string;
  email: string;
  date: string;
}

/** A commit to be made of objects the repository has already. */
export interface HostedCommit {
  message: string;
  tree: string;
  parents: readonly string[];
  /** Without author and committer GitHub takes the token's owner, and signs. */
  author?: CommitSignatory | undefined;
  committer?: CommitSignatory | undefined;
}

interface Options {
  signal?: AbortSignal | undefined;
}

/** Fails with `PullRequestError`. */
export interface GitHubCommits {
  /** What `head` is in relation to `base`: `identical`, `ahead`, `behind` or `diverged`. */
  compare(repository: PullRequestRepository, base: string, head: string, options?: Options): Promise<string>;
  /** Makes a commit and returns its id. No branch leads to it yet. */
  createCommit(repository: PullRequestRepository, commit: HostedCommit, options?: Options): Promise<string>;
  /** Moves or makes a branch. False if it has moved, or come into being, meanwhile. */
  setBranch(
    repository: PullRequestRepository,
    change: { name: string; commit: string; create: boolean; force: boolean },
    options?: Options,
  ): Promise<boolean>;
}

/** GitHub's API for commits, through GitHub's own client. */
export function realGitHubCommits(options: RealPullRequestsOptions): GitHubCommits {
  const at = (repository: PullRequestRepository, signal: AbortSignal | undefined) => {
    const place = repositoryPlace(repository.url);
    if (repository.provider === undefined && providerOf(repository, place) !== 'github')
      throw new PullRequestError('invalid', `${place.hostname} is not GitHub; push with git-push there`);
    const { http, clock } = options;
    const context = { http, clock, place, repository, signal, apiBase: options.apiBases?.[place.hostname] };
    return { client: githubClient(context), ...ownerAndName(place) };
  };
  return {
    async compare(repository, base, head, { signal } = {}) {
      const { client, owner, repo } = at(repository, signal);
      return asking(`compare commits of ${owner}/${repo}`, async () => {
        const query = { owner, repo, basehead: `${base}...${head}`, per_page: 1 };
        const { data } = await client.request('GET /repos/{owner}/{repo}/compare/{basehead}', query);
        return (data as { status: string }).status;
      });
    },

    async createCommit(repository, commit, { signal } = {}) {
      const { client, owner, repo } = at(repository, signal);
      return asking(`make a commit in ${owner}/${repo}`, async () => {
        const { author, committer, message, tree, parents } = commit;
        const { data } = await client.request('POST /repos/{owner}/{repo}/git/commits', {
          owner,
          repo,
          message,
          tree,
          parents: [...parents],
          ...(author === undefined ? {} : { author }),
          ...(committer === undefined ? {} : { committer }),
        });
        return (data as { sha: string }).sha;
      });
    },

    async setBranch(repository, { name, commit: sha, create, force }, { signal } = {}) {
      const { client, owner, repo } = at(repository, signal);
      try {
        await asking(
          `move branch ${name} of ${owner}/${repo}`,
          (): Promise<unknown> =>
            create
              ? client.request('POST /repos/{owner}/{repo}/git/refs', { owner, repo, ref: `refs/heads/${name}`, sha })
              : client.request('PATCH /repos/{owner}/{repo}/git/refs/{ref}', { owner, repo, ref: `heads/${name}`, sha, force }),
          [422],
        );
        return true;
      } catch (error) {
        if (isGitHubFailure(error)) return false;
        throw error;
      }
    },
  };
}
