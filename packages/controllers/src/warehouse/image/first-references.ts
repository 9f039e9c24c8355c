import { DEFAULT_DISCOVERY_LIMIT, type DiscoveredImageReference, type ImageSubscription } from '@kargo/api';
import { mapBounded } from '../bounded.ts';
import type { ImageRepository } from './strategy.ts';

const CONCURRENCY = 5;

/** What the first of `tags` stand for, until there are as many as the subscription asks for. */
export async function firstReferences(
  tags: readonly string[],
  { discoveryLimit: limit = DEFAULT_DISCOVERY_LIMIT }: ImageSubscription,
  repository: ImageRepository,
): Promise<DiscoveredImageReference[]> {
  const found: DiscoveredImageReference[] = [];
  for (let at = 0; at < tags.length && found.length < limit;) {
    const batch = tags.slice(at, at + (limit - found.length));
    at += batch.length;
    const references = await mapBounded(batch, CONCURRENCY, (tag) => repository.reference(tag));
    found.push(...references.filter((reference) => reference !== undefined));
  }
  return found;
}
