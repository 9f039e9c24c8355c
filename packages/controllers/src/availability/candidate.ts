import { originKey, type Freight, type FreightRequest, type Stage } from '@kargo/api';
import { availableFreight, compareText, nextAvailabilityChange } from './availability.ts';
import { isCurrentlyIn } from './soak.ts';

/** What auto-promotion would promote for one origin, or why nothing. `nextChange`: when time alone changes that (epoch ms). */
export type Candidate =
  | { kind: 'candidate'; freight: Freight; nextChange?: number }
  | { kind: 'none'; reason: 'OriginNotRequested' | 'NothingAvailable' | 'SeveralUpstream'; message: string; nextChange?: number };

/**
 * Chooses among the Freight of the origin `key` (`Warehouse/<name>`) that is available to `stage` at `now`.
 *
 * `NewestFreight` (the default) takes the one discovered last, the greater name if several were at once. `MatchUpstream` takes the one
 * that is in the single upstream Stage, and none while two are (one is just replacing the other): approved Freight that is not there
 * stays available to people, but automation follows the upstream Stage.
 */
export function autoPromotionCandidate(stage: Stage, key: string, freight: readonly Freight[], now: number): Candidate {
  const request = stage.spec.requestedFreight.find(({ origin }) => originKey(origin) === key);
  if (request === undefined)
    return { kind: 'none', reason: 'OriginNotRequested', message: `the Stage does not request Freight of ${key}` };
  const ofOrigin = freight.filter(({ origin }) => originKey(origin) === key);
  const at = nextAvailabilityChange(stage, ofOrigin, now);
  const nextChange = at === undefined ? {} : { nextChange: at };
  const available = availableFreight(stage, ofOrigin, now);
  const eligible = matchesUpstream(request) ? inUpstream(request, available) : available;
  if (matchesUpstream(request) && eligible.length > 1) {
    const message = `${eligible.length} pieces of Freight of ${key} are in the upstream Stage at the moment`;
    return { kind: 'none', reason: 'SeveralUpstream', message, ...nextChange };
  }
  const [newest] = eligible.toSorted(newestFirst);
  if (newest === undefined) {
    const message =
      available.length > 0
        ? `no Freight of ${key} that is available is in the upstream Stage`
        : `no Freight of ${key} is available`;
    return { kind: 'none', reason: 'NothingAvailable', message, ...nextChange };
  }
  return { kind: 'candidate', freight: newest, ...nextChange };
}

/** Orders Freight by discovery (creation where that is unknown), newest first; the greater name first among equals. */
export function newestFirst(a: Freight, b: Freight): number {
  return discovery(b) - discovery(a) || compareText(b.metadata.name ?? '', a.metadata.name ?? '');
}

function discovery({ discoveredAt, metadata }: Freight): number {
  const at = Date.parse(discoveredAt ?? metadata.creationTimestamp ?? '');
  return Number.isNaN(at) ? 0 : at;
}

function matchesUpstream({ sources }: FreightRequest): boolean {
  return sources.autoPromotionOptions?.selectionPolicy === 'MatchUpstream';
}

function inUpstream({ sources }: FreightRequest, available: readonly Freight[]): Freight[] {
  const upstreams = sources.stages ?? [];
  return available.filter((freight) => upstreams.some((upstream) => isCurrentlyIn(freight, upstream)));
}
