import { newFreightCollection, originKey, type FreightCollection, type FreightReference, type Stage } from '@kargo/api';

/**
 * The Freight a promotion brings to a Stage: what is promoted and, for the other origins the Stage still requests, what the last
 * promotion brought, whether that succeeded or not.
 */
export function collectFreight(stage: Stage, target: FreightReference): FreightCollection {
  const requested = new Set(stage.spec.requestedFreight.map(({ origin }) => originKey(origin)));
  if (requested.size <= 1) return newFreightCollection(target);
  const last = Object.values(stage.status?.lastPromotion?.status?.freightCollection?.items ?? {});
  const inherited = last.filter(({ origin }) => origin !== undefined && requested.has(originKey(origin)));
  return newFreightCollection(...inherited, target);
}
