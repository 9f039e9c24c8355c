import { isoTime, pageOf, withPull } from './forge.ts';
import type { Forge, ForgePull, ForgeRoutes } from './forge.ts';

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
    ],
    [
      'POST',
      new RegExp(`^${repo}/pulls$`),
      ({ body }) => {
        const { title, head, base, body: description } = body as Record<string, string>;
        if (!forge.branches.has(head!) || !forge.branches.has(base!))
          return { status: 422, json: { message: 'Validation Failed', errors: [{ field: 'head', code: 'invalid' }] } };
        if (forge.pulls.some((pull) => pull.state === 'open' && pull.source === head && pull.target === base))
          return { status: 422, json: { message: 'Validation Failed', errors: [{ message: 'A pull request already exists' }] } };
        const pull = forge.open({ title: title!, description: description ?? '', source: head!, target: base! });
        return { status: 201, json: told(pull, true) };
      },
    ],
    [
      'GET',
      new RegExp(`^${repo}/pulls/(\\d+)$`),
      (_, number) => withPull(forge, number, (pull) => ({ status: 200, json: told(pull, true) })),
    ],
    [
      'POST',
      new RegExp(`^${repo}/issues/(\\d+)/labels$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          pull.labels.push(...(body['labels'] as string[]));
          return { status: 200, json: [] };
        }),
    ],
    [
      'PUT',
      new RegExp(`^${repo}/pulls/(\\d+)/merge$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          const method = (body['merge_method'] as string | undefined) ?? 'merge';
          if (method === 'rebase') return { status: 405, json: { message: 'Rebase merges are not allowed on this repository.' } };
          if (pull.state !== 'open' || pull.hindrance !== undefined || pull.draft)
            return { status: 405, json: { message: 'At least 1 approving review is required by reviewers with write access.' } };
          forge.merge(pull, method);
          return { status: 200, json: { sha: pull.mergeCommit, merged: true, message: 'merged' } };
        }),
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
