import type { ImageSubscription } from '@kargo/api';
import { SubscriptionError } from '../discovery-error.ts';
import { digest } from './digest.ts';
import { lexical } from './lexical.ts';
import { newestBuild } from './newest-build.ts';
import { semVer } from './semver.ts';
import type { ImageStrategy } from './strategy.ts';

/** Strategies by the name subscriptions use. */
const imageStrategies: Readonly<Record<string, ImageStrategy>> = {
  Digest: digest,
  Lexical: lexical,
  NewestBuild: newestBuild,
  SemVer: semVer,
};

/** The strategy of a subscription. Fails with `SubscriptionError` for one that is not there. */
export function imageStrategyOf({ imageSelectionStrategy = 'SemVer' }: ImageSubscription): ImageStrategy {
  const strategy = imageStrategies[imageSelectionStrategy];
  if (strategy !== undefined) return strategy;
  throw new SubscriptionError(
    'InvalidSubscription',
    `imageSelectionStrategy ${imageSelectionStrategy} is unknown: use one of ${Object.keys(imageStrategies).join(', ')}`,
  );
}
