import { isoTime, pageOf, titleTooLong, withPull } from './forge.ts';
import type { Forge, ForgeErrors, ForgePull, ForgeRoutes } from './forge.ts';

/** GitLab's errors: some under `message`, some under `error`. */
export const gitlabErrors: ForgeErrors = {
  body: (status, message) =>
    status === 400 || status === 405 ? { error: message } : { message: status === 422 ? message : `${status} ${message}` },
  invalid: 400,
  wrongMethod: 405,
};

/** Ids of users that can be turned back into their names. */
const userId = (name: string): number => Number.parseInt(Buffer.from(name.slice(0, 6)).toString('hex'), 16);
const userName = (id: number): string => Buffer.from(id.toString(16), 'hex').toString();

/** GitLab's API for merge requests of `team/sub/demo`. */
export function gitlabRoutes(forge: Forge): ForgeRoutes {
  const requests = '/api/v4/projects/team%2Fsub%2Fdemo/merge_requests';
  const told = (pull: ForgePull): object => ({
    iid: pull.number,
    id: 1000 + pull.number,
    web_url: `https://gitlab.example.com/team/sub/demo/-/merge_requests/${pull.number}`,
    state: pull.state === 'open' ? 'opened' : pull.state,
    draft: pull.draft,
    title: pull.draft ? `Draft: ${pull.title}` : pull.title,
    source_branch: pull.source,
    reviewers: pull.reviewers.map((name) => ({ id: userId(name), username: name })),
    target_branch: pull.target,
    description: pull.description,
    sha: pull.head,
    merge_commit_sha: pull.mergeMethod === 'squash' ? null : (pull.mergeCommit ?? null),
    squash_commit_sha: pull.mergeMethod === 'squash' ? (pull.mergeCommit ?? null) : null,
    detailed_merge_status: statusOf(pull),
    created_at: isoTime(pull.createdAt),
  });
  return [
    [
      'GET',
      new RegExp(`^${requests}$`),
      ({ query }) => {
        const found = forge.pulls.filter(
          (pull) =>
            query.get('state') === 'all' &&
            pull.source === query.get('source_branch') &&
            pull.target === query.get('target_branch'),
        );
        return { status: 200, json: pageOf(found, query, Number(query.get('per_page') ?? 20)).map(told) };
      },
      { query: ['state', 'source_branch', 'target_branch', 'per_page', 'page', 'order_by', 'sort'] },
    ],
    [
      'POST',
      new RegExp(`^${requests}$`),
      ({ body }) => {
        const { source_branch: source, target_branch: target, title, description, labels } = body as Record<string, string>;
        if (titleTooLong(title, 255) !== undefined) return titleTooLong(title, 255)!;
        if (!forge.branches.has(source!)) return { status: 400, json: { message: { source_branch: ['does not exist'] } } };
        if (forge.pulls.some((pull) => pull.state === 'open' && pull.source === source && pull.target === target))
          return { status: 409, json: { message: ['Another open merge request already exists for this source branch'] } };
        const pull = forge.open({
          title: title!.replace(/^Draft: /, ''),
          draft: title!.startsWith('Draft: '),
          reviewers: ((body['reviewer_ids'] as number[] | undefined) ?? []).map(userName),
          description: description ?? '',
          source: source!,
          target: target!,
          ...(labels === undefined ? {} : { labels: labels.split(',') }),
        });
        return { status: 201, json: told(pull) };
      },
      {
        body: [
          '*source_branch:string',
          '*target_branch:string',
          '*title:string',
          'description:string',
          'labels:string',
          'reviewer_ids:number[]',
          'assignee_ids:number[]',
          'remove_source_branch:boolean',
          'squash:boolean',
        ],
      },
    ],
    [
      'GET',
      new RegExp(`^${requests}/(\\d+)$`),
      (_, number) => withPull(forge, number, (pull) => ({ status: 200, json: told(pull) })),
      {},
    ],
    [
      'PUT',
      new RegExp(`^${requests}/(\\d+)/merge$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          if (body['sha'] !== pull.head) return { status: 409, json: { message: 'SHA does not match HEAD of source branch' } };
          if (forge.unmergeable) return { status: 422, json: { message: 'Branch cannot be merged' } };
          if (statusOf(pull) !== 'mergeable') return { status: 405, json: { message: '405 Method Not Allowed' } };
          forge.merge(pull, body['squash'] === true ? 'squash' : 'merge');
          return { status: 200, json: told(pull) };
        }),
      {
        body: [
          'sha:string',
          'squash:boolean',
          'merge_commit_message:string',
          'squash_commit_message:string',
          'should_remove_source_branch:boolean',
          'auto_merge:boolean',
        ],
      },
    ],
    [
      'PUT',
      new RegExp(`^${requests}/(\\d+)$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          const { title, description, state_event: event } = body as Record<string, string>;
          if (Object.keys(body).length === 0)
            return { status: 400, json: 'title, description, state_event are missing, at least one parameter must be provided' };
          if (titleTooLong(title, 255) !== undefined) return titleTooLong(title, 255)!;
          if (event !== undefined && event !== 'close' && event !== 'reopen')
            return { status: 400, json: 'state_event does not have a valid value' };
          if (event === 'close' && pull.state === 'open') pull.state = 'closed';
          if (title !== undefined)
            Object.assign(pull, { title: title.replace(/^Draft: /, ''), draft: title.startsWith('Draft: ') });
          if (description !== undefined) pull.description = description;
          if (body['reviewer_ids'] !== undefined) pull.reviewers = (body['reviewer_ids'] as number[]).map(userName);
          const added = (body['add_labels'] as string | undefined)?.split(',') ?? [];
          pull.labels = [...new Set([...pull.labels, ...added])];
          return { status: 200, json: told(pull) };
        }),
      {
        body: [
          'title:string',
          'description:string',
          'state_event:string',
          'labels:string',
          'add_labels:string',
          'reviewer_ids:number[]',
          'target_branch:string',
        ],
      },
    ],
    [
      'POST',
      new RegExp(`^${requests}/(\\d+)/notes$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          pull.comments.push(String(body['body']));
          return { status: 201, json: { id: pull.comments.length } };
        }),
      { body: ['*body:string'] },
    ],
    [
      'GET',
      /^\/api\/v4\/users$/,
      ({ query }) => {
        const username = query.get('username') ?? '';
        return { status: 200, json: username === 'nobody' ? [] : [{ id: userId(username), username }] };
      },
      { query: ['username'] },
    ],
  ];
}

function statusOf(pull: ForgePull): string {
  if (pull.state !== 'open') return 'not_open';
  if (pull.draft) return 'draft_status';
  switch (pull.hindrance) {
    case 'conflict':
      return 'conflict';
    case 'checking':
      return 'checking';
    case 'policy':
      return 'not_approved';
    default:
      return 'mergeable';
  }
}
