import { DEFAULT_DISCOVERY_LIMIT, type DiscoveredImageReference } from '@kargo/api';
import { mapBounded } from '../bounded.ts';
import { tagFilter } from '../tag-rules.ts';
import { confirmedBest } from './confirmed-best.ts';
import { type ImageStrategy, KNOWN_FOR } from './strategy.ts';

const CONCURRENCY = 10;
/** As long as there are no more tags than this, each is asked for in each look, as any may have moved to a newer build. */
const FEW = 100;

/** All tags by the time their images were built, newest first. */
export const newestBuild: ImageStrategy = {
  async find(subscription, repository, { immutableTags }) {
    const isWanted = tagFilter(subscription);
    const tags = (await repository.tags()).filter(isWanted);
    const knownWithin = immutableTags ? Infinity : tags.length <= FEW ? 0 : KNOWN_FOR;
    const references = await mapBounded(tags, CONCURRENCY, (tag) => repository.reference(tag, { knownWithin }));
    const found = newestFirst(references.filter((reference) => reference !== undefined));
    const sure = knownWithin === 0 || immutableTags ? found : await confirmedBest(found, repository, new Set(), newestFirst);
    return sure.slice(0, subscription.discoveryLimit ?? DEFAULT_DISCOVERY_LIMIT);
  },
};

function newestFirst(references: readonly DiscoveredImageReference[]): DiscoveredImageReference[] {
  return references.toSorted((a, b) => builtAt(b) - builtAt(a) || (a.tag < b.tag ? 1 : -1));
}

function builtAt({ createdAt }: DiscoveredImageReference): number {
  return createdAt === undefined ? 0 : Date.parse(createdAt);
}
