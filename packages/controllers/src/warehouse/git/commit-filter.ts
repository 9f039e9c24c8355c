import type { GitSubscription } from '@kargo/api';
import { check, compile, Time } from '@kargo/expr';
import type { CommitInfo, TagInfo } from '@kargo/integrations';
import { booleanResult } from '../boolean-result.ts';
import { fromSubscription } from '../discovery-error.ts';

/** Which commits of a branch a subscription wants by what they are; absent if it wants all. Fails with `SubscriptionError`. */
export function commitFilter({ since, expressionFilter }: GitSubscription): ((commit: CommitInfo) => boolean) | undefined {
  const filters: ((commit: CommitInfo) => boolean)[] = [];
  if (since !== undefined) filters.push((commit) => Date.parse(commit.committedAt) >= Date.parse(since));
  const holds = expressionOver(expressionFilter);
  if (holds !== undefined) {
    filters.push(({ id, committedAt, author, committer, subject }) =>
      holds({ id, commitDate: timeOf(committedAt), author, committer, subject }),
    );
  }
  return filters.length === 0 ? undefined : (commit) => filters.every((filter) => filter(commit));
}

/** Which tags a subscription wants by its expression; absent if it has none. Fails with `SubscriptionError`. */
export function tagExpression({ expressionFilter }: GitSubscription): ((tag: TagInfo) => boolean) | undefined {
  const holds = expressionOver(expressionFilter);
  if (holds === undefined) return undefined;
  return ({ name, id, createdAt, author, committer, subject, tagger = '', annotation = '' }) =>
    holds({ tag: name, id, creatorDate: timeOf(createdAt), author, committer, subject, tagger, annotation });
}

function expressionOver(text = ''): ((variables: Record<string, string | Time>) => boolean) | undefined {
  if (text === '') return undefined;
  const program = fromSubscription('expressionFilter', () => compile(text));
  return (variables) => fromSubscription('expressionFilter', () => booleanResult(program.run(variables)));
}

function timeOf(timestamp: string): Time {
  return Time.fromMilliseconds(Date.parse(timestamp));
}

const VARIABLES = ['id', 'commitDate', 'author', 'committer', 'subject', 'tag', 'creatorDate', 'tagger', 'annotation'];

/** What can be told to be wrong with a filter before there are commits. Absent if nothing is. */
export function expressionFilterProblem(text: string): string | undefined {
  const [error] = check(text, { variables: VARIABLES });
  return error?.message;
}
