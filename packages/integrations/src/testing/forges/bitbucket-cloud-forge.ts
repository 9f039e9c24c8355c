import { isoTime, titleTooLong, withPull } from './forge.ts';
import type { Forge, ForgeErrors, ForgePull, ForgeRoutes } from './forge.ts';

/** Bitbucket's errors. */
export const bitbucketCloudErrors: ForgeErrors = {
  body: (_, message, field) => ({
    type: 'error',
    error: field === undefined ? { message } : { message: `Bad request: ${message}`, fields: { [field]: [message] } },
  }),
  invalid: 400,
  wrongMethod: 405,
};

interface Person {
  uuid?: string;
  account_id?: string;
}
const named = ({ uuid, account_id: account }: Person): string => uuid ?? account ?? '';

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
    reviewers: pull.reviewers.map((name) => ({ uuid: name })),
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
        const match = /^source\.branch\.name = "(.*)" AND destination\.branch\.name = "(.*)" AND \(state = .*\)$/.exec(
          query.get('q') ?? '',
        );
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
      { query: ['q', 'state', 'pagelen', 'page', 'sort'] },
    ],
    [
      'POST',
      new RegExp(`^${repo}/pullrequests$`),
      ({ body }) => {
        const name = (side: string): string => (body[side] as { branch: { name: string } }).branch.name;
        if (titleTooLong(body['title'], 255) !== undefined) return titleTooLong(body['title'], 255)!;
        if (!forge.branches.has(name('source'))) return { status: 400, json: 'source: branch not found' };
        const pull = forge.open({
          title: String(body['title']),
          description: String(body['description']),
          draft: body['draft'] === true,
          reviewers: ((body['reviewers'] as Person[] | undefined) ?? []).map(named),
          source: name('source'),
          target: name('destination'),
        });
        return { status: 201, json: told(pull) };
      },
      {
        body: [
          '*title:string',
          '*source:object',
          'destination:object',
          'description:string',
          'reviewers:object[]',
          'draft:boolean',
          'close_source_branch:boolean',
        ],
      },
    ],
    [
      'GET',
      new RegExp(`^${repo}/pullrequests/(\\d+)$`),
      (_, number) => withPull(forge, number, (pull) => ({ status: 200, json: told(pull) })),
      {},
    ],
    [
      'POST',
      new RegExp(`^${repo}/pullrequests/(\\d+)/merge$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          if (pull.hindrance === 'checking') return { status: 202, headers: { location: 'https://example.com/task' } };
          if (pull.hindrance !== undefined) return { status: 400, json: 'This pull request cannot be merged.' };
          forge.merge(pull, (body['merge_strategy'] as string | undefined) ?? 'merge_commit');
          return { status: 200, json: told(pull) };
        }),
      { query: ['async'], body: ['*type:string', 'message:string', 'close_source_branch:boolean', 'merge_strategy:string'] },
    ],
    [
      'GET',
      new RegExp(`^${repo}/commit/([0-9a-f]+)$`),
      (_, short) => {
        const hash = forge.pulls
          .map(({ mergeCommit }) => mergeCommit)
          .find((commit) => commit?.startsWith(short ?? '?') === true);
        return hash === undefined ? { status: 404, json: 'Commit not found' } : { status: 200, json: { hash } };
      },
      {},
    ],
    [
      'PUT',
      new RegExp(`^${repo}/pullrequests/(\\d+)$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          if (titleTooLong(body['title'], 255) !== undefined) return titleTooLong(body['title'], 255)!;
          // What is not named is emptied.
          const {
            title,
            description = '',
            reviewers = [],
          } = body as { title: string; description?: string; reviewers?: Person[] };
          Object.assign(pull, { title, description, reviewers: reviewers.map(named) });
          return { status: 200, json: told(pull) };
        }),
      {
        body: [
          '*title:string',
          'description:string',
          'destination:object',
          'reviewers:object[]',
          'draft:boolean',
          'close_source_branch:boolean',
        ],
      },
    ],
    [
      'POST',
      new RegExp(`^${repo}/pullrequests/(\\d+)/comments$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          pull.comments.push((body['content'] as { raw: string }).raw);
          return { status: 201, json: { id: pull.comments.length } };
        }),
      { body: ['*content:object', 'inline:object', 'parent:object'] },
    ],
    [
      'POST',
      new RegExp(`^${repo}/pullrequests/(\\d+)/decline$`),
      (_, number) =>
        withPull(forge, number, (pull) => {
          pull.state = 'closed';
          return { status: 200, json: told(pull) };
        }),
      {},
    ],
  ];
}
