import { isoTime, titleTooLong, withPull } from './forge.ts';
import type { Forge, ForgeErrors, ForgePull, ForgeRoutes } from './forge.ts';

/** Gitea's errors. */
export const giteaErrors: ForgeErrors = {
  body: (_, message) => ({ message, url: 'https://gitea.example.com/api/swagger' }),
  invalid: 422,
  wrongMethod: 405,
};

/** Largest page of this server. */
const PAGE = 2;

/** Gitea's API for pull requests of `team/demo`, of a server with small pages. */
export function giteaRoutes(forge: Forge): ForgeRoutes {
  const repo = '/api/v1/repos/team/demo';
  const page = <T>(items: readonly T[], query: URLSearchParams): T[] => {
    const size = Math.min(PAGE, Number(query.get('limit') ?? PAGE));
    const start = (Number(query.get('page') ?? 1) - 1) * size;
    return items.slice(start, start + size);
  };
  const told = (pull: ForgePull): object => ({
    number: pull.number,
    html_url: `https://gitea.example.com/team/demo/pulls/${pull.number}`,
    state: pull.state === 'open' ? 'open' : 'closed',
    draft: pull.draft,
    title: pull.draft ? `WIP: ${pull.title}` : pull.title,
    body: pull.description,
    merged: pull.state === 'merged',
    mergeable: pull.state === 'open' && pull.hindrance === undefined,
    merge_commit_sha: pull.mergeCommit ?? null,
    head: { ref: pull.source, sha: pull.head },
    base: { ref: pull.target },
    created_at: isoTime(pull.createdAt),
  });
  return [
    [
      'GET',
      new RegExp(`^${repo}/labels$`),
      ({ query }) => ({
        status: 200,
        json: page(
          forge.labels.map((name, index) => ({ id: index + 10, name })),
          query,
        ),
      }),
      { query: ['limit', 'page'] },
    ],
    [
      'GET',
      new RegExp(`^${repo}/pulls$`),
      ({ query }) => ({
        status: 200,
        json: page(
          forge.pulls.filter((pull) => query.get('state') === 'all' || pull.state === 'open'),
          query,
        ).map(told),
      }),
      { query: ['state', 'sort', 'limit', 'page'] },
    ],
    [
      'POST',
      new RegExp(`^${repo}/pulls$`),
      ({ body }) => {
        const { title, body: description, head, base } = body as Record<string, string>;
        if (titleTooLong(title, 255) !== undefined) return titleTooLong(title, 255)!;
        if (!forge.branches.has(head!) || !forge.branches.has(base!)) return { status: 404, json: 'branch does not exist' };
        if (forge.pulls.some((pull) => pull.state === 'open' && pull.source === head && pull.target === base))
          return { status: 409, json: { message: 'pull request already exists for these targets' } };
        const labels = ((body['labels'] as number[] | undefined) ?? []).map((id) => forge.labels[id - 10] ?? '?');
        return {
          status: 201,
          json: told(
            forge.open({
              title: title!.replace(/^WIP: /, ''),
              draft: title!.startsWith('WIP: '),
              description: description ?? '',
              source: head!,
              target: base!,
              labels,
            }),
          ),
        };
      },
      {
        body: [
          '*head:string',
          '*base:string',
          '*title:string',
          'body:string',
          'labels:number[]',
          'assignees:string[]',
          'assignee:string',
          'milestone:number',
          'due_date:string',
        ],
      },
    ],
    [
      'GET',
      new RegExp(`^${repo}/pulls/(\\d+)$`),
      (_, number) => withPull(forge, number, (pull) => ({ status: 200, json: told(pull) })),
      {},
    ],
    [
      'POST',
      new RegExp(`^${repo}/pulls/(\\d+)/merge$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          if (pull.hindrance !== undefined || pull.draft) return { status: 405, json: { message: 'Please try again later' } };
          if (body['head_commit_id'] !== undefined && body['head_commit_id'] !== pull.head)
            return { status: 409, json: 'head out of date' };
          const styles = ['merge', 'rebase', 'rebase-merge', 'squash', 'fast-forward-only', 'manually-merged'];
          if (!styles.includes(String(body['Do']))) return { status: 422, json: '[Do]: Invalid' };
          if (body['Do'] === 'manually-merged' && body['MergeCommitID'] === undefined)
            return { status: 405, json: 'Wrong commit ID' };
          forge.merge(pull, String(body['Do']));
          return { status: 200 };
        }),
      {
        body: [
          '*Do:string',
          'MergeTitleField:string',
          'MergeMessageField:string',
          'MergeCommitID:string',
          'head_commit_id:string',
          'delete_branch_after_merge:boolean',
          'force_merge:boolean',
          'merge_when_checks_succeed:boolean',
        ],
      },
    ],
    [
      'PATCH',
      new RegExp(`^${repo}/pulls/(\\d+)$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          const { title, body: description, state } = body as Record<string, string>;
          if (titleTooLong(title, 255) !== undefined) return titleTooLong(title, 255)!;
          if (state === 'closed' && pull.state === 'open') pull.state = 'closed';
          if (title !== undefined) Object.assign(pull, { title: title.replace(/^WIP: /, ''), draft: title.startsWith('WIP: ') });
          if (description !== undefined) pull.description = description;
          return { status: 201, json: told(pull) };
        }),
      { body: ['title:string', 'body:string', 'state:string', 'base:string', 'labels:number[]', 'assignees:string[]'] },
    ],
    [
      'POST',
      new RegExp(`^${repo}/pulls/(\\d+)/requested_reviewers$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          const { reviewers = [], team_reviewers: teams = [] } = body as Record<string, string[]>;
          if (reviewers.includes('nobody')) return { status: 422, json: 'user does not exist: nobody' };
          pull.reviewers = [...new Set([...pull.reviewers, ...reviewers, ...teams.map((team) => `team/${team}`)])];
          return { status: 201, json: [] };
        }),
      { body: ['reviewers:string[]', 'team_reviewers:string[]'] },
    ],
    [
      'POST',
      new RegExp(`^${repo}/issues/(\\d+)/labels$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          const added = (body['labels'] as number[]).map((id) => forge.labels[id - 10] ?? '?');
          pull.labels = [...new Set([...pull.labels, ...added])];
          return { status: 200, json: [] };
        }),
      { body: ['*labels:number[]'] },
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
