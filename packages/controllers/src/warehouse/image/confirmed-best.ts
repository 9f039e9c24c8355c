import type { DiscoveredImageReference } from '@kargo/api';
import type { ImageRepository } from './strategy.ts';

/**
 * Sees to it that the best of `references`, of which Freight is made, is what its tag stands for now: it is asked for unless its tag is
 * among those `asked` already. `reorder` puts them in order again after it has turned out to be another one.
 */
export async function confirmedBest(
  references: readonly DiscoveredImageReference[],
  repository: ImageRepository,
  asked: ReadonlySet<string>,
  reorder: (references: DiscoveredImageReference[]) => DiscoveredImageReference[] = (same) => same,
): Promise<DiscoveredImageReference[]> {
  const confirmed = new Set(asked);
  let current = [...references];
  for (let best = current[0]; best !== undefined && !confirmed.has(best.tag); best = current[0]) {
    const { tag } = best;
    confirmed.add(tag);
    const now = await repository.reference(tag, { knownWithin: 0 });
    current = reorder(current.flatMap((each) => (each.tag === tag ? (now ?? []) : each)));
  }
  return current;
}
