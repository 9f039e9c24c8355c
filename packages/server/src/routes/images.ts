import { Stage } from '@kargo/api';
import { param } from '../http/query.ts';
import type { Routes } from '../route.ts';

type ImageMap = Record<string, { tags: Record<string, { stages: Record<string, number> }> }>;

/** Which images are or were in which Stages. */
export const imageRoutes: Routes = (server, services) => {
  server.get('/images', async (request) => {
    const { items } = await services.clientFor(request).list(Stage, { namespace: param(request, 'project') });
    return imagesIn(items);
  });
};

/** Stages by tag by repository, with how long ago each held the tag: 0 is now, 1 the Freight before that, and so on. */
export function imagesIn(stages: readonly Stage[]): ImageMap {
  const out = new Map<string, Map<string, Map<string, number>>>();
  for (const { metadata, status } of stages) {
    for (const [index, { items }] of (status?.freightHistory ?? []).entries()) {
      for (const { images } of Object.values(items ?? {})) {
        for (const { repoURL = '', tag = '' } of images ?? []) {
          const tags = out.get(repoURL) ?? new Map<string, Map<string, number>>();
          out.set(repoURL, tags);
          const byStage = tags.get(tag) ?? new Map<string, number>();
          tags.set(tag, byStage);
          const name = metadata.name ?? '';
          byStage.set(name, Math.min(index, byStage.get(name) ?? index));
        }
      }
    }
  }
  const tagsOf = (tags: Map<string, Map<string, number>>): ImageMap[string]['tags'] =>
    Object.fromEntries([...tags].map(([tag, byStage]) => [tag, { stages: Object.fromEntries(byStage) }]));
  return Object.fromEntries([...out].map(([repoURL, tags]) => [repoURL, { tags: tagsOf(tags) }]));
}
