import { isoTime, withPull } from './forge.ts';
import type { Forge, ForgeErrors, ForgePull, ForgeRoutes } from './forge.ts';

/** Gitea's errors. */
export const giteaErrors: ForgeErrors = (_, message) => ({ message, url: 'https://gitea.example.com/api/swagger' });

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
      { body: ['*head', '*base', '*title', 'body', 'labels', 'assignees', 'assignee', 'milestone', 'due_date'] },
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
          forge.merge(pull, String(body['Do']));
          return { status: 200 };
        }),
      {
        body: [
          '*Do',
          'MergeTitleField',
          'MergeMessageField',
          'head_commit_id',
          'delete_branch_after_merge',
          'force_merge',
          'merge_when_checks_succeed',
        ],
      },
    ],
    [
      'PATCH',
      new RegExp(`^${repo}/pulls/(\\d+)$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          const { title, body: description, state } = body as Record<string, string>;
          if (state === 'closed' && pull.state === 'open') pull.state = 'closed';
          if (title !== undefined) Object.assign(pull, { title: title.replace(/^WIP: /, ''), draft: title.startsWith('WIP: ') });
          if (description !== undefined) pull.description = description;
          return { status: 201, json: told(pull) };
        }),
      { body: ['title', 'body', 'state', 'base', 'labels', 'assignees'] },
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
      { body: ['reviewers', 'team_reviewers'] },
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
      { body: ['*labels'] },
    ],
    [
      'POST',
      new RegExp(`^${repo}/issues/(\\d+)/comments$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          pull.comments.push(String(body['body']));
          return { status: 201, json: { id: pull.comments.length } };
        }),
      { body: ['*body'] },
    ],
  ];
}
