import { labels, Promotion, shortenLabel, type Json } from '@kargo/api';
import { PullRequestError, type PullRequest, type PullRequestRepository } from '@kargo/integrations';
import type { StepContext, StepPorts } from '../../step.ts';
import { originOf } from './body.ts';

/** Earlier Promotions of a Stage whose pull requests are looked at. */
const MAX_EARLIER = 10;

/**
 * Closes the pull requests that earlier Promotions of the same Stage opened by the same step to the same branch, and that are still open:
 * nobody waits for them any more. What the provider refuses to close stays, and is logged.
 */
export async function closeSuperseded(
  { project, stage, alias, promotion, signal, log }: StepContext<unknown>,
  { client, pullRequests }: Pick<StepPorts, 'client' | 'pullRequests'>,
  repository: PullRequestRepository,
  current: PullRequest,
): Promise<void> {
  const selector = `${labels.stage}=${shortenLabel(stage)}`;
  const { items } = await client.list(Promotion, { namespace: project, labelSelector: selector });
  const earlier = items
    .filter(({ metadata, spec }) => spec.stage === stage && (metadata.name ?? '') < promotion.name)
    .toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? 1 : -1))
    .slice(0, MAX_EARLIER);
  for (const { metadata, status } of earlier) {
    const number = openedBy(status?.state?.[alias]);
    if (number === undefined || number === current.number) continue;
    try {
      const pull = await pullRequests.get(repository, number, { signal });
      const origin = originOf(pull.description);
      const own = origin?.project === project && origin.stage === stage && origin.promotion === metadata.name;
      if (!pull.open || !own || pull.targetBranch !== current.targetBranch) continue;
      await pullRequests.close(
        repository,
        number,
        `Superseded by ${current.url}, which Promotion \`${promotion.name}\` opened.`,
        { signal },
      );
      log.info({ pullRequest: pull.url }, 'closed a pull request that was superseded');
    } catch (error) {
      if (!(error instanceof PullRequestError) || error.code === 'aborted') throw error;
      log.warn({ number, error: error.message }, 'could not close a pull request that was superseded');
    }
  }
}

/** Number of the pull request that an output of git-open-pr tells of. */
export function openedBy(output: Json | undefined): number | undefined {
  const pr = property(output, 'pr');
  const id = property(pr, 'id');
  return typeof id === 'number' ? id : undefined;
}

/** A property of what may be an object. */
export function property(value: Json | undefined, name: string): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value[name] : undefined;
}
