import { tagFilter } from '../tag-rules.ts';
import { firstReferences } from './first-references.ts';
import type { ImageStrategy } from './strategy.ts';

/** Tags in descending order of their text. */
export const lexical: ImageStrategy = {
  async find(subscription, repository, look) {
    const isWanted = tagFilter(subscription);
    const tags = (await repository.tags()).filter(isWanted).toSorted().toReversed();
    return firstReferences(tags, subscription, repository, look);
  },
};
