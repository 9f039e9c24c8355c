import { answerFailure, MAX_PAGES, wordsOf } from './api-client.ts';
import { asking, githubClient, isGitHubFailure } from './github-api.ts';
import type { GitHubFailure } from './github-api.ts';
import { checkMethod, closedUnmerged, usersAndTeams } from './order.ts';
import type { MergeOutcome, PullRequest } from './port.ts';
import { PullRequestError } from './pull-request-error.ts';
import type { Provider, ProviderContext } from './provider.ts';
import { ownerAndName } from './repository-place.ts';

/** A pull request as the API tells it, as far as it is used. */
interface Pull {
  number: number;
  html_url: string;
  title: string;
  body: string | null;
  state: string;
  draft?: boolean | undefined;
  merged?: boolean;
  merged_at: string | null;
  merge_commit_sha: string | null;
  mergeable?: boolean | null;
  mergeable_state?: string;
  head: { ref: string; sha: string };
  base: { ref: string };
  created_at: string;
}

const METHODS = ['merge', 'rebase', 'squash'] as const;

/** GitHub and GitHub Enterprise, through GitHub's own client. */
export function github(context: ProviderContext): Provider {
  const client = githubClient(context);
  const { owner, repo } = ownerAndName(context.place);
  const name = `${owner}/${repo}`;
  const read = async (number: number): Promise<Pull> =>
    asking(`read pull request ${number} of ${name}`, async () => {
      const { data } = await client.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', {
        owner,
        repo,
        pull_number: number,
      });
      return data as Pull;
    });

  const add = async (number: number, labels: readonly string[], reviewers: readonly string[]): Promise<void> => {
    if (labels.length > 0) {
      await asking(`label pull request ${number} of ${name}`, () =>
        client.request('POST /repos/{owner}/{repo}/issues/{issue_number}/labels', {
          owner,
          repo,
          issue_number: number,
          labels: [...labels],
        }),
      );
    }
    if (reviewers.length > 0) {
      await asking(`ask for reviews of pull request ${number} of ${name}`, () =>
        client.request('POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers', {
          owner,
          repo,
          pull_number: number,
          ...usersAndTeams(reviewers),
        }),
      );
    }
  };

  return {
    async list({ sourceBranch, targetBranch }) {
      const found: PullRequest[] = [];
      for (let page = 1; page <= MAX_PAGES; page += 1) {
        const pulls = await asking(`list the pull requests of ${name}`, async () => {
          const query = {
            owner,
            repo,
            state: 'all',
            head: `${owner}:${sourceBranch}`,
            base: targetBranch,
            per_page: 100,
            page,
          } as const;
          return (await client.request('GET /repos/{owner}/{repo}/pulls', query)).data as Pull[];
        });
        found.push(...pulls.map(described));
        if (pulls.length < 100) break;
      }
      return found;
    },

    get: async (number) => described(await read(number)),

    maxDescription: 65_536,
    maxTitle: 256,

    async create({ sourceBranch, targetBranch, title, description, labels = [], draft = false, reviewers = [] }) {
      const pull = await asking(`open a pull request in ${name}`, async () => {
        const body = {
          owner,
          repo,
          title,
          body: description,
          head: sourceBranch,
          base: targetBranch,
          maintainer_can_modify: false,
          ...(draft ? { draft } : {}),
        };
        return (await client.request('POST /repos/{owner}/{repo}/pulls', body)).data as Pull;
      });
      await add(pull.number, labels, reviewers);
      return described(pull);
    },

    async update(number, { title, description, labels = [], reviewers = [] }) {
      await add(number, labels, reviewers);
      return asking(`update pull request ${number} of ${name}`, async () => {
        const { data } = await client.request('PATCH /repos/{owner}/{repo}/pulls/{pull_number}', {
          owner,
          repo,
          pull_number: number,
          ...(title === undefined ? {} : { title }),
          ...(description === undefined ? {} : { body: description }),
        });
        return described(data as Pull);
      });
    },

    async close(number, comment) {
      await asking(`comment on pull request ${number} of ${name}`, () =>
        client.request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
          owner,
          repo,
          issue_number: number,
          body: comment,
        }),
      );
      await asking(`close pull request ${number} of ${name}`, () =>
        client.request('PATCH /repos/{owner}/{repo}/pulls/{pull_number}', { owner, repo, pull_number: number, state: 'closed' }),
      );
    },

    async merge(number, method): Promise<MergeOutcome> {
      checkMethod('GitHub', method, METHODS);
      const pull = await read(number);
      if (isMerged(pull)) return { kind: 'merged', pullRequest: described(pull) };
      if (pull.state !== 'open') throw closedUnmerged(number);
      const { ready, policyBlocked } = readiness(pull);
      if (ready !== undefined) return { kind: 'notReady', reason: ready };
      const action = `merge pull request ${number} of ${name}`;
      try {
        const merged = await asking(
          action,
          () =>
            client.request('PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge', {
              owner,
              repo,
              pull_number: number,
              // What was looked at is what is merged.
              sha: pull.head.sha,
              ...(method === undefined ? {} : { merge_method: method as (typeof METHODS)[number] }),
            }),
          [405, 409],
        );
        const { sha } = merged.data as { sha?: string | null };
        const after = { ...described(pull), open: false, merged: true };
        return {
          kind: 'merged',
          pullRequest: { ...after, ...(typeof sha === 'string' && sha !== '' ? { mergeCommit: sha } : {}) },
        };
      } catch (error) {
        if (!isGitHubFailure(error)) throw error;
        return refusal(action, error, policyBlocked);
      }
    },
  };
}

/** `ready`: why it is not, absent if merging can be tried. `policyBlocked`: rules of the repository are in the way, so far. */
function readiness(pull: Pull): { ready?: string; policyBlocked: boolean } {
  switch (pull.mergeable_state) {
    case 'clean':
    case 'unstable':
    case 'has_hooks':
      return { policyBlocked: false };
    case 'blocked':
    case 'behind':
      return { policyBlocked: true };
    case 'dirty':
      throw new PullRequestError('refused', `pull request ${pull.number} has conflicts with its target branch; resolve them`);
    case 'draft':
      return { ready: 'it is a draft', policyBlocked: false };
    case 'unknown':
      return { ready: 'GitHub is still finding out whether it can be merged', policyBlocked: false };
    default:
      if (pull.draft === true) return { ready: 'it is a draft', policyBlocked: false };
      return pull.mergeable === true ? { policyBlocked: false } : { ready: 'it cannot be merged yet', policyBlocked: false };
  }
}

function refusal(action: string, error: GitHubFailure, policyBlocked: boolean): MergeOutcome {
  const said = wordsOf(error.response?.data);
  // The head moved between looking and merging.
  if (error.status === 409) return { kind: 'notReady', reason: said };
  if (!/not allowed/i.test(said) && (policyBlocked || /Base branch was modified|Pull Request is not mergeable/i.test(said)))
    return { kind: 'notReady', reason: said };
  throw answerFailure(action, error.status, {}, error.response?.data);
}

function isMerged(pull: Pull): boolean {
  return pull.merged ?? pull.merged_at !== null;
}

function described(pull: Pull): PullRequest {
  const merged = isMerged(pull);
  return {
    number: pull.number,
    url: pull.html_url,
    title: pull.title,
    description: pull.body ?? '',
    sourceBranch: pull.head.ref,
    targetBranch: pull.base.ref,
    open: pull.state === 'open',
    merged,
    draft: pull.draft === true,
    headCommit: pull.head.sha,
    createdAt: pull.created_at,
    // Of an open one it is a test merge, which never reaches the target branch.
    ...(merged && pull.merge_commit_sha !== null ? { mergeCommit: pull.merge_commit_sha } : {}),
  };
}
