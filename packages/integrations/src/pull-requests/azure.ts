import { ApiClient, MAX_PAGES } from './api-client.ts';
import { checkMethod, closedUnmerged } from './order.ts';
import type { MergeOutcome, PullRequest } from './port.ts';
import { PullRequestError } from './pull-request-error.ts';
import type { Provider, ProviderContext } from './provider.ts';
import type { RepositoryPlace } from './repository-place.ts';

interface Pull {
  pullRequestId: number;
  status: 'active' | 'abandoned' | 'completed';
  isDraft?: boolean;
  title: string;
  description?: string;
  sourceRefName: string;
  targetRefName: string;
  mergeStatus?: string;
  lastMergeSourceCommit?: { commitId: string };
  lastMergeCommit?: { commitId: string };
  creationDate: string;
}

const METHODS = ['noFastForward', 'rebase', 'rebaseMerge', 'squash'];
const VERSION = '7.1';
const PAGE = 100;
/** How often the provider is asked whether a merge is finished, one second apart. */
const LOOKS = 10;

/** Azure DevOps, services and server. */
export function azure({ http, clock, place, repository, apiBase, signal }: ProviderContext): Provider {
  const { organization, project, repo } = repositoryOf(place);
  const name = `${project}/${repo}`;
  const base = apiBase ?? organization;
  const api = new ApiClient({
    http,
    base,
    headers: { authorization: `Basic ${Buffer.from(`:${repository.credentials?.password ?? ''}`).toString('base64')}` },
    insecureSkipTLSVerify: repository.insecureSkipTLSVerify,
    signal,
  });
  const pulls = `/${encodeURIComponent(project)}/_apis/git/repositories/${encodeURIComponent(repo)}/pullrequests`;
  const version = { 'api-version': VERSION };
  const page = (number: number): string =>
    `${organization}/${encodeURIComponent(project)}/_git/${encodeURIComponent(repo)}/pullrequest/${number}`;
  const described = (pull: Pull): PullRequest => {
    const merged = pull.status === 'completed';
    return {
      number: pull.pullRequestId,
      url: page(pull.pullRequestId),
      title: pull.title,
      description: pull.description ?? '',
      sourceBranch: pull.sourceRefName.replace(/^refs\/heads\//, ''),
      targetBranch: pull.targetRefName.replace(/^refs\/heads\//, ''),
      open: pull.status === 'active',
      merged,
      draft: pull.isDraft === true,
      createdAt: pull.creationDate,
      ...(pull.lastMergeSourceCommit === undefined ? {} : { headCommit: pull.lastMergeSourceCommit.commitId }),
      ...(merged && pull.lastMergeCommit !== undefined ? { mergeCommit: pull.lastMergeCommit.commitId } : {}),
    };
  };
  const read = async (number: number): Promise<Pull> =>
    (await api.send<Pull>(`read pull request ${number} of ${name}`, 'GET', `${pulls}/${number}`, { query: version })).json;

  return {
    maxDescription: 4000,
    maxTitle: 400,

    async list({ sourceBranch, targetBranch }) {
      const found: PullRequest[] = [];
      for (let at = 0; at < MAX_PAGES * PAGE; at += PAGE) {
        const query = {
          ...version,
          'searchCriteria.status': 'all',
          'searchCriteria.sourceRefName': `refs/heads/${sourceBranch}`,
          'searchCriteria.targetRefName': `refs/heads/${targetBranch}`,
          $top: PAGE,
          $skip: at,
        };
        const { json } = await api.send<{ value: Pull[] }>(`list the pull requests of ${name}`, 'GET', pulls, { query });
        found.push(...json.value.map(described));
        if (json.value.length < PAGE) break;
      }
      return found;
    },

    get: async (number) => described(await read(number)),

    async create({ sourceBranch, targetBranch, title, description, labels = [], draft = false, reviewers = [] }) {
      const { json } = await api.send<Pull>(`open a pull request in ${name}`, 'POST', pulls, {
        query: version,
        body: {
          sourceRefName: `refs/heads/${sourceBranch}`,
          targetRefName: `refs/heads/${targetBranch}`,
          title,
          description,
          ...(draft ? { isDraft: true } : {}),
          ...(reviewers.length === 0 ? {} : { reviewers: [...new Set(reviewers)].map((id) => ({ id })) }),
          ...(labels.length === 0 ? {} : { labels: labels.map((label) => ({ name: label })) }),
        },
      });
      return described(json);
    },

    async update(number, { title, description, labels = [], reviewers = [] }) {
      for (const label of new Set(labels)) {
        const request = { query: version, body: { name: label } };
        await api.send(`label pull request ${number} of ${name}`, 'POST', `${pulls}/${number}/labels`, request);
      }
      for (const id of new Set(reviewers)) {
        const request = { query: version, body: { vote: 0 } };
        const at = `${pulls}/${number}/reviewers/${encodeURIComponent(id)}`;
        await api.send(`ask for a review of pull request ${number} of ${name}`, 'PUT', at, request);
      }
      // A change of nothing is refused.
      if (title === undefined && description === undefined) return described(await read(number));
      const body = { ...(title === undefined ? {} : { title }), ...(description === undefined ? {} : { description }) };
      const action = `update pull request ${number} of ${name}`;
      return described((await api.send<Pull>(action, 'PATCH', `${pulls}/${number}`, { query: version, body })).json);
    },

    async close(number, comment) {
      const thread = { comments: [{ parentCommentId: 0, content: comment, commentType: 'text' }], status: 'closed' };
      const action = `comment on pull request ${number} of ${name}`;
      await api.send(action, 'POST', `${pulls}/${number}/threads`, { query: version, body: thread });
      const end = { query: version, body: { status: 'abandoned' } };
      await api.send(`abandon pull request ${number} of ${name}`, 'PATCH', `${pulls}/${number}`, end);
    },

    async merge(number, method): Promise<MergeOutcome> {
      checkMethod('Azure DevOps', method, METHODS);
      let pull = await read(number);
      if (pull.status === 'abandoned') throw closedUnmerged(number);
      if (pull.status === 'active') {
        if (pull.isDraft === true) return { kind: 'notReady', reason: 'it is a draft' };
        if (pull.mergeStatus !== 'succeeded' || pull.lastMergeSourceCommit === undefined)
          return { kind: 'notReady', reason: `its merge status is ${pull.mergeStatus ?? 'not known'}` };
        const answer = await api.send<Pull>(`complete pull request ${number} of ${name}`, 'PATCH', `${pulls}/${number}`, {
          query: version,
          body: {
            status: 'completed',
            lastMergeSourceCommit: { commitId: pull.lastMergeSourceCommit.commitId },
            ...(method === undefined ? {} : { completionOptions: { mergeStrategy: method } }),
          },
        });
        pull = answer.json;
      }
      for (let look = 1; pull.status !== 'completed' || pull.lastMergeCommit === undefined; look += 1) {
        if (look > LOOKS) return { kind: 'notReady', reason: 'it is being completed' };
        await clock.sleep(1000, signal === undefined ? {} : { signal });
        pull = await read(number);
      }
      return { kind: 'merged', pullRequest: described(pull) };
    },
  };
}

/** `ORG/PROJECT/_git/REPO` at any host, `PROJECT/_git/REPO` where the host names the organization, `v3/ORG/PROJECT/REPO` over SSH. */
function repositoryOf({ origin, path, hostname }: RepositoryPlace): { organization: string; project: string; repo: string } {
  if (hostname === 'ssh.dev.azure.com' && path.length === 4)
    return { organization: `https://dev.azure.com/${encodeURIComponent(path[1]!)}`, project: path[2]!, repo: path[3]! };
  const at = path.indexOf('_git');
  const repo = path[at + 1];
  if (at < 0 || repo === undefined || path.length !== at + 2)
    throw new PullRequestError(
      'invalid',
      `the path of a repository of Azure DevOps must be ORGANIZATION/PROJECT/_git/REPOSITORY, not ${path.join('/')}`,
    );
  // A project's own repository can be named without the project.
  const named = hostname.endsWith('visualstudio.com') ? at >= 1 && path[at - 1] !== 'DefaultCollection' : at >= 2;
  const project = named ? path[at - 1]! : repo;
  const above = path.slice(0, named ? at - 1 : at).map((part) => `/${encodeURIComponent(part)}`);
  return { organization: `${origin}${above.join('')}`, project, repo };
}
