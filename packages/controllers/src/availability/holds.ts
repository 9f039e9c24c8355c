/** Holds keep automation from overriding what a person promoted on purpose. */
import {
  annotations,
  originKey,
  parseOriginKey,
  type AutoPromotionHold,
  type FreightOrigin,
  type Promotion,
  type Stage,
} from '@kargo/api';
import { compareText } from './availability.ts';

/** Holds by origin key (`Warehouse/<name>`). */
export type Holds = Readonly<Record<string, AutoPromotionHold>>;

/** What a Promotion says about automation of one origin, stamped on it at admission. */
export interface Intent {
  kind: 'hold' | 'resume';
  origin: FreightOrigin;
}

/** The intent of a Promotion; undefined if it has none or names no origin properly. A hold wins over a resume. */
export function intentOf(promotion: Promotion): Intent | undefined {
  const stamped = promotion.metadata.annotations ?? {};
  const hold = parseOriginKey(stamped[annotations.autoPromotionHold] ?? '');
  if (hold !== undefined) return { kind: 'hold', origin: hold };
  const resume = parseOriginKey(stamped[annotations.autoPromotionResume] ?? '');
  return resume === undefined ? undefined : { kind: 'resume', origin: resume };
}

/**
 * The durable holds after `finished` (terminal Promotions that are taken note of now) have been replayed.
 *
 * Without auto-promotion there are none. Holds of origins no longer requested go. Of each origin the newest intent (by creation, then
 * name) decides; aborted Promotions have none, failed ones do. `earlier` are the Promotions taken note of before: an intent older than
 * one of theirs, or than a hold that stands, changes nothing.
 */
export function replayHolds(
  stage: Stage,
  before: Holds,
  finished: readonly Promotion[],
  { enabled, earlier = [] }: { enabled: boolean; earlier?: readonly Promotion[] },
): Record<string, AutoPromotionHold> {
  if (!enabled) return {};
  const requested = requestedKeys(stage);
  const holds = onlyRequested(before, requested);
  for (const key of requested) {
    const newest = newestIntent(finished, key);
    if (newest === undefined || supersededBy(newest, holds[key])) continue;
    const previous = newestIntent(earlier, key);
    if (previous !== undefined && byAge(newest, previous) < 0) continue;
    apply(holds, key, newest);
  }
  return holds;
}

/**
 * What automation obeys now: the durable holds, overlaid by the newest intent per origin among `unprocessed`, the Promotions whose end
 * has not been taken note of yet. So a hold works from the moment its Promotion is submitted.
 */
export function effectiveHolds(
  stage: Stage,
  durable: Holds,
  unprocessed: readonly Promotion[],
  enabled: boolean,
): Record<string, AutoPromotionHold> {
  return replayHolds(stage, durable, unprocessed, { enabled });
}

function apply(holds: Record<string, AutoPromotionHold>, key: string, promotion: Promotion): void {
  const intent = intentOf(promotion);
  if (intent?.kind === 'resume') delete holds[key];
  if (intent?.kind !== 'hold') return;
  const actor = promotion.metadata.annotations?.[annotations.createActor];
  const createdAt = promotion.metadata.creationTimestamp;
  holds[key] = {
    freightName: promotion.spec.freight ?? '',
    origin: intent.origin,
    promotionName: promotion.metadata.name ?? '',
    ...(actor === undefined ? {} : { actor }),
    ...(createdAt === undefined ? {} : { createdAt }),
  };
}

function newestIntent(promotions: readonly Promotion[], key: string): Promotion | undefined {
  return promotions
    .filter((promotion) => {
      const intent = intentOf(promotion);
      return promotion.status?.phase !== 'Aborted' && intent !== undefined && originKey(intent.origin) === key;
    })
    .toSorted(byAge)
    .at(-1);
}

function byAge(a: Promotion, b: Promotion): number {
  return (
    age(a.metadata.creationTimestamp) - age(b.metadata.creationTimestamp) ||
    compareText(a.metadata.name ?? '', b.metadata.name ?? '')
  );
}

function supersededBy(promotion: Promotion, hold: AutoPromotionHold | undefined): boolean {
  if (hold === undefined || hold.promotionName === promotion.metadata.name) return false;
  const difference = age(promotion.metadata.creationTimestamp) - age(hold.createdAt);
  return (difference || compareText(promotion.metadata.name ?? '', hold.promotionName ?? '')) < 0;
}

function age(created: string | undefined): number {
  const at = Date.parse(created ?? '');
  return Number.isNaN(at) ? 0 : at;
}

function requestedKeys(stage: Stage): string[] {
  return [...new Set(stage.spec.requestedFreight.map(({ origin }) => originKey(origin)))];
}

function onlyRequested(holds: Holds, requested: readonly string[]): Record<string, AutoPromotionHold> {
  return Object.fromEntries(Object.entries(holds).filter(([key]) => requested.includes(key)));
}
