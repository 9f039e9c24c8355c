import {
  apiVersionOf,
  type ArtifactReference,
  type Chart,
  type DiscoveredArtifacts,
  Freight,
  freightName,
  type GitCommit,
  type Image,
  type Warehouse,
} from '@kargo/api';

/**
 * Freight of the best artifact of each subscription. Everything must have been found: a subscription without any is a programmer
 * error, as {@link missingArtifacts} comes first.
 */
export function buildFreight({ metadata }: Warehouse, { git, images, charts, results }: DiscoveredArtifacts): Freight {
  const commits = (git ?? []).map(({ repoURL, subscriptionName, commits: found }): GitCommit => {
    const { id, branch, tag, subject, author, committer } = first(found, repoURL);
    return defined({ repoURL, id, branch, tag, message: subject, author, committer, subscriptionName });
  });
  const ofImages = (images ?? []).map(({ repoURL, subscriptionName, references }): Image => {
    const { tag, digest, annotations } = first(references, repoURL);
    return defined({ repoURL, tag, digest, annotations, subscriptionName });
  });
  const ofCharts = (charts ?? []).map(({ repoURL, name, subscriptionName, versions }): Chart =>
    defined({ repoURL, name, version: first(versions, repoURL), subscriptionName }),
  );
  const artifacts = (results ?? []).map(({ name, artifactReferences }): ArtifactReference => first(artifactReferences, name));
  const content = {
    origin: { kind: 'Warehouse' as const, name: metadata.name ?? '' },
    ...(commits.length === 0 ? {} : { commits }),
    ...(ofImages.length === 0 ? {} : { images: ofImages }),
    ...(ofCharts.length === 0 ? {} : { charts: ofCharts }),
    ...(artifacts.length === 0 ? {} : { artifacts }),
  };
  return {
    apiVersion: apiVersionOf(Freight),
    kind: Freight.kind,
    metadata: { name: freightName(content), namespace: metadata.namespace },
    ...content,
  };
}

function first<T>(found: readonly T[] | undefined, of: string): T {
  const [best] = found ?? [];
  if (best === undefined) throw new Error(`programmer error: building Freight, but nothing was found in ${of}`);
  return best;
}

function defined<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
