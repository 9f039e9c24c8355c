import type { ChartSubscription, GitSubscription, ImageSubscription, Subscription } from './kinds/warehouse.ts';
import type { Json } from './schema/schema.ts';

/** A subscription of a Warehouse, by type. */
export type DecodedSubscription =
  | { type: 'git'; name: string | undefined; git: GitSubscription }
  | { type: 'image'; name: string | undefined; image: ImageSubscription }
  | { type: 'chart'; name: string | undefined; chart: ChartSubscription }
  | { type: 'other'; name: string | undefined; artifactType: string; config: { [key: string]: Json } };

export type SubscriptionReading = { kind: 'ok'; subscription: DecodedSubscription } | { kind: 'invalid'; problem: string };

/** How many artifacts are looked at where a subscription does not say. */
export const DEFAULT_DISCOVERY_LIMIT = 20;

/**
 * Reads an entry of `spec.subscriptions`: an object with an optional `name` and exactly one other key, which names the type. Checks the
 * shape down to `repoURL`; the fields within are checked by admission.
 */
export function decodeSubscription(value: unknown): SubscriptionReading {
  if (!isObject(value)) return invalid('must be an object with one of git, image, chart or another artifact type');
  const { name, ...types } = value;
  if (name !== undefined && typeof name !== 'string') return invalid('name must be a string');
  const [type, ...others] = Object.keys(types);
  if (type === undefined) return invalid('names no type: add one of git, image, chart or another artifact type');
  if (others.length > 0) return invalid(`names more than one type: ${[type, ...others].join(', ')}`);
  const config = types[type];
  if (!isObject(config)) return invalid(`${type} must be an object`);
  const isKnown = type === 'git' || type === 'image' || type === 'chart';
  if (isKnown && (typeof config['repoURL'] !== 'string' || config['repoURL'] === ''))
    return invalid(`${type}.repoURL is required`);
  return { kind: 'ok', subscription: typed(type, name, config) };
}

/** The subscriptions that can be read; the others are passed over. */
export function decodeSubscriptions(values: readonly Subscription[]): DecodedSubscription[] {
  return values.flatMap((value) => {
    const reading = decodeSubscription(value);
    return reading.kind === 'ok' ? [reading.subscription] : [];
  });
}

function typed(type: string, name: string | undefined, config: { [key: string]: Json }): DecodedSubscription {
  switch (type) {
    case 'git':
      return { type, name, git: config as unknown as GitSubscription };
    case 'image':
      return { type, name, image: config as unknown as ImageSubscription };
    case 'chart':
      return { type, name, chart: config as unknown as ChartSubscription };
    default:
      return { type: 'other', name, artifactType: type, config };
  }
}

function isObject(value: unknown): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(problem: string): SubscriptionReading {
  return { kind: 'invalid', problem };
}
