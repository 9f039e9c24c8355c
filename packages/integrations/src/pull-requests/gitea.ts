import { ApiClient, MAX_PAGES } from './api-client.ts';
import { checkMethod, closedUnmerged, usersAndTeams } from './order.ts';
import type { MergeOutcome, PullRequest } from './port.ts';
import { PullRequestError } from './pull-request-error.ts';
import type { Provider, ProviderContext } from './provider.ts';
import { ownerAndName } from './repository-place.ts';

interface Pull {
  number: number;
  html_url: string;
  title: string;
  body: string;
  state: string;
  draft?: boolean;
  merged: boolean;
  mergeable?: boolean;
  merge_commit_sha: string | null;
  head: { ref: string; sha: string };
  base: { ref: string };
  created_at: string;
}

const METHODS = ['merge', 'rebase', 'rebase-merge', 'squash', 'fast-forward-only', 'manually-merged'];
const PAGE = 50;
/** What titles of drafts begin with. */
const DRAFT = 'WIP: ';

/** Gitea and Forgejo. */
export function gitea({ http, place, repository, apiBase, signal }: ProviderContext): Provider {
  const { owner, repo } = ownerAndName(place);
  const name = `${owner}/${repo}`;
  const api = new ApiClient({
    http,
    base: apiBase ?? `${place.origin}/api/v1`,
    headers: { authorization: `token ${repository.credentials?.password ?? ''}` },
    insecureSkipTLSVerify: repository.insecureSkipTLSVerify,
    signal,
  });
  const root = `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(repo)}`;
  const read = async (number: number): Promise<Pull> =>
    (await api.send<Pull>(`read pull request ${number} of ${name}`, 'GET', `${root}/pulls/${number}`)).json;
  const all = async <T>(action: string, path: string, query: Record<string, string> = {}): Promise<T[]> => {
    const found: T[] = [];
    for (let page = 1; page <= MAX_PAGES; page += 1) {
      const { json } = await api.send<T[] | null>(action, 'GET', path, { query: { ...query, limit: PAGE, page } });
      // Servers may be set up for smaller pages than were asked for.
      if (json === null || json.length === 0) break;
      found.push(...json);
    }
    return found;
  };
  const labelIds = async (labels: readonly string[]): Promise<number[]> => {
    if (labels.length === 0) return [];
    const known = new Map(
      (await all<{ id: number; name: string }>(`list the labels of ${name}`, `${root}/labels`)).map((label) => [
        label.name,
        label.id,
      ]),
    );
    const missing = [...new Set(labels.filter((label) => !known.has(label)))];
    if (missing.length > 0)
      throw new PullRequestError('refused', `labels not found in repository ${name}: ${missing.join(', ')}; make them first`);
    return [...new Set(labels.map((label) => known.get(label)!))];
  };

  const ask = async (number: number, reviewers: readonly string[]): Promise<void> => {
    if (reviewers.length > 0) {
      const action = `ask for reviews of pull request ${number} of ${name}`;
      const path = `${root}/pulls/${number}/requested_reviewers`;
      await api.send(action, 'POST', path, { body: usersAndTeams(reviewers) });
    }
  };

  return {
    maxDescription: 65_535,
    maxTitle: 255 - DRAFT.length,

    async list({ sourceBranch, targetBranch }) {
      const pulls = await all<Pull>(`list the pull requests of ${name}`, `${root}/pulls`, { state: 'all', sort: 'recentupdate' });
      return pulls.filter(({ head, base }) => head.ref === sourceBranch && base.ref === targetBranch).map(described);
    },

    get: async (number) => described(await read(number)),

    async create({ sourceBranch, targetBranch, title, description, labels = [], draft = false, reviewers = [] }) {
      const body = {
        // The title is what makes a draft.
        title: draft ? `${DRAFT}${title}` : title,
        body: description,
        head: sourceBranch,
        base: targetBranch,
        labels: await labelIds(labels),
      };
      const { json: pull } = await api.send<Pull>(`open a pull request in ${name}`, 'POST', `${root}/pulls`, { body });
      await ask(pull.number, reviewers);
      return described(pull);
    },

    async update(number, { title, description, labels = [], reviewers = [] }) {
      if (labels.length > 0) {
        const body = { labels: await labelIds(labels) };
        await api.send(`label pull request ${number} of ${name}`, 'POST', `${root}/issues/${number}/labels`, { body });
      }
      await ask(number, reviewers);
      const before = title === undefined ? undefined : await read(number);
      const body = {
        ...(title === undefined ? {} : { title: before?.title.startsWith(DRAFT) === true ? `${DRAFT}${title}` : title }),
        ...(description === undefined ? {} : { body: description }),
      };
      const action = `update pull request ${number} of ${name}`;
      return described((await api.send<Pull>(action, 'PATCH', `${root}/pulls/${number}`, { body })).json);
    },

    async close(number, comment) {
      const comments = `${root}/issues/${number}/comments`;
      await api.send(`comment on pull request ${number} of ${name}`, 'POST', comments, { body: { body: comment } });
      const action = `close pull request ${number} of ${name}`;
      await api.send(action, 'PATCH', `${root}/pulls/${number}`, { body: { state: 'closed' } });
    },

    async merge(number, method = 'merge'): Promise<MergeOutcome> {
      checkMethod('Gitea', method, METHODS);
      const pull = await read(number);
      if (pull.merged) return { kind: 'merged', pullRequest: described(pull) };
      if (pull.state !== 'open') throw closedUnmerged(number);
      if (pull.draft === true) return { kind: 'notReady', reason: 'it is a draft' };
      if (pull.mergeable !== true) return { kind: 'notReady', reason: 'it has conflicts, or checks or approvals are missing' };
      const body = {
        Do: method,
        head_commit_id: pull.head.sha,
        // That this commit is in the target branch already is what the server then finds out.
        ...(method === 'manually-merged' ? { MergeCommitID: pull.head.sha } : {}),
      };
      try {
        await api.send(`merge pull request ${number} of ${name}`, 'POST', `${root}/pulls/${number}/merge`, { body });
      } catch (error) {
        // 405: not mergeable after all. 409: the head moved between looking and merging.
        if (!(error instanceof PullRequestError) || (error.status !== 405 && error.status !== 409)) throw error;
        return { kind: 'notReady', reason: error.message };
      }
      const after = await read(number);
      return after.merged
        ? { kind: 'merged', pullRequest: described(after) }
        : { kind: 'notReady', reason: 'it is being merged' };
    },
  };
}

function described(pull: Pull): PullRequest {
  return {
    number: pull.number,
    url: pull.html_url,
    title: pull.title.startsWith(DRAFT) ? pull.title.slice(DRAFT.length) : pull.title,
    description: pull.body,
    sourceBranch: pull.head.ref,
    targetBranch: pull.base.ref,
    open: pull.state === 'open',
    merged: pull.merged,
    draft: pull.draft === true,
    headCommit: pull.head.sha,
    createdAt: pull.created_at,
    ...(pull.merged && pull.merge_commit_sha !== null && pull.merge_commit_sha !== ''
      ? { mergeCommit: pull.merge_commit_sha }
      : {}),
  };
}
