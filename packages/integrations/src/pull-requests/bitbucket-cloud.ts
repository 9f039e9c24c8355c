import { ApiClient, MAX_PAGES } from './api-client.ts';
import { checkMethod, closedUnmerged } from './order.ts';
import type { MergeOutcome, PullRequest } from './port.ts';
import type { Provider, ProviderContext } from './provider.ts';
import { ownerAndName } from './repository-place.ts';

interface Pull {
  id: number;
  state: 'OPEN' | 'MERGED' | 'DECLINED' | 'SUPERSEDED';
  draft?: boolean;
  links: { html: { href: string } };
  title: string;
  description?: string | null;
  source: { branch: { name: string }; commit: { hash: string } | null };
  destination: { branch: { name: string } };
  merge_commit?: { hash: string } | null;
  created_on: string;
}

const STATES = ['OPEN', 'MERGED', 'DECLINED', 'SUPERSEDED'];
const METHODS = ['merge_commit', 'squash', 'fast_forward', 'squash_fast_forward', 'rebase_fast_forward', 'rebase_merge'];

/** bitbucket.org. It has no labels, and tells only the first digits of commits. */
export function bitbucketCloud({ http, place, repository, apiBase, signal }: ProviderContext): Provider {
  const { owner, repo } = ownerAndName(place);
  const name = `${owner}/${repo}`;
  const { username = '', password = '' } = repository.credentials ?? {};
  const authorization =
    username === '' || username === 'x-token-auth'
      ? `Bearer ${password}`
      : `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const api = new ApiClient({
    http,
    base: apiBase ?? 'https://api.bitbucket.org/2.0',
    headers: { authorization },
    insecureSkipTLSVerify: repository.insecureSkipTLSVerify,
    signal,
  });
  const root = `/repositories/${encodeURIComponent(owner)}/${encodeURIComponent(repo)}`;
  const read = async (number: number): Promise<Pull> =>
    (await api.send<Pull>(`read pull request ${number} of ${name}`, 'GET', `${root}/pullrequests/${number}`)).json;

  const described = async (pull: Pull): Promise<PullRequest> => {
    const merged = pull.state === 'MERGED';
    const short = merged ? (pull.merge_commit?.hash ?? '') : '';
    const mergeCommit =
      short === ''
        ? undefined
        : (await api.send<{ hash: string }>(`read commit ${short} of ${name}`, 'GET', `${root}/commit/${short}`)).json.hash;
    return { ...summary(pull), ...(mergeCommit === undefined ? {} : { mergeCommit }) };
  };

  return {
    maxDescription: 32_768,
    maxTitle: 255,

    async list({ sourceBranch, targetBranch }) {
      const quoted = (text: string): string => JSON.stringify(text);
      const states = STATES.map((state) => `state=${state}`).join('&');
      // Said twice: without either, only open ones are told.
      const anyState = STATES.map((state) => `state = ${quoted(state)}`).join(' OR ');
      const branches = `source.branch.name = ${quoted(sourceBranch)} AND destination.branch.name = ${quoted(targetBranch)}`;
      const query = { q: `${branches} AND (${anyState})`, pagelen: 50 };
      const found: PullRequest[] = [];
      let path: string | undefined = `${root}/pullrequests?${states}`;
      for (let page = 1; path !== undefined && page <= MAX_PAGES; page += 1) {
        type Page = { values: Pull[]; next?: string };
        const first = page === 1 ? { query } : {};
        const { json }: { json: Page } = await api.send<Page>(`list the pull requests of ${name}`, 'GET', path, first);
        found.push(...json.values.map(summary));
        path = json.next;
      }
      return found;
    },

    get: async (number) => described(await read(number)),

    async create({ sourceBranch, targetBranch, title, description, draft = false, reviewers = [] }) {
      const body = {
        title,
        description,
        source: { branch: { name: sourceBranch } },
        destination: { branch: { name: targetBranch } },
        ...(draft ? { draft } : {}),
        ...(reviewers.length === 0 ? {} : { reviewers: [...new Set(reviewers)].map(reviewerOf) }),
      };
      return summary((await api.send<Pull>(`open a pull request in ${name}`, 'POST', `${root}/pullrequests`, { body })).json);
    },

    async update(number, { title, description, reviewers = [] }) {
      // What is left out of a change is taken for empty.
      const { json: before } = await api.send<Pull & { reviewers?: { uuid: string }[] }>(
        `read pull request ${number} of ${name}`,
        'GET',
        `${root}/pullrequests/${number}`,
      );
      const body = {
        title: title ?? before.title,
        description: description ?? before.description ?? '',
        destination: { branch: { name: before.destination.branch.name } },
        reviewers: [
          ...(before.reviewers ?? []).map(({ uuid }) => ({ uuid })),
          ...[...new Set(reviewers)].filter((one) => before.reviewers?.some(({ uuid }) => uuid === one) !== true).map(reviewerOf),
        ],
      };
      const action = `update pull request ${number} of ${name}`;
      return described((await api.send<Pull>(action, 'PUT', `${root}/pullrequests/${number}`, { body })).json);
    },

    async close(number, comment) {
      const at = `${root}/pullrequests/${number}`;
      const body = { content: { raw: comment } };
      await api.send(`comment on pull request ${number} of ${name}`, 'POST', `${at}/comments`, { body });
      await api.send(`decline pull request ${number} of ${name}`, 'POST', `${at}/decline`);
    },

    async merge(number, method): Promise<MergeOutcome> {
      checkMethod('Bitbucket', method, METHODS);
      const pull = await read(number);
      if (pull.state === 'MERGED') return { kind: 'merged', pullRequest: await described(pull) };
      if (pull.state !== 'OPEN') throw closedUnmerged(number);
      if (pull.draft === true) return { kind: 'notReady', reason: 'it is a draft' };
      const body = { type: 'pullrequest', ...(method === undefined ? {} : { merge_strategy: method }) };
      const answer = await api.send<Pull>(
        `merge pull request ${number} of ${name}`,
        'POST',
        `${root}/pullrequests/${number}/merge`,
        {
          body,
          accept: [409],
        },
      );
      if (answer.status === 202) return { kind: 'notReady', reason: 'it is being merged' };
      if (answer.status === 409) return { kind: 'notReady', reason: 'its branches are changing' };
      return { kind: 'merged', pullRequest: await described(answer.json) };
    },
  };
}

/** People have no user names any more: an account id, or a UUID in braces. */
function reviewerOf(name: string): { uuid: string } | { account_id: string } {
  return name.startsWith('{') ? { uuid: name } : { account_id: name };
}

function summary(pull: Pull): PullRequest {
  return {
    number: pull.id,
    url: pull.links.html.href,
    title: pull.title,
    description: pull.description ?? '',
    sourceBranch: pull.source.branch.name,
    targetBranch: pull.destination.branch.name,
    open: pull.state === 'OPEN',
    merged: pull.state === 'MERGED',
    draft: pull.draft === true,
    createdAt: pull.created_on,
    ...(pull.source.commit === null ? {} : { headCommit: pull.source.commit.hash }),
  };
}
