import type { Stage } from '@kargo/api';
import { use } from 'react';
import { ServerConfigContext } from '../../services.ts';

export interface ArgoLink {
  name: string;
  namespace: string;
  /** Where Argo CD shows it, if the server says where Argo CD is. */
  url: string | undefined;
}

/** The Argo CD applications of a stage, as its promotions noted them. */
export function useArgoLinks(stage: Stage): readonly ArgoLink[] {
  const { argocdShards } = use(ServerConfigContext);
  return argoLinksOf(stage, argocdShards);
}

/** The same without a screen. `shards` are the addresses of Argo CD by shard; the shard without a name is ''. */
export function argoLinksOf(
  { metadata }: Stage,
  shards: Readonly<Record<string, { url?: string; namespace?: string }>>,
): ArgoLink[] {
  const text = metadata.annotations?.['kargo.akuity.io/argocd-context'];
  if (text === undefined) return [];
  const base = shards[metadata.labels?.['kargo.akuity.io/shard'] ?? '']?.url?.replace(/\/+$/, '');
  const isWeb = base !== undefined && /^https?:\/\//.test(base);
  return applicationsIn(text).map(({ name, namespace }) => ({
    name,
    namespace,
    url: isWeb ? `${base}/applications/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}` : undefined,
  }));
}

function applicationsIn(text: string): { name: string; namespace: string }[] {
  try {
    const value: unknown = JSON.parse(text);
    if (!Array.isArray(value)) return [];
    return value.flatMap((each: unknown) => {
      const { name, namespace } = (each ?? {}) as { name?: unknown; namespace?: unknown };
      return typeof name === 'string' && typeof namespace === 'string' ? [{ name, namespace }] : [];
    });
  } catch {
    return []; // Somebody wrote something else into the annotation.
  }
}
