import { isoTime, withPull } from './forge.ts';
import type { Forge, ForgePull, ForgeRoutes } from './forge.ts';

const PAGE = 2;
const SHORT = 12;

/** The API of bitbucket.org for pull requests of `team/demo`. Its own address must be known for the links between pages. */
export function bitbucketCloudRoutes(forge: Forge, base: () => string): ForgeRoutes {
  const repo = '/2.0/repositories/team/demo';
  const told = (pull: ForgePull): object => ({
    id: pull.number,
    state: pull.state === 'open' ? 'OPEN' : pull.state === 'merged' ? 'MERGED' : 'DECLINED',
    draft: pull.draft,
    title: pull.title,
    description: pull.description,
    links: { html: { href: `https://bitbucket.org/team/demo/pull-requests/${pull.number}` } },
    source: { branch: { name: pull.source }, commit: { hash: pull.head.slice(0, SHORT) } },
    destination: { branch: { name: pull.target } },
    merge_commit: pull.mergeCommit === undefined ? null : { hash: pull.mergeCommit.slice(0, SHORT) },
    created_on: isoTime(pull.createdAt),
  });
  return [
    [
      'GET',
      new RegExp(`^${repo}/pullrequests$`),
      ({ query }) => {
        const match = /^source\.branch\.name = "(.*)" AND destination\.branch\.name = "(.*)"$/.exec(query.get('q') ?? '');
        const states = query.getAll('state');
        const found = forge.pulls.filter(
          (pull) =>
            pull.source === match?.[1] &&
            pull.target === match[2] &&
            (states.length === 0 ? pull.state === 'open' : states.includes((told(pull) as { state: string }).state)),
        );
        const page = Number(query.get('page') ?? 1);
        const values = found.slice((page - 1) * PAGE, page * PAGE).map(told);
        const next = new URL(`${base()}${repo}/pullrequests?${query.toString()}`);
        next.searchParams.set('page', String(page + 1));
        return { status: 200, json: { values, ...(page * PAGE < found.length ? { next: next.href } : {}) } };
      },
    ],
    [
      'POST',
      new RegExp(`^${repo}/pullrequests$`),
      ({ body }) => {
        const name = (side: string): string => (body[side] as { branch: { name: string } }).branch.name;
        const pull = forge.open({
          title: String(body['title']),
          description: String(body['description']),
          source: name('source'),
          target: name('destination'),
        });
        return { status: 201, json: told(pull) };
      },
    ],
    [
      'GET',
      new RegExp(`^${repo}/pullrequests/(\\d+)$`),
      (_, number) => withPull(forge, number, (pull) => ({ status: 200, json: told(pull) })),
    ],
    [
      'POST',
      new RegExp(`^${repo}/pullrequests/(\\d+)/merge$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          if (pull.hindrance === 'checking') return { status: 202, headers: { location: 'https://example.com/task' } };
          if (pull.hindrance !== undefined)
            return { status: 400, json: { type: 'error', error: { message: 'This pull request cannot be merged.' } } };
          forge.merge(pull, (body['merge_strategy'] as string | undefined) ?? 'merge_commit');
          return { status: 200, json: told(pull) };
        }),
    ],
    [
      'GET',
      new RegExp(`^${repo}/commit/([0-9a-f]+)$`),
      (_, short) => {
        const hash = forge.pulls
          .map(({ mergeCommit }) => mergeCommit)
          .find((commit) => commit?.startsWith(short ?? '?') === true);
        return hash === undefined ? { status: 404 } : { status: 200, json: { hash } };
      },
    ],
  ];
}
