import { isoTime, pageOf, titleTooLong, withPull } from './forge.ts';
import type { Forge, ForgeErrors, ForgePull, ForgeRoutes } from './forge.ts';

/** GitHub's errors. */
export const githubErrors: ForgeErrors = {
  body: (status, message, field) => ({
    message: status === 422 && field !== undefined ? 'Validation Failed' : message,
    ...(field === undefined ? {} : { errors: [{ resource: 'PullRequest', code: 'custom', field, message }] }),
    documentation_url: 'https://docs.github.com/rest',
    status: String(status),
  }),
  invalid: 422,
  wrongMethod: 404,
};

/** GitHub's API for pull requests of `team/demo`, as an Enterprise server has it. */
export function githubRoutes(forge: Forge): ForgeRoutes {
  const repo = '/api/v3/repos/team/demo';
  const told = (pull: ForgePull, whole: boolean): object => ({
    number: pull.number,
    html_url: `https://github.example.com/team/demo/pull/${pull.number}`,
    state: pull.state === 'open' ? 'open' : 'closed',
    draft: pull.draft,
    title: pull.title,
    body: pull.description,
    merged_at: pull.state === 'merged' ? isoTime(pull.createdAt + 1000) : null,
    merge_commit_sha: pull.mergeCommit ?? 'test'.padEnd(40, '0'),
    head: { ref: pull.source, sha: pull.head },
    base: { ref: pull.target },
    created_at: isoTime(pull.createdAt),
    ...(whole
      ? {
          merged: pull.state === 'merged',
          mergeable: pull.hindrance === 'checking' ? null : pull.hindrance !== 'conflict',
          mergeable_state: stateOf(pull),
        }
      : {}),
  });
  return [
    [
      'GET',
      new RegExp(`^${repo}/pulls$`),
      ({ query }) => {
        const state = query.get('state') ?? 'open';
        const found = forge.pulls.filter(
          (pull) =>
            (state === 'all' || (pull.state === 'open') === (state === 'open')) &&
            `team:${pull.source}` === (query.get('head') ?? `team:${pull.source}`) &&
            pull.target === (query.get('base') ?? pull.target),
        );
        const page = pageOf(found, query, Number(query.get('per_page') ?? 30));
        return { status: 200, json: page.map((pull) => told(pull, false)) };
      },
      { query: ['state', 'head', 'base', 'sort', 'direction', 'per_page', 'page'] },
    ],
    [
      'POST',
      new RegExp(`^${repo}/pulls$`),
      ({ body }) => {
        const { title, head, base, body: description, draft } = body as Record<string, string> & { draft?: boolean };
        const tooLong = titleTooLong(title, 256);
        if (tooLong !== undefined) return tooLong;
        if ((description ?? '').length > 65_536) return { status: 422, json: 'body is too long (maximum is 65536 characters)' };
        if (!forge.branches.has(head!) || !forge.branches.has(base!))
          return { status: 422, json: { message: 'Validation Failed', errors: [{ field: 'head', code: 'invalid' }] } };
        if (forge.pulls.some((pull) => pull.state === 'open' && pull.source === head && pull.target === base))
          return { status: 422, json: { message: 'Validation Failed', errors: [{ message: 'A pull request already exists' }] } };
        const pull = forge.open({
          title: title!,
          description: description ?? '',
          source: head!,
          target: base!,
          draft: draft === true,
        });
        return { status: 201, json: told(pull, true) };
      },
      {
        body: [
          '*title:string',
          '*head:string',
          '*base:string',
          'head_repo:string',
          'body:string',
          'maintainer_can_modify:boolean',
          'draft:boolean',
        ],
      },
    ],
    [
      'GET',
      new RegExp(`^${repo}/pulls/(\\d+)$`),
      (_, number) => withPull(forge, number, (pull) => ({ status: 200, json: told(pull, true) })),
      {},
    ],
    [
      'POST',
      new RegExp(`^${repo}/issues/(\\d+)/labels$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          pull.labels = [...new Set([...pull.labels, ...(body['labels'] as string[])])];
          return { status: 200, json: [] };
        }),
      { body: ['*labels:string[]'] },
    ],
    [
      'PUT',
      new RegExp(`^${repo}/pulls/(\\d+)/merge$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          const method = (body['merge_method'] as string | undefined) ?? 'merge';
          if (!['merge', 'squash', 'rebase'].includes(method)) return { status: 422, json: 'Invalid request.' };
          if (body['sha'] !== undefined && body['sha'] !== pull.head)
            return { status: 409, json: { message: 'Head branch was modified. Review and try the merge again.' } };
          if (method === 'rebase') return { status: 405, json: { message: 'Rebase merges are not allowed on this repository.' } };
          if (pull.state !== 'open' || pull.hindrance !== undefined || pull.draft)
            return { status: 405, json: { message: 'At least 1 approving review is required by reviewers with write access.' } };
          forge.merge(pull, method);
          return { status: 200, json: { sha: pull.mergeCommit, merged: true, message: 'merged' } };
        }),
      { body: ['commit_title:string', 'commit_message:string', 'sha:string', 'merge_method:string'] },
    ],
    [
      'PATCH',
      new RegExp(`^${repo}/pulls/(\\d+)$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          const { title, body: description, state } = body as Record<string, string>;
          if (titleTooLong(title, 256) !== undefined) return titleTooLong(title, 256)!;
          if (state !== undefined && state !== 'open' && state !== 'closed') return { status: 422, json: 'Invalid state.' };
          if (state === 'closed' && pull.state === 'open') pull.state = 'closed';
          Object.assign(pull, { title: title ?? pull.title, description: description ?? pull.description });
          return { status: 200, json: told(pull, true) };
        }),
      { body: ['title:string', 'body:string', 'state:string', 'base:string', 'maintainer_can_modify:boolean'] },
    ],
    [
      'POST',
      new RegExp(`^${repo}/pulls/(\\d+)/requested_reviewers$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          const { reviewers = [], team_reviewers: teams = [] } = body as Record<string, string[]>;
          if (reviewers.includes('nobody'))
            return {
              status: 422,
              json: 'Reviews may only be requested from collaborators. One or more of the users is not one.',
            };
          pull.reviewers = [...new Set([...pull.reviewers, ...reviewers, ...teams.map((team) => `team/${team}`)])];
          return { status: 201, json: told(pull, false) };
        }),
      { body: ['reviewers:string[]', 'team_reviewers:string[]'] },
    ],
    [
      'POST',
      new RegExp(`^${repo}/issues/(\\d+)/comments$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          pull.comments.push(String(body['body']));
          return { status: 201, json: { id: pull.comments.length } };
        }),
      { body: ['*body:string'] },
    ],
  ];
}

function stateOf(pull: ForgePull): string {
  if (pull.draft) return 'draft';
  switch (pull.hindrance) {
    case 'conflict':
      return 'dirty';
    case 'checking':
      return 'unknown';
    case 'policy':
      return 'blocked';
    default:
      return 'clean';
  }
}
