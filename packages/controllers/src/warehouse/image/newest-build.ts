import { DEFAULT_DISCOVERY_LIMIT, type DiscoveredImageReference } from '@kargo/api';
import { mapBounded } from '../bounded.ts';
import { tagFilter } from '../tag-rules.ts';
import type { ImageStrategy } from './strategy.ts';

const CONCURRENCY = 10;

/** All tags by the time their images were built, newest first. Asks the registry about every tag. */
export const newestBuild: ImageStrategy = {
  async find(subscription, repository) {
    const isWanted = tagFilter(subscription);
    const tags = (await repository.tags()).filter(isWanted);
    const references = await mapBounded(tags, CONCURRENCY, (tag) => repository.reference(tag));
    return references
      .filter((reference) => reference !== undefined)
      .toSorted((a, b) => builtAt(b) - builtAt(a) || (a.tag < b.tag ? 1 : -1))
      .slice(0, subscription.discoveryLimit ?? DEFAULT_DISCOVERY_LIMIT);
  },
};

function builtAt({ createdAt }: DiscoveredImageReference): number {
  return createdAt === undefined ? 0 : Date.parse(createdAt);
}
