import type { GitSubscription } from '@kargo/api';
import { SubscriptionError } from '../discovery-error.ts';
import { newestFromBranch } from './newest-from-branch.ts';
import type { GitStrategy } from './strategy.ts';

/** Strategies by the name subscriptions use. */
const gitStrategies: Readonly<Record<string, GitStrategy>> = {
  NewestFromBranch: newestFromBranch,
};

/** The strategy of a subscription. Fails with `SubscriptionError` for one that is not there. */
export function gitStrategyOf({ commitSelectionStrategy = 'NewestFromBranch' }: GitSubscription): GitStrategy {
  const strategy = gitStrategies[commitSelectionStrategy];
  if (strategy !== undefined) return strategy;
  throw new SubscriptionError(
    'UnsupportedSubscription',
    `commitSelectionStrategy ${commitSelectionStrategy} is not supported yet: use one of ${Object.keys(gitStrategies).join(', ')}`,
  );
}
