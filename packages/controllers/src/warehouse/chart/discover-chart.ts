import { type ChartDiscovery, type ChartSubscription, DEFAULT_DISCOVERY_LIMIT } from '@kargo/api';
import type { Charts, Credentials } from '@kargo/integrations';
import { SubscriptionError } from '../discovery-error.ts';
import { loginFor } from '../login.ts';
import { versionTags } from '../tag-rules.ts';

export interface ChartDiscoveryInput {
  project: string;
  name: string | undefined;
  subscription: ChartSubscription;
  signal: AbortSignal;
}

/** What a chart subscription finds now: versions, highest first. What is not a version is passed over. */
export async function discoverChart(
  { charts, credentials }: { charts: Charts; credentials: Credentials },
  { project, name: subscriptionName, subscription, signal }: ChartDiscoveryInput,
): Promise<ChartDiscovery> {
  const { repoURL, name = '', semverConstraint, insecureSkipTLSVerify } = subscription;
  const { discoveryLimit = DEFAULT_DISCOVERY_LIMIT } = subscription;
  const isOCI = /^oci:\/\//i.test(repoURL);
  if (isOCI && name !== '')
    throw new SubscriptionError(
      'InvalidSubscription',
      'name: the URL of a chart in a registry names the chart already; leave it out',
    );
  if (!isOCI && name === '')
    throw new SubscriptionError('InvalidSubscription', `name: ${repoURL} holds many charts; name the one that is meant`);
  // Tags may be anything, while an index is made of versions.
  const rules = { constraint: semverConstraint, strict: isOCI, field: 'semverConstraint' };
  // A constraint that makes no sense is told before the repository is asked.
  versionTags([], rules);
  const login = await loginFor(credentials, { project, type: 'helm', repoURL, signal });
  const found = await charts.versions({
    repoURL,
    ...(name === '' ? {} : { name }),
    credentials: login,
    insecureSkipTLSVerify,
    signal,
  });
  return {
    repoURL,
    ...(name === '' ? {} : { name }),
    ...(semverConstraint === undefined ? {} : { semverConstraint }),
    ...(subscriptionName === undefined ? {} : { subscriptionName }),
    versions: versionTags([...new Set(found)], rules).slice(0, discoveryLimit),
  };
}
