import {
  decodeSubscription,
  type DecodedSubscription,
  type DiscoveredArtifacts,
  type GitDiscovery,
  type ImageDiscovery,
  type Subscription,
  type Warehouse,
} from '@kargo/api';
import type { Credentials, Git, Registries } from '@kargo/integrations';
import { mapBounded } from './bounded.ts';
import { SubscriptionError } from './discovery-error.ts';
import { discoverGit } from './git/discover-git.ts';
import { discoverImage } from './image/discover-image.ts';

/** The outside that subscriptions are looked up in. */
export interface DiscoveryDeps {
  git: Git;
  registries: Registries;
  credentials: Credentials;
}

/** One subscription that could not be looked at. */
export interface DiscoveryProblem {
  /** E.g. `spec.subscriptions[1] (image ghcr.io/acme/web)`. */
  subscription: string;
  error: Error;
}

export type Discovery = { kind: 'found'; artifacts: DiscoveredArtifacts } | { kind: 'failed'; problems: DiscoveryProblem[] };

const CONCURRENCY = 4;

type Found = { git: GitDiscovery } | { image: ImageDiscovery } | { problem: DiscoveryProblem };

/**
 * Looks at all subscriptions of a Warehouse, a few at a time; one that fails does not keep the others from being looked at, but then
 * nothing counts as found. `previous` is what was found before, if the spec is still the same. Rejects only when the signal aborts.
 */
export async function discover(
  deps: DiscoveryDeps,
  warehouse: Warehouse,
  { previous, discoveredAt, signal }: { previous: DiscoveredArtifacts | undefined; discoveredAt: string; signal: AbortSignal },
): Promise<Discovery> {
  const project = warehouse.metadata.namespace ?? '';
  const entries = warehouse.spec.subscriptions.map((value, index) => ({ value, index }));
  const results = await mapBounded(entries, CONCURRENCY, async ({ value, index }): Promise<Found> => {
    try {
      return await discoverOne(deps, value, { project, previous, signal });
    } catch (error) {
      signal.throwIfAborted();
      return {
        problem: { subscription: nameOf(value, index), error: error instanceof Error ? error : new Error(String(error)) },
      };
    }
  });
  const problems = results.flatMap((result) => ('problem' in result ? [result.problem] : []));
  if (problems.length > 0) return { kind: 'failed', problems };
  const git = results.flatMap((result) => ('git' in result ? [result.git] : []));
  const images = results.flatMap((result) => ('image' in result ? [result.image] : []));
  return {
    kind: 'found',
    artifacts: { discoveredAt, ...(git.length === 0 ? {} : { git }), ...(images.length === 0 ? {} : { images }) },
  };
}

interface Circumstances {
  project: string;
  previous: DiscoveredArtifacts | undefined;
  signal: AbortSignal;
}

async function discoverOne(
  deps: DiscoveryDeps,
  value: Subscription,
  { project, previous, signal }: Circumstances,
): Promise<Found> {
  const reading = decodeSubscription(value);
  if (reading.kind === 'invalid') throw new SubscriptionError('InvalidSubscription', reading.problem);
  const { subscription } = reading;
  const { name } = subscription;
  switch (subscription.type) {
    case 'git':
      return {
        git: await discoverGit(deps, {
          project,
          name,
          subscription: subscription.git,
          previous: previousOf(previous, subscription),
          signal,
        }),
      };
    case 'image':
      return { image: await discoverImage(deps, { project, name, subscription: subscription.image, signal }) };
    case 'chart':
      throw new SubscriptionError('UnsupportedSubscription', 'chart subscriptions are not supported yet');
    case 'other':
      throw new SubscriptionError(
        'UnsupportedSubscription',
        `subscriptions of type ${subscription.artifactType} are not supported`,
      );
  }
}

function previousOf(
  previous: DiscoveredArtifacts | undefined,
  subscription: DecodedSubscription & { type: 'git' },
): GitDiscovery | undefined {
  return previous?.git?.find(
    ({ repoURL, subscriptionName }) => repoURL === subscription.git.repoURL && subscriptionName === subscription.name,
  );
}

function nameOf(value: Subscription, index: number): string {
  const reading = decodeSubscription(value);
  const path = `spec.subscriptions[${index}]`;
  if (reading.kind === 'invalid') return path;
  const { subscription } = reading;
  switch (subscription.type) {
    case 'git':
      return `${path} (git ${subscription.git.repoURL})`;
    case 'image':
      return `${path} (image ${subscription.image.repoURL})`;
    case 'chart':
      return `${path} (chart ${subscription.chart.repoURL})`;
    case 'other':
      return `${path} (${subscription.artifactType})`;
  }
}
