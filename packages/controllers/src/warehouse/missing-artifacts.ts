import type { DiscoveredArtifacts } from '@kargo/api';

/** Why no Freight can be made of what was found. */
export interface MissingArtifacts {
  /** Reason of the conditions Healthy and Ready. */
  healthy: string;
  ready: string;
  message: string;
}

/** What is missing for a piece of Freight; absent if every subscription found something. */
export function missingArtifacts({
  git = [],
  images = [],
  charts = [],
  results = [],
}: DiscoveredArtifacts): MissingArtifacts | undefined {
  if (git.length + images.length + charts.length + results.length === 0)
    return { healthy: 'MissingArtifacts', ready: 'MissingArtifacts', message: 'no artifacts were discovered' };
  const commits = git.find((each) => (each.commits ?? []).length === 0);
  if (commits !== undefined) return missing('Commits', `no commits of ${commits.repoURL} match the subscription`);
  const references = images.find((each) => (each.references ?? []).length === 0);
  if (references !== undefined) return missing('ImageReferences', `no images of ${references.repoURL} match the subscription`);
  const versions = charts.find((each) => (each.versions ?? []).length === 0);
  if (versions !== undefined) return missing('ChartVersions', `no chart versions of ${versions.repoURL} match the subscription`);
  return undefined;
}

function missing(what: string, message: string): MissingArtifacts {
  return { healthy: `No${what}Discovered`, ready: `Missing${what}`, message };
}
