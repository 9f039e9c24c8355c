/** Which old objects may go. Pure. */
import { type Freight, freightNames, isTerminalPromotionPhase, type Promotion, type Stage } from '@kargo/api';
import { newestFirst } from '../availability/candidate.ts';
import { compareText } from '../availability/availability.ts';

export interface Retention {
  /** How many are kept in any case, of each Stage or Warehouse. */
  keep: number;
  /** Nothing younger than this many milliseconds goes. */
  minimumAge: number;
}

/** Twenty are kept, and everything of the last two weeks. */
export const DEFAULT_RETENTION: Retention = { keep: 20, minimumAge: 336 * 3_600_000 };

/**
 * Promotions of one Stage that may go at `now` (epoch milliseconds): those beyond the newest twenty behind the oldest unfinished one,
 * once they are old enough. The Stage's last Promotion stays however old it is: the next one inherits Freight from it.
 */
export function expiredPromotions(
  promotions: readonly Promotion[],
  stage: Stage | undefined,
  now: number,
  retention: Retention,
): Promotion[] {
  const kept = new Set([stage?.status?.lastPromotion?.name, stage?.status?.currentPromotion?.name]);
  const sorted = promotions.toSorted(
    (a, b) => created(b) - created(a) || compareText(b.metadata.name ?? '', a.metadata.name ?? ''),
  );
  return expired(sorted, {
    retention,
    now,
    isInUse: ({ status }) => !isTerminalPromotionPhase(status?.phase),
    isProtected: ({ metadata }) => kept.has(metadata.name),
    bornAt: created,
  });
}

/**
 * Freight of one Warehouse that may go at `now` (epoch milliseconds): what lies beyond the newest twenty behind the oldest piece that a
 * Stage holds or that is being promoted, once it is old enough. Freight stays however old it is while it is in the history of a Stage (it may
 * be wanted back), is recorded as being in one, was the last that was promoted there, is held there, or is approved for one.
 */
export function expiredFreight(
  freight: readonly Freight[],
  { stages, promotions }: { stages: readonly Stage[]; promotions: readonly Promotion[] },
  now: number,
  retention: Retention,
): Freight[] {
  const held = new Set(stages.flatMap(({ status }) => freightNames(status?.freightHistory?.[0] ?? {})));
  const promoted = new Set(
    promotions
      .filter(({ status }) => !isTerminalPromotionPhase(status?.phase))
      .flatMap(({ spec, status }) => [spec.freight, ...freightNames(status?.freightCollection ?? {})]),
  );
  const kept = new Set(
    stages.flatMap(({ status }) => [
      ...(status?.freightHistory ?? []).flatMap((collection) => freightNames(collection)),
      ...[status?.autoPromotionHolds, status?.effectiveAutoPromotionHolds].flatMap((holds) =>
        Object.values(holds ?? {}).map(({ freightName }) => freightName),
      ),
      status?.lastPromotion?.freight?.name,
      ...freightNames(status?.lastPromotion?.status?.freightCollection ?? {}),
      status?.currentPromotion?.freight?.name,
    ]),
  );
  return expired(freight.toSorted(newestFirst), {
    retention,
    now,
    isInUse: ({ metadata }) => held.has(metadata.name ?? '') || promoted.has(metadata.name),
    isProtected: ({ metadata, status }) => kept.has(metadata.name) || hasAny(status?.approvedFor) || hasAny(status?.currentlyIn),
    bornAt: (each) => Date.parse(each.discoveredAt ?? '') || created(each),
  });
}

interface Rules<T> {
  retention: Retention;
  now: number;
  /** Everything up to the oldest of these is needed, and as many as are kept behind it. */
  isInUse: (object: T) => boolean;
  isProtected: (object: T) => boolean;
  bornAt: (object: T) => number;
}

function expired<T>(newestToOldest: readonly T[], { retention, now, isInUse, isProtected, bornAt }: Rules<T>): T[] {
  if (newestToOldest.length <= retention.keep) return [];
  const first = newestToOldest.findLastIndex(isInUse) + retention.keep + 1;
  return newestToOldest.slice(first).filter((object) => now - bornAt(object) > retention.minimumAge && !isProtected(object));
}

function hasAny(map: object | undefined): boolean {
  return Object.keys(map ?? {}).length > 0;
}

function created({ metadata }: Freight | Promotion): number {
  return Date.parse(metadata.creationTimestamp ?? '') || 0;
}
