import { timestamp } from '@kargo/kube';
import { ApiClient, MAX_PAGES } from './api-client.ts';
import { checkMethod, closedUnmerged } from './order.ts';
import type { MergeOutcome, PullRequest } from './port.ts';
import { PullRequestError } from './pull-request-error.ts';
import type { Provider, ProviderContext } from './provider.ts';
import type { RepositoryPlace } from './repository-place.ts';

interface Pull {
  id: number;
  version: number;
  state: 'OPEN' | 'MERGED' | 'DECLINED';
  title: string;
  description?: string;
  reviewers?: { user: { name: string } }[];
  draft?: boolean;
  links: { self: { href: string }[] };
  fromRef: { displayId: string; latestCommit: string };
  toRef: { displayId: string };
  properties?: { mergeCommit?: { id: string } };
  /** Epoch milliseconds. */
  createdDate: number;
}

const METHODS = ['no-ff', 'ff', 'ff-only', 'rebase-no-ff', 'rebase-ff-only', 'squash', 'squash-ff-only'];

/** Bitbucket on one's own servers. It has no labels. Merge methods are the ids of its merge strategies. */
export function bitbucketDataCenter({ http, place, repository, apiBase, signal }: ProviderContext): Provider {
  const { context, project, repo } = repositoryOf(place);
  const name = `${project}/${repo}`;
  const { username = '', password = '' } = repository.credentials ?? {};
  const authorization =
    username === '' || username === 'x-token-auth'
      ? `Bearer ${password}`
      : `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const api = new ApiClient({
    http,
    base: apiBase ?? `${place.origin}${context}/rest/api/latest`,
    // Otherwise the server takes changes for forgeries of a browser.
    headers: { authorization, 'x-atlassian-token': 'no-check' },
    insecureSkipTLSVerify: repository.insecureSkipTLSVerify,
    signal,
  });
  const self = { slug: repo, project: { key: project } };
  const pulls = `/projects/${encodeURIComponent(project)}/repos/${encodeURIComponent(repo)}/pull-requests`;
  const read = async (number: number): Promise<Pull> =>
    (await api.send<Pull>(`read pull request ${number} of ${name}`, 'GET', `${pulls}/${number}`)).json;

  return {
    maxDescription: 32_768,
    maxTitle: 255,

    async list({ sourceBranch, targetBranch }) {
      const found: PullRequest[] = [];
      let start = 0;
      for (let page = 1; page <= MAX_PAGES; page += 1) {
        const query = { state: 'ALL', direction: 'OUTGOING', at: `refs/heads/${sourceBranch}`, limit: 100, start };
        const { json } = await api.send<{ values: Pull[]; isLastPage: boolean; nextPageStart?: number | null }>(
          `list the pull requests of ${name}`,
          'GET',
          pulls,
          { query },
        );
        found.push(
          ...json.values
            .filter(({ fromRef, toRef }) => fromRef.displayId === sourceBranch && toRef.displayId === targetBranch)
            .map(described),
        );
        if (json.isLastPage || json.nextPageStart === null || json.nextPageStart === undefined) break;
        start = json.nextPageStart;
      }
      return found;
    },

    get: async (number) => described(await read(number)),

    async create({ sourceBranch, targetBranch, title, description, draft = false, reviewers = [] }) {
      const body = {
        title,
        description,
        fromRef: { id: `refs/heads/${sourceBranch}`, repository: self },
        toRef: { id: `refs/heads/${targetBranch}`, repository: self },
        ...(draft ? { draft } : {}),
        ...(reviewers.length === 0 ? {} : { reviewers: [...new Set(reviewers)].map((user) => ({ user: { name: user } })) }),
      };
      return described((await api.send<Pull>(`open a pull request in ${name}`, 'POST', pulls, { body })).json);
    },

    async update(number, { title, description, reviewers = [] }) {
      const before = await read(number);
      const asked = [...(before.reviewers ?? []).map(({ user }) => user.name), ...reviewers];
      const body = {
        version: before.version,
        title: title ?? before.title,
        description: description ?? before.description ?? '',
        // Those that are left out would be removed.
        reviewers: [...new Set(asked)].map((user) => ({ user: { name: user } })),
      };
      const action = `update pull request ${number} of ${name}`;
      return described((await api.send<Pull>(action, 'PUT', `${pulls}/${number}`, { body })).json);
    },

    async close(number, comment) {
      const at = `${pulls}/${number}`;
      await api.send(`comment on pull request ${number} of ${name}`, 'POST', `${at}/comments`, { body: { text: comment } });
      const { version } = await read(number);
      await api.send(`decline pull request ${number} of ${name}`, 'POST', `${at}/decline`, { query: { version } });
    },

    async merge(number, method): Promise<MergeOutcome> {
      checkMethod('Bitbucket', method, METHODS);
      const pull = await read(number);
      if (pull.state === 'MERGED') return { kind: 'merged', pullRequest: described(pull) };
      if (pull.state !== 'OPEN') throw closedUnmerged(number);
      if (pull.draft === true) return { kind: 'notReady', reason: 'it is a draft' };
      const { json: check } = await api.send<{ canMerge: boolean; conflicted: boolean; vetoes?: { summaryMessage: string }[] }>(
        `ask whether pull request ${number} of ${name} can be merged`,
        'GET',
        `${pulls}/${number}/merge`,
      );
      if (!check.canMerge) {
        const vetoes = (check.vetoes ?? []).map(({ summaryMessage }) => summaryMessage);
        return { kind: 'notReady', reason: check.conflicted ? 'it has conflicts' : vetoes.join('; ') };
      }
      const answer = await api.send<Pull>(`merge pull request ${number} of ${name}`, 'POST', `${pulls}/${number}/merge`, {
        query: { version: pull.version },
        body: method === undefined ? {} : { strategyId: method },
        accept: [409],
      });
      if (answer.status === 409) return { kind: 'notReady', reason: 'it has changed meanwhile' };
      return { kind: 'merged', pullRequest: described(answer.json) };
    },
  };
}

/** `[context/]scm/PROJECT/REPOSITORY` over HTTP, `PROJECT/REPOSITORY` over SSH; `users/NAME` and `~NAME` are projects too. */
function repositoryOf({ path, hostname }: RepositoryPlace): { context: string; project: string; repo: string } {
  const at = path.indexOf('scm');
  const [project, repo, ...more] = path.slice(at + 1);
  if (project === undefined || repo === undefined || more.length > 0)
    throw new PullRequestError(
      'invalid',
      `the path of a repository of ${hostname} must be scm/PROJECT/REPOSITORY, not ${path.join('/')}`,
    );
  return {
    context: path
      .slice(0, Math.max(at, 0))
      .map((part) => `/${part}`)
      .join(''),
    project,
    repo,
  };
}

function described(pull: Pull): PullRequest {
  const merged = pull.state === 'MERGED';
  const mergeCommit = pull.properties?.mergeCommit?.id;
  return {
    number: pull.id,
    url: pull.links.self[0]?.href ?? '',
    title: pull.title,
    description: pull.description ?? '',
    sourceBranch: pull.fromRef.displayId,
    targetBranch: pull.toRef.displayId,
    open: pull.state === 'OPEN',
    merged,
    draft: pull.draft === true,
    headCommit: pull.fromRef.latestCommit,
    createdAt: timestamp(pull.createdDate),
    ...(merged && mergeCommit !== undefined ? { mergeCommit } : {}),
  };
}
