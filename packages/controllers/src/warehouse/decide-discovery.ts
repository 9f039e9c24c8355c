import { annotations, type Warehouse } from '@kargo/api';
import { parseDuration } from '@kargo/gocompat';

/** Whether subscriptions are to be looked at now, and why; or when they will be (epoch milliseconds). */
export type DiscoveryDecision =
  | { kind: 'discover'; why: 'NothingDiscovered' | 'SpecChanged' | 'RefreshRequested' | 'IntervalElapsed' }
  | { kind: 'wait'; until: number };

/** Milliseconds between two looks: what the Warehouse says, but not less than the installation allows. */
export function discoveryInterval({ spec }: Warehouse, minimum: number): number {
  return Math.max(parseDuration(spec.interval ?? '5m0s'), minimum);
}

/** The refresh token of a Warehouse that has not been carried out yet. */
export function pendingRefresh({ metadata, status }: Warehouse): string | undefined {
  const token = metadata.annotations?.[annotations.refresh];
  return token === undefined || token === '' || token === status?.lastHandledRefresh ? undefined : token;
}

/** Decides whether to look at subscriptions at `now` (epoch milliseconds). */
export function decideDiscovery(warehouse: Warehouse, now: number, minimumInterval: number): DiscoveryDecision {
  const { metadata, status } = warehouse;
  const discoveredAt = Date.parse(status?.discoveredArtifacts?.discoveredAt ?? '');
  if (Number.isNaN(discoveredAt)) return { kind: 'discover', why: 'NothingDiscovered' };
  if ((metadata.generation ?? 0) > (status?.observedGeneration ?? 0)) return { kind: 'discover', why: 'SpecChanged' };
  if (pendingRefresh(warehouse) !== undefined) return { kind: 'discover', why: 'RefreshRequested' };
  const until = discoveredAt + discoveryInterval(warehouse, minimumInterval);
  return until <= now ? { kind: 'discover', why: 'IntervalElapsed' } : { kind: 'wait', until };
}
