import type { GitSubscription } from '@kargo/api';
import { SubscriptionError } from '../discovery-error.ts';
import { lexical } from './lexical.ts';
import { newestFromBranch } from './newest-from-branch.ts';
import { newestTag } from './newest-tag.ts';
import { semVer } from './semver.ts';
import type { GitStrategy } from './strategy.ts';

/** Strategies by the name subscriptions use. */
const gitStrategies: Readonly<Record<string, GitStrategy>> = {
  Lexical: lexical,
  NewestFromBranch: newestFromBranch,
  NewestTag: newestTag,
  SemVer: semVer,
};

/** The strategy of a subscription. Fails with `SubscriptionError` for one that is not there. */
export function gitStrategyOf({ commitSelectionStrategy = 'NewestFromBranch' }: GitSubscription): GitStrategy {
  const strategy = gitStrategies[commitSelectionStrategy];
  if (strategy !== undefined) return strategy;
  throw new SubscriptionError(
    'InvalidSubscription',
    `commitSelectionStrategy ${commitSelectionStrategy} is unknown: use one of ${Object.keys(gitStrategies).join(', ')}`,
  );
}
