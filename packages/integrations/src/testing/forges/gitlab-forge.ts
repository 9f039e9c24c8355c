import { isoTime, pageOf, withPull } from './forge.ts';
import type { Forge, ForgePull, ForgeRoutes } from './forge.ts';

/** GitLab's API for merge requests of `team/sub/demo`. */
export function gitlabRoutes(forge: Forge): ForgeRoutes {
  const requests = '/api/v4/projects/team%2Fsub%2Fdemo/merge_requests';
  const told = (pull: ForgePull): object => ({
    iid: pull.number,
    id: 1000 + pull.number,
    web_url: `https://gitlab.example.com/team/sub/demo/-/merge_requests/${pull.number}`,
    state: pull.state === 'open' ? 'opened' : pull.state,
    draft: pull.draft,
    title: pull.title,
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
    ],
    [
      'POST',
      new RegExp(`^${requests}$`),
      ({ body }) => {
        const { source_branch: source, target_branch: target, title, description, labels } = body as Record<string, string>;
        if (forge.pulls.some((pull) => pull.state === 'open' && pull.source === source && pull.target === target))
          return { status: 409, json: { message: ['Another open merge request already exists for this source branch'] } };
        const pull = forge.open({
          title: title!,
          description: description ?? '',
          source: source!,
          target: target!,
          labels: labels?.split(','),
        });
        return { status: 201, json: told(pull) };
      },
    ],
    [
      'GET',
      new RegExp(`^${requests}/(\\d+)$`),
      (_, number) => withPull(forge, number, (pull) => ({ status: 200, json: told(pull) })),
    ],
    [
      'PUT',
      new RegExp(`^${requests}/(\\d+)/merge$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          if (body['sha'] !== pull.head) return { status: 409, json: { message: 'SHA does not match HEAD of source branch' } };
          if (statusOf(pull) !== 'mergeable') return { status: 405, json: { message: '405 Method Not Allowed' } };
          forge.merge(pull, body['squash'] === true ? 'squash' : 'merge');
          return { status: 200, json: told(pull) };
        }),
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
