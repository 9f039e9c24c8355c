import { withPull } from './forge.ts';
import type { Forge, ForgePull, ForgeRoutes } from './forge.ts';

const PAGE = 2;

/** The API of Bitbucket Data Center for pull requests of `TEAM/demo`, of a server below `/bitbucket`. */
export function bitbucketDataCenterRoutes(forge: Forge): ForgeRoutes {
  const pulls = '/bitbucket/rest/api/latest/projects/TEAM/repos/demo/pull-requests';
  const told = (pull: ForgePull): object => ({
    id: pull.number,
    version: 3,
    state: pull.state === 'open' ? 'OPEN' : pull.state === 'merged' ? 'MERGED' : 'DECLINED',
    draft: pull.draft,
    title: pull.title,
    description: pull.description,
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
    ],
    [
      'POST',
      new RegExp(`^${pulls}$`),
      ({ body }) => {
        const name = (side: string): string => (body[side] as { id: string }).id.replace('refs/heads/', '');
        const [source, target] = [name('fromRef'), name('toRef')];
        if (forge.pulls.some((pull) => pull.state === 'open' && pull.source === source && pull.target === target))
          return {
            status: 409,
            json: { errors: [{ message: 'Only one pull request may be open for a given source and target branch' }] },
          };
        return {
          status: 201,
          json: told(forge.open({ title: String(body['title']), description: String(body['description']), source, target })),
        };
      },
    ],
    [
      'GET',
      new RegExp(`^${pulls}/(\\d+)$`),
      (_, number) => withPull(forge, number, (pull) => ({ status: 200, json: told(pull) })),
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
    ],
    [
      'POST',
      new RegExp(`^${pulls}/(\\d+)/merge$`),
      ({ body, query, headers }, number) =>
        withPull(forge, number, (pull) => {
          if (headers['x-atlassian-token'] !== 'no-check')
            return { status: 403, json: { errors: [{ message: 'XSRF check failed' }] } };
          if (query.get('version') !== '3') return { status: 409, json: { errors: [{ message: 'out of date' }] } };
          forge.merge(pull, (body['strategyId'] as string | undefined) ?? 'no-ff');
          return { status: 200, json: told(pull) };
        }),
    ],
  ];
}
