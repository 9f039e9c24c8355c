/**
 * Finds an artifact of the Freight being promoted by what it comes from. Without an origin, the Warehouses that the Stage requests
 * Freight from are searched for a subscription to it; more than one is ambiguous.
 */
import {
  normalizeGitURL,
  originKey,
  type ArtifactReference,
  type Chart,
  type FreightCollection,
  type FreightOrigin,
  type FreightReference,
  type GitCommit,
  type Image,
  type Subscription,
  type Warehouse,
} from '@kargo/api';

/** Where artifacts are looked for. `warehouses`: those the Stage requests Freight from; called only when no origin is given. */
export interface FreightScope {
  freight: FreightCollection;
  warehouses: () => readonly Warehouse[];
}

/** The image of a repository, compared as written. */
export function findImage(scope: FreightScope, repoURL: string, origin?: FreightOrigin): Image | undefined {
  const subscribes = (subscription: Subscription): boolean => field(subscription, 'image', 'repoURL') === repoURL;
  const from = resolve(scope, `image repository "${repoURL}"`, subscribes, origin);
  return from?.images?.find((image) => image.repoURL === repoURL);
}

/** The commit of a repository, compared by normalised URL. */
export function findCommit(scope: FreightScope, repoURL: string, origin?: FreightOrigin): GitCommit | undefined {
  const url = normalizeGitURL(repoURL);
  const subscribes = (subscription: Subscription): boolean => {
    const other = field(subscription, 'git', 'repoURL');
    return other !== undefined && normalizeGitURL(other) === url;
  };
  const from = resolve(scope, `Git repository "${repoURL}"`, subscribes, origin);
  return from?.commits?.find((commit) => commit.repoURL !== undefined && normalizeGitURL(commit.repoURL) === url);
}

/** The chart of a repository; `name` is empty for OCI repositories. */
export function findChart(scope: FreightScope, repoURL: string, name: string, origin?: FreightOrigin): Chart | undefined {
  const subscribes = (subscription: Subscription): boolean =>
    field(subscription, 'chart', 'repoURL') === repoURL && (field(subscription, 'chart', 'name') ?? '') === name;
  const what = name === '' ? `chart repository "${repoURL}"` : `chart "${name}" of repository "${repoURL}"`;
  const from = resolve(scope, what, subscribes, origin);
  return from?.charts?.find((chart) => chart.repoURL === repoURL && (chart.name ?? '') === name);
}

/** The artifact a subscription of that name found. */
export function findArtifact(scope: FreightScope, name: string, origin?: FreightOrigin): ArtifactReference | undefined {
  const subscribes = (subscription: Subscription): boolean => subscription['name'] === name;
  const from = resolve(scope, `subscription "${name}"`, subscribes, origin);
  return from?.artifacts?.find(({ subscriptionName }) => subscriptionName === name);
}

/** Every image of the Freight, in order of origin. Fails where two subscriptions of the Warehouses share a repository. */
export function allImages({ freight, warehouses }: FreightScope): Image[] {
  const seen = new Set<string>();
  for (const { spec } of warehouses())
    for (const subscription of spec.subscriptions) {
      const repoURL = field(subscription, 'image', 'repoURL');
      if (repoURL === undefined) continue;
      if (seen.has(repoURL))
        throw new Error(
          `manual configuration required due to ambiguous result: several subscriptions find images of "${repoURL}"; list the images`,
        );
      seen.add(repoURL);
    }
  return Object.keys(freight.items ?? {})
    .toSorted()
    .flatMap((key) => freight.items?.[key]?.images ?? []);
}

function resolve(
  { freight, warehouses }: FreightScope,
  what: string,
  subscribes: (subscription: Subscription) => boolean,
  origin: FreightOrigin | undefined,
): FreightReference | undefined {
  if (origin !== undefined) return freight.items?.[originKey(origin)];
  const found = warehouses().flatMap((warehouse) =>
    warehouse.spec.subscriptions.filter((subscription) => subscribes(subscription)).map(() => warehouse.metadata.name ?? ''),
  );
  if (found.length > 1)
    throw new Error(
      `${found.length} subscriptions (of ${[...new Set(found)].map((name) => `Warehouse "${name}"`).join(', ')}) find artifacts of ${what}; name the origin, e.g. with warehouse("${found[0]}")`,
    );
  const [name] = found;
  return name === undefined ? undefined : freight.items?.[originKey({ kind: 'Warehouse', name })];
}

function field(subscription: Subscription, type: string, name: string): string | undefined {
  const part = subscription[type];
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return undefined;
  const value = part[name];
  return typeof value === 'string' ? value : undefined;
}
