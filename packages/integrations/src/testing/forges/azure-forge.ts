import { isoTime, titleTooLong, withPull } from './forge.ts';
import type { Forge, ForgeErrors, ForgePull, ForgeRoutes } from './forge.ts';

/** Errors of Azure DevOps. */
export const azureErrors: ForgeErrors = {
  body: (_, message) => ({
    $id: '1',
    innerException: null,
    message,
    typeName: 'Microsoft.VisualStudio.Services.Common.VssException, Microsoft.VisualStudio.Services.Common',
    typeKey: 'VssException',
    errorCode: 0,
    eventId: 3000,
  }),
  invalid: 400,
  wrongMethod: 405,
};

/** The API of Azure DevOps for pull requests of the repository `demo` in the project `my project` of the organization `team`. */
export function azureRoutes(forge: Forge): ForgeRoutes {
  const pulls = '/team/my%20project/_apis/git/repositories/demo/pullrequests';
  /** Pull requests whose completion goes on behind the answer. */
  const completing = new Map<ForgePull, { looks: number; method: string }>();
  const told = (pull: ForgePull): object => ({
    pullRequestId: pull.number,
    status: pull.state === 'open' ? 'active' : pull.state === 'merged' ? 'completed' : 'abandoned',
    isDraft: pull.draft,
    title: pull.title,
    description: pull.description,
    sourceRefName: `refs/heads/${pull.source}`,
    targetRefName: `refs/heads/${pull.target}`,
    url: `https://dev.azure.com/team/_apis/git/repositories/1234/pullRequests/${pull.number}`,
    mergeStatus: statusOf(pull),
    ...(pull.hindrance === 'checking' ? {} : { lastMergeSourceCommit: { commitId: pull.head } }),
    lastMergeCommit: { commitId: pull.mergeCommit ?? 'test'.padEnd(40, '0') },
    creationDate: isoTime(pull.createdAt),
  });
  const hasVersion = (query: URLSearchParams): boolean => query.get('api-version') !== null;
  return [
    [
      'GET',
      new RegExp(`^${pulls}$`),
      ({ query }) => {
        const found = forge.pulls
          .filter(
            (pull) =>
              query.get('searchCriteria.status') === 'all' &&
              query.get('searchCriteria.sourceRefName') === `refs/heads/${pull.source}` &&
              query.get('searchCriteria.targetRefName') === `refs/heads/${pull.target}`,
          )
          .slice(Number(query.get('$skip') ?? 0))
          .slice(0, Number(query.get('$top') ?? 100));
        return { status: hasVersion(query) ? 200 : 400, json: { value: found.map(told), count: found.length } };
      },
      {
        query: [
          'api-version',
          'searchCriteria.status',
          'searchCriteria.sourceRefName',
          'searchCriteria.targetRefName',
          '$top',
          '$skip',
        ],
      },
    ],
    [
      'POST',
      new RegExp(`^${pulls}$`),
      ({ body }) => {
        const { sourceRefName, targetRefName, title, description } = body as Record<string, string>;
        const source = sourceRefName!.replace(/^refs\/heads\//, '');
        const target = targetRefName!.replace(/^refs\/heads\//, '');
        if (titleTooLong(title, 400) !== undefined) return titleTooLong(title, 400)!;
        if (source === sourceRefName) return { status: 400, json: 'The reference is not valid.' };
        if (forge.pulls.some((pull) => pull.state === 'open' && pull.source === source && pull.target === target))
          return { status: 409, json: 'TF401179: An active pull request for the source and target branch already exists.' };
        if ((description ?? '').length > 4000) return { status: 400, json: 'The description is too long.' };
        const reviewers = ((body['reviewers'] as { id: string }[] | undefined) ?? []).map(({ id }) => id);
        if (reviewers.some((id) => !/^[0-9a-f-]{36}$/.test(id)))
          return { status: 400, json: 'The id of a reviewer is not valid.' };
        const labels = ((body['labels'] as { name: string }[] | undefined) ?? []).map(({ name }) => name);
        return {
          status: 201,
          json: told(
            forge.open({
              title: title!,
              description: description ?? '',
              source,
              target,
              labels,
              reviewers,
              draft: body['isDraft'] === true,
            }),
          ),
        };
      },
      {
        query: ['api-version'],
        body: [
          '*sourceRefName:string',
          '*targetRefName:string',
          '*title:string',
          'description:string',
          'labels:object[]',
          'reviewers:object[]',
          'isDraft:boolean',
          'completionOptions:object',
        ],
      },
    ],
    [
      'GET',
      new RegExp(`^${pulls}/(\\d+)$`),
      (_, number) =>
        withPull(forge, number, (pull) => {
          const going = completing.get(pull);
          if (going !== undefined) {
            going.looks -= 1;
            if (going.looks === 0) {
              completing.delete(pull);
              forge.merge(pull, going.method);
            }
          }
          return { status: 200, json: told(pull) };
        }),
      { query: ['api-version'] },
    ],
    [
      'PATCH',
      new RegExp(`^${pulls}/(\\d+)$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          const commit = (body['lastMergeSourceCommit'] as { commitId: string } | undefined)?.commitId;
          if (Object.keys(body).length === 0)
            return { status: 400, json: 'You can only update reviewers, descriptions, titles, merge status, and status.' };
          if (body['status'] === 'abandoned') pull.state = 'closed';
          if (body['status'] === undefined || body['status'] === 'abandoned') {
            const { title = pull.title, description = pull.description } = body as Record<string, string>;
            if (titleTooLong(title, 400) !== undefined) return titleTooLong(title, 400)!;
            if (description.length > 4000) return { status: 400, json: 'The description is too long.' };
            Object.assign(pull, { title, description });
            return { status: 200, json: told(pull) };
          }
          if (body['status'] !== 'completed' || commit !== pull.head) return { status: 409, json: 'out of date' };
          const options = body['completionOptions'] as { mergeStrategy: string } | undefined;
          completing.set(pull, { looks: 2, method: options?.mergeStrategy ?? 'noFastForward' });
          return { status: 200, json: told(pull) };
        }),
      {
        query: ['api-version'],
        body: [
          'status:string',
          'title:string',
          'description:string',
          'lastMergeSourceCommit:object',
          'completionOptions:object',
          'isDraft:boolean',
        ],
      },
    ],
    [
      'POST',
      new RegExp(`^${pulls}/(\\d+)/labels$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          pull.labels = [...new Set([...pull.labels, String(body['name'])])];
          return { status: 200, json: { name: body['name'], active: true } };
        }),
      { query: ['api-version'], body: ['*name:string'] },
    ],
    [
      'PUT',
      new RegExp(`^${pulls}/(\\d+)/reviewers/([0-9a-f-]{36})$`),
      (_, number, id = '') =>
        withPull(forge, number, (pull) => {
          pull.reviewers = [...new Set([...pull.reviewers, id])];
          return { status: 200, json: { id, vote: 0 } };
        }),
      { query: ['api-version'], body: ['vote:number', 'isRequired:boolean'] },
    ],
    [
      'POST',
      new RegExp(`^${pulls}/(\\d+)/threads$`),
      ({ body }, number) =>
        withPull(forge, number, (pull) => {
          const [comment] = body['comments'] as { content: string; commentType: string; parentCommentId: number }[];
          if (comment?.commentType !== 'text') return { status: 400, json: 'A comment needs a type.' };
          pull.comments.push(comment.content);
          return { status: 200, json: { id: pull.comments.length } };
        }),
      { query: ['api-version'], body: ['*comments:object[]', 'status:string', 'threadContext:object'] },
    ],
  ];
}

function statusOf(pull: ForgePull): string {
  switch (pull.hindrance) {
    case 'conflict':
      return 'conflicts';
    case 'checking':
      return 'queued';
    case 'policy':
      return 'rejectedByPolicy';
    default:
      return 'succeeded';
  }
}
