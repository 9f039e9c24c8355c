import type { GitSubscription } from '@kargo/api';
import { check, compile, Time } from '@kargo/expr';
import type { CommitInfo } from '@kargo/integrations';
import { booleanResult } from '../boolean-result.ts';
import { fromSubscription, SubscriptionError } from '../discovery-error.ts';

/** Which commits of a branch a subscription wants; absent if it wants all. Fails with `SubscriptionError`. */
export function commitFilter(subscription: GitSubscription): ((commit: CommitInfo) => boolean) | undefined {
  const { since, expressionFilter = '', includePaths = [], excludePaths = [] } = subscription;
  if (includePaths.length + excludePaths.length > 0)
    throw new SubscriptionError('UnsupportedSubscription', 'includePaths and excludePaths are not supported yet: remove them');
  const filters: ((commit: CommitInfo) => boolean)[] = [];
  if (since !== undefined) filters.push((commit) => Date.parse(commit.committedAt) >= Date.parse(since));
  if (expressionFilter !== '') filters.push(expressionOver(expressionFilter));
  return filters.length === 0 ? undefined : (commit) => filters.every((filter) => filter(commit));
}

function expressionOver(text: string): (commit: CommitInfo) => boolean {
  const program = fromSubscription('expressionFilter', () => compile(text));
  return ({ id, committedAt, author, committer, subject }) =>
    fromSubscription('expressionFilter', () =>
      booleanResult(program.run({ id, commitDate: Time.fromMilliseconds(Date.parse(committedAt)), author, committer, subject })),
    );
}

const VARIABLES = ['id', 'commitDate', 'author', 'committer', 'subject', 'tag', 'creatorDate', 'tagger', 'annotation'];

/** What can be told to be wrong with a filter before there are commits. Absent if nothing is. */
export function expressionFilterProblem(text: string): string | undefined {
  const [error] = check(text, { variables: VARIABLES });
  return error?.message;
}
