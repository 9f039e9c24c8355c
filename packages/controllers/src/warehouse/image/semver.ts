import { tagFilter, versionTags } from '../tag-rules.ts';
import { firstReferences } from './first-references.ts';
import type { ImageStrategy } from './strategy.ts';

/** Tags that are versions, highest first. */
export const semVer: ImageStrategy = {
  async find(subscription, repository, look) {
    const { constraint, strictSemvers: strict = true } = subscription;
    const isWanted = tagFilter(subscription);
    // A constraint that makes no sense is told before the registry is asked.
    versionTags([], { constraint, strict, field: 'constraint' });
    const tags = (await repository.tags()).filter(isWanted);
    return firstReferences(versionTags(tags, { constraint, strict, field: 'constraint' }), subscription, repository, look);
  },
};
