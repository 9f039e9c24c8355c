import { titleTooLong, withPull } from './forge.ts';
import type { Forge, ForgeErrors, ForgePull, ForgeRoutes } from './forge.ts';

/** Errors of Bitbucket's servers. */
export const bitbucketDataCenterErrors: ForgeErrors = {
  body: (status, message, field) => ({
    errors: [
      {
        context: field ?? null,
        message,
        exceptionName: status === 400 ? null : 'com.atlassian.bitbucket.SomeException',
      },
    ],
  }),
  invalid: 400,
  wrongMethod: 405,
};

interface Person {
  user: { name: string };
}

const PAGE = 2;

/** The API of Bitbucket Data Center for pull requests of `TEAM/demo`, of a server below `/bitbucket`. */
export function bitbucketDataCenterRoutes(forge: Forge): ForgeRoutes {
  const pulls = '/bitbucket/rest/api/latest/projects/TEAM/repos/demo/pull-requests';
  /** Changes count: whoever knows an older one is refused. */
  const versions = new Map<ForgePull, number>();
  const versionOf = (pull: ForgePull): number => versions.get(pull) ?? 3;
  const told = (pull: ForgePull): object => ({
    id: pull.number,
    version: versionOf(pull),
    state: pull.state === 'open' ? 'OPEN' : pull.state === 'merged' ? 'MERGED' : 'DECLINED',
    draft: pull.draft,
    title: pull.title,
    description: pull.description,
    reviewers: pull.reviewers.map((name) => ({ user: { name } })),
    links: { self: [{ href: `https://bitbucket.example.com/projects/TEAM/repos/demo/pull-requests/${pull.number}` }] },
    fromRef: { id: `refs/heads/${pull.source}`, displayId: pull.source, latestCommit: pull.head },
    toRef: { id: `refs/heads/${pull.target}`, displayId: pull.target },
    ...(pull.mergeCommit === undefined ? {} : { properties: { mergeCommit: { id: pull.mergeCommit } } }),
    createdDate: pull.createdAt,
  });
  return [
    [
      'GET',
      new RegExp(`^${pulls}$`),
      ({ query }) => {
        const found = forge.pulls.filter(
          (pull) =>
            (query.get('state') === 'ALL' || pull.state === 'open') &&
            query.get('direction') === 'OUTGOING' &&
            `refs/heads/${pull.source}` === query.get('at'),
        );
        const start = Number(query.get('start') ?? 0);
        const isLastPage = start + PAGE >= found.length;
        return {
          status: 200,
          json: {
            values: found.slice(start, start + PAGE).map(told),
            isLastPage,
            nextPageStart: isLastPage ? null : start + PAGE,
          },
        };
      },
      { query: ['state', 'direction', 'at', 'limit', 'start', 'order', 'withAttributes', 'withProperties'] },
    ],
    [
      'POST',
      new RegExp(`^${pulls}$`),
      ({ body }) => {
        const name = (side: string): string => (body[side] as { id: string }).id.replace('refs/heads/', '');
        for (const side of ['fromRef', 'toRef']) {
          const { id, repository } = body[side] as { id?: string; repository?: { slug?: string; project?: { key?: string } } };
          if (id?.startsWith('refs/heads/') !== true || repository?.slug !== 'demo' || repository.project?.key !== 'TEAM')
            return { status: 400, json: `${side} must name a branch and its repository` };
        }
        const [source, target] = [name('fromRef'), name('toRef')];
        if (titleTooLong(body['title'], 255) !== undefined) return titleTooLong(body['title'], 255)!;
        if (!forge.branches.has(source)) return { status: 404, json: `Branch ${source} does not exist` };
        if (forge.pulls.some((pull) => pull.state === 'open' && pull.source === source && pull.target === target))
          return {
            status: 409,
            json: 'Only one pull request may be open for a given source and target branch',
          };
        return {
          status: 201,
          json: told(
            forge.open({
              title: String(body['title']),
              description: String(body['description']),
              source,
              target,
              draft: body['draft'] === true,
              reviewers: ((body['reviewers'] as Person[] | undefined) ?? []).map(({ user }) => user.name),
            }),
          ),
        };
      },
      {
        body: ['*title:string', '*fromRef:object', '*toRef:object', 'description:string', 'reviewers:object[]', 'draft:boolean'],
      },
    ],
    [
      'GET',
      new RegExp(`^${pulls}/(\\d+)$`),
      (_, number) => withPull(forge, number, (pull) => ({ status: 200, json: told(pull) })),
      {},
    ],
    [
      'GET',
      new RegExp(`^${pulls}/(\\d+)/merge$`),
      (_, number) =>
        withPull(forge, number, ({ hindrance }) => ({
          status: 200,
          json: {
            canMerge: hindrance === undefined,
            conflicted: hindrance === 'conflict',
            vetoes: hindrance === 'policy' ? [{ summaryMessage: 'Not all required reviewers have approved yet' }] : [],
          },
        })),
      {},
    ],
    [
      'POST',
      new RegExp(`^${pulls}/(\\d+)/merge$`),
      ({ body, query, headers }, number) =>
        withPull(forge, number, (pull) => {
          if (headers['x-atlassian-token'] !== 'no-check') return { status: 403, json: 'XSRF check failed' };
          if (query.get('version') !== String(versionOf(pull))) return { status: 409, json: 'out of date' };
          forge.merge(pull, (body['strategyId'] as string | undefined) ?? 'no-ff');
          return { status: 200, json: told(pull) };
        }),
      { query: ['version'], body: ['strategyId:string', 'message:string', 'autoSubject:boolean', 'version:number'] },
    ],
    [
      'PUT',
      new RegExp(`^${pulls}/(\\d+)$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          if (body['version'] !== versionOf(pull)) return { status: 409, json: 'The pull request has been updated meanwhile.' };
          if (titleTooLong(body['title'], 255) !== undefined) return titleTooLong(body['title'], 255)!;
          // What is not named is emptied.
          const {
            title,
            description = '',
            reviewers = [],
          } = body as { title: string; description?: string; reviewers?: Person[] };
          Object.assign(pull, { title, description, reviewers: reviewers.map(({ user }) => user.name) });
          versions.set(pull, versionOf(pull) + 1);
          return { status: 200, json: told(pull) };
        }),
      { body: ['*version:number', '*title:string', 'description:string', 'reviewers:object[]', 'toRef:object', 'draft:boolean'] },
    ],
    [
      'POST',
      new RegExp(`^${pulls}/(\\d+)/comments$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          pull.comments.push(String(body['text']));
          return { status: 201, json: { id: pull.comments.length } };
        }),
      { body: ['*text:string', 'parent:object', 'anchor:object', 'severity:string'] },
    ],
    [
      'POST',
      new RegExp(`^${pulls}/(\\d+)/decline$`),
      ({ query, headers }, number) =>
        withPull(forge, number, (pull) => {
          if (headers['x-atlassian-token'] !== 'no-check') return { status: 403, json: 'XSRF check failed' };
          if (query.get('version') !== String(versionOf(pull))) return { status: 409, json: 'out of date' };
          pull.state = 'closed';
          return { status: 200, json: told(pull) };
        }),
      { query: ['version'], body: ['comment:string', 'version:number'] },
    ],
  ];
}
