import { ApiClient, MAX_PAGES } from './api-client.ts';
import { checkMethod, closedUnmerged } from './order.ts';
import type { MergeOutcome, PullRequest } from './port.ts';
import { PullRequestError } from './pull-request-error.ts';
import type { Provider, ProviderContext } from './provider.ts';
import { ownerAndName } from './repository-place.ts';

interface Pull {
  number: number;
  html_url: string;
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

  return {
    async list({ sourceBranch, targetBranch }) {
      const pulls = await all<Pull>(`list the pull requests of ${name}`, `${root}/pulls`, { state: 'all', sort: 'recentupdate' });
      return pulls.filter(({ head, base }) => head.ref === sourceBranch && base.ref === targetBranch).map(described);
    },

    get: async (number) => described(await read(number)),

    async create({ sourceBranch, targetBranch, title, description, labels = [] }) {
      const body = { title, body: description, head: sourceBranch, base: targetBranch, labels: await labelIds(labels) };
      return described((await api.send<Pull>(`open a pull request in ${name}`, 'POST', `${root}/pulls`, { body })).json);
    },

    async merge(number, method = 'merge'): Promise<MergeOutcome> {
      checkMethod('Gitea', method, METHODS);
      const pull = await read(number);
      if (pull.merged) return { kind: 'merged', pullRequest: described(pull) };
      if (pull.state !== 'open') throw closedUnmerged(number);
      if (pull.draft === true) return { kind: 'notReady', reason: 'it is a draft' };
      if (pull.mergeable !== true) return { kind: 'notReady', reason: 'it has conflicts, or checks or approvals are missing' };
      const body = { Do: method, head_commit_id: pull.head.sha };
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
