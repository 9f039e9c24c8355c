import { SubscriptionError } from '../discovery-error.ts';
import type { ImageStrategy } from './strategy.ts';

/** What one tag that moves stands for at the moment. */
export const digest: ImageStrategy = {
  async find({ constraint: tag = '' }, repository) {
    if (tag === '')
      throw new SubscriptionError('InvalidSubscription', 'constraint: the strategy Digest needs the tag to follow here');
    const reference = await repository.reference(tag, { knownWithin: 0 });
    return reference === undefined ? [] : [reference];
  },
};
