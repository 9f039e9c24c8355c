import { DEFAULT_DISCOVERY_LIMIT, type DiscoveredImageReference, type ImageSubscription } from '@kargo/api';
import { mapBounded } from '../bounded.ts';
import { confirmedBest } from './confirmed-best.ts';
import { type ImageLook, type ImageRepository, KNOWN_FOR } from './strategy.ts';

const CONCURRENCY = 5;

/** What the first of `tags` stand for, until there are as many as the subscription asks for. */
export async function firstReferences(
  tags: readonly string[],
  { discoveryLimit: limit = DEFAULT_DISCOVERY_LIMIT }: ImageSubscription,
  repository: ImageRepository,
  { confirm, immutableTags }: ImageLook,
): Promise<DiscoveredImageReference[]> {
  const knownWithin = immutableTags ? Infinity : confirm === 'routine' ? KNOWN_FOR : 0;
  const found: DiscoveredImageReference[] = [];
  for (let at = 0; at < tags.length && found.length < limit;) {
    const batch = tags.slice(at, at + (limit - found.length));
    at += batch.length;
    const references = await mapBounded(batch, CONCURRENCY, (tag) => repository.reference(tag, { knownWithin }));
    found.push(...references.filter((reference) => reference !== undefined));
  }
  if (knownWithin === 0 || immutableTags) return found;
  return confirmedBest(found, repository, new Set());
}
