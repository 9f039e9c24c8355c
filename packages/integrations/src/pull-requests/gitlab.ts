import { ApiClient, MAX_PAGES } from './api-client.ts';
import { checkMethod, closedUnmerged } from './order.ts';
import type { MergeOutcome, PullRequest } from './port.ts';
import { PullRequestError } from './pull-request-error.ts';
import type { Provider, ProviderContext } from './provider.ts';

/** What GitLab answers to a merge that may be possible later. */
const NOT_READY: ReadonlySet<number> = new Set([405, 406, 409, 422]);

/** What titles of drafts begin with. */
const DRAFT = 'Draft: ';

interface MergeRequest {
  iid: number;
  web_url: string;
  title: string;
  description: string | null;
  reviewers?: { id: number }[] | null;
  source_branch: string;
  target_branch: string;
  state: 'opened' | 'closed' | 'locked' | 'merged';
  draft?: boolean;
  sha: string | null;
  merge_commit_sha?: string | null;
  squash_commit_sha?: string | null;
  detailed_merge_status?: string;
  created_at: string;
}

/** GitLab, hosted or one's own. Merge requests are told by the number within their project. */
export function gitlab({ http, place, repository, apiBase, signal }: ProviderContext): Provider {
  const name = place.path.join('/');
  const api = new ApiClient({
    http,
    base: apiBase ?? `${place.origin}/api/v4`,
    headers: { 'private-token': repository.credentials?.password ?? '' },
    insecureSkipTLSVerify: repository.insecureSkipTLSVerify,
    signal,
  });
  const requests = `/projects/${encodeURIComponent(name)}/merge_requests`;
  const read = async (number: number): Promise<MergeRequest> =>
    (await api.send<MergeRequest>(`read merge request ${number} of ${name}`, 'GET', `${requests}/${number}`)).json;

  const userIds = async (names: readonly string[]): Promise<number[]> => {
    const ids: number[] = [];
    for (const username of new Set(names)) {
      const action = `look up user ${username} for ${name}`;
      const { json } = await api.send<{ id: number }[]>(action, 'GET', '/users', { query: { username } });
      const [found] = json;
      if (found === undefined) throw new PullRequestError('refused', `GitLab has no user ${username}; name another reviewer`);
      ids.push(found.id);
    }
    return ids;
  };

  return {
    maxDescription: 1_048_576,
    maxTitle: 255 - DRAFT.length,

    async list({ sourceBranch, targetBranch }) {
      const found: PullRequest[] = [];
      for (let page = 1; page <= MAX_PAGES; page += 1) {
        const query = { state: 'all', source_branch: sourceBranch, target_branch: targetBranch, per_page: 100, page };
        const { json } = await api.send<MergeRequest[]>(`list the merge requests of ${name}`, 'GET', requests, { query });
        found.push(...json.map(described));
        if (json.length < 100) break;
      }
      return found;
    },

    get: async (number) => described(await read(number)),

    async create({ sourceBranch, targetBranch, title, description, labels = [], draft = false, reviewers = [] }) {
      const ids = await userIds(reviewers);
      const { json } = await api.send<MergeRequest>(`open a merge request in ${name}`, 'POST', requests, {
        body: {
          source_branch: sourceBranch,
          target_branch: targetBranch,
          // The title is what makes a draft.
          title: draft ? `${DRAFT}${title}` : title,
          description,
          ...(ids.length === 0 ? {} : { reviewer_ids: ids }),
          ...(labels.length === 0 ? {} : { labels: labels.join(',') }),
        },
      });
      return described(json);
    },

    async update(number, { title, description, labels = [], reviewers = [] }) {
      const before = await read(number);
      const asked = (before.reviewers ?? []).map(({ id }) => id);
      const ids = await userIds(reviewers);
      const body = {
        ...(title === undefined ? {} : { title: before.draft === true ? `${DRAFT}${title}` : title }),
        ...(description === undefined ? {} : { description }),
        ...(labels.length === 0 ? {} : { add_labels: labels.join(',') }),
        ...(ids.length === 0 ? {} : { reviewer_ids: [...new Set([...asked, ...ids])] }),
      };
      // A change of nothing is refused.
      if (Object.keys(body).length === 0) return described(before);
      const action = `update merge request ${number} of ${name}`;
      return described((await api.send<MergeRequest>(action, 'PUT', `${requests}/${number}`, { body })).json);
    },

    async close(number, comment) {
      const at = `${requests}/${number}`;
      await api.send(`comment on merge request ${number} of ${name}`, 'POST', `${at}/notes`, { body: { body: comment } });
      await api.send(`close merge request ${number} of ${name}`, 'PUT', at, { body: { state_event: 'close' } });
    },

    async merge(number, method): Promise<MergeOutcome> {
      checkMethod('GitLab', method, ['merge', 'squash']);
      const request = await read(number);
      if (request.state === 'merged') return { kind: 'merged', pullRequest: described(request) };
      if (request.state === 'closed') throw closedUnmerged(number);
      if (request.state === 'locked') return { kind: 'notReady', reason: 'it is being merged' };
      if (request.draft === true) return { kind: 'notReady', reason: 'it is a draft' };
      if (request.detailed_merge_status !== 'mergeable')
        return { kind: 'notReady', reason: `GitLab says ${(request.detailed_merge_status ?? 'nothing').replaceAll('_', ' ')}` };
      const body = { sha: request.sha, ...(method === undefined ? {} : { squash: method === 'squash' }) };
      try {
        const { json } = await api.send<MergeRequest>(
          `merge merge request ${number} of ${name}`,
          'PUT',
          `${requests}/${number}/merge`,
          {
            body,
          },
        );
        return json.state === 'merged'
          ? { kind: 'merged', pullRequest: described(json) }
          : { kind: 'notReady', reason: 'it is being merged' };
      } catch (error) {
        // 405: not mergeable after all. 409: the head moved between looking and merging. 422 (406 in old versions): the branch cannot be merged,
        // which may be because that is still being looked into.
        if (!(error instanceof PullRequestError) || !NOT_READY.has(error.status ?? 0)) throw error;
        return { kind: 'notReady', reason: error.message };
      }
    },
  };
}

function described(request: MergeRequest): PullRequest {
  const merged = request.state === 'merged';
  // Merging by moving the branch forward makes no commit of its own.
  const commit = [request.merge_commit_sha, request.squash_commit_sha, request.sha].find((sha) => (sha ?? '') !== '');
  return {
    number: request.iid,
    url: request.web_url,
    title: request.title.replace(/^Draft: /, ''),
    description: request.description ?? '',
    sourceBranch: request.source_branch,
    targetBranch: request.target_branch,
    open: request.state === 'opened' || request.state === 'locked',
    merged,
    draft: request.draft === true,
    createdAt: request.created_at,
    ...(request.sha === null ? {} : { headCommit: request.sha }),
    ...(merged && typeof commit === 'string' ? { mergeCommit: commit } : {}),
  };
}
