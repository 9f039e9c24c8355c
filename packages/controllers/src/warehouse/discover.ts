import {
  type ChartDiscovery,
  decodeSubscription,
  type DiscoveredArtifacts,
  type DiscoveryResult,
  type GitDiscovery,
  type ImageDiscovery,
  type Json,
  type Subscription,
  type Warehouse,
} from '@kargo/api';
import { type Charts, type Credentials, type Git, PortError, type Registries } from '@kargo/integrations';
import type { Clock } from '@kargo/kube';
import { mapBounded } from './bounded.ts';
import { discoverChart } from './chart/discover-chart.ts';
import { LateError, withDeadline } from './deadline.ts';
import { SubscriptionError } from './discovery-error.ts';
import { type FoundBefore, foundBefore } from './found-before.ts';
import { discoverGit } from './git/discover-git.ts';
import { discoverImage } from './image/discover-image.ts';
import type { Confirmation } from './image/strategy.ts';

/** Looks for artifacts of a type of its own: what it finds has the name of the subscription. Fails like the others. */
export type Subscriber = (input: {
  project: string;
  name: string;
  config: { [key: string]: Json };
  signal: AbortSignal;
}) => Promise<DiscoveryResult>;

/** The outside that subscriptions are looked up in. */
export interface DiscoveryDeps {
  clock: Clock;
  git: Git;
  registries: Registries;
  charts: Charts;
  credentials: Credentials;
  /** Further types of subscriptions, by the word that stands for them. Default: none. */
  subscribers?: Readonly<Record<string, Subscriber>> | undefined;
  /** Whether what tags of images stand for may be kept. Default `Allow`: where a subscription says that its tags never move. */
  cacheByTag?: 'Allow' | 'Forbid' | 'Force' | 'Require' | undefined;
}

/** One subscription that could not be looked at. */
export interface DiscoveryProblem {
  /** E.g. `spec.subscriptions[1] (image ghcr.io/acme/web)`. */
  subscription: string;
  error: Error;
  /** Whether what it found before takes the place of what it would have found now. */
  bridged: boolean;
}

/** What one look at all subscriptions came to. */
export interface Discovery {
  /** What is known of each subscription now: found by this look or, where that failed for a while only, by the last one. */
  artifacts: DiscoveredArtifacts;
  problems: DiscoveryProblem[];
  /** Whether every subscription has its place in `artifacts`. */
  complete: boolean;
  /** What was passed over, as it cannot be read as it is: which and why. */
  passedOver: string[];
}

const CONCURRENCY = 8;
/** How long one subscription may take, in milliseconds: less than the look as a whole, so that it costs only itself. */
const DEADLINE = 9 * 60_000;

type Found =
  | { git: GitDiscovery }
  | { image: ImageDiscovery; passedOver?: string[] }
  | { chart: ChartDiscovery }
  | { result: DiscoveryResult };

/** Circumstances of a look at all subscriptions. */
export interface DiscoveryOptions {
  /** What was found before, if the spec is still the same. */
  previous: DiscoveredArtifacts | undefined;
  discoveredAt: string;
  /** How much of what is known of tags has to be confirmed. */
  confirm: Confirmation;
  signal: AbortSignal;
}

/**
 * Looks at all subscriptions of a Warehouse, some at a time. One that fails does not keep the others from being looked at; as long as its
 * failure is one that passes, what it found before counts. Rejects only when the signal aborts.
 */
export async function discover(
  deps: DiscoveryDeps,
  warehouse: Warehouse,
  { previous, discoveredAt, confirm, signal }: DiscoveryOptions,
): Promise<Discovery> {
  const project = warehouse.metadata.namespace ?? '';
  const before = foundBefore(warehouse.spec.subscriptions, previous);
  const entries = warehouse.spec.subscriptions.map((value, index) => ({ value, index, before: before[index] ?? {} }));
  const outcomes = await mapBounded(
    entries,
    CONCURRENCY,
    async (entry): Promise<{ found?: Found; problem?: DiscoveryProblem }> => {
      try {
        const look = (own: AbortSignal): Promise<Found> => discoverOne(deps, entry, { project, confirm, signal: own });
        return { found: await withDeadline(deps.clock, DEADLINE, signal, look) };
      } catch (error) {
        signal.throwIfAborted();
        const bridge = isPassing(error) ? asFound(entry.before) : undefined;
        return {
          problem: {
            subscription: nameOf(entry.value, entry.index),
            error: error instanceof Error ? error : new Error(String(error)),
            bridged: bridge !== undefined,
          },
          ...(bridge === undefined ? {} : { found: bridge }),
        };
      }
    },
  );
  const found = outcomes.flatMap((outcome) => outcome.found ?? []);
  return {
    artifacts: { discoveredAt, ...sorted(found) },
    problems: outcomes.flatMap(({ problem }) => problem ?? []),
    complete: found.length === entries.length,
    passedOver: found.flatMap((each) => ('image' in each ? (each.passedOver ?? []) : [])),
  };
}

/** Failures that say nothing about what is there: the artifacts found before still are. */
function isPassing(error: unknown): boolean {
  return error instanceof LateError || (error instanceof PortError && error.transient);
}

function asFound({ git, image, chart, result }: FoundBefore): Found | undefined {
  if (git !== undefined) return { git };
  if (image !== undefined) return { image };
  if (chart !== undefined) return { chart };
  return result === undefined ? undefined : { result };
}

function sorted(found: readonly Found[]): DiscoveredArtifacts {
  const git = found.flatMap((each) => ('git' in each ? [each.git] : []));
  const images = found.flatMap((each) => ('image' in each ? [each.image] : []));
  const charts = found.flatMap((each) => ('chart' in each ? [each.chart] : []));
  const results = found.flatMap((each) => ('result' in each ? [each.result] : []));
  return {
    ...(git.length === 0 ? {} : { git }),
    ...(images.length === 0 ? {} : { images }),
    ...(charts.length === 0 ? {} : { charts }),
    ...(results.length === 0 ? {} : { results }),
  };
}

async function discoverOne(
  deps: DiscoveryDeps,
  { value, before }: { value: Subscription; before: FoundBefore },
  { project, confirm, signal }: { project: string; confirm: Confirmation; signal: AbortSignal },
): Promise<Found> {
  const reading = decodeSubscription(value);
  if (reading.kind === 'invalid') throw new SubscriptionError('InvalidSubscription', reading.problem);
  const { subscription } = reading;
  const { name } = subscription;
  switch (subscription.type) {
    case 'git':
      return { git: await discoverGit(deps, { project, name, subscription: subscription.git, previous: before.git, signal }) };
    case 'image':
      return discoverImage(deps, { project, name, subscription: subscription.image, confirm, signal });
    case 'chart':
      return { chart: await discoverChart(deps, { project, name, subscription: subscription.chart, signal }) };
    case 'other': {
      const { artifactType, config } = subscription;
      const subscriber = deps.subscribers?.[artifactType];
      if (subscriber === undefined)
        throw new SubscriptionError('UnsupportedSubscription', `subscriptions of type ${artifactType} are not supported`);
      if (name === undefined || name === '')
        throw new SubscriptionError('InvalidSubscription', `name: subscriptions of type ${artifactType} need one`);
      return { result: await subscriber({ project, name, config, signal }) };
    }
  }
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
