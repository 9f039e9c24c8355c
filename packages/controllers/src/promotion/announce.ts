/** Tells people of Promotions: that they were created, and how they ended. */
import { annotations, controllerActor, decodeAbortRequest, Freight, Promotion, type Stage } from '@kargo/api';
import { promotionFacts } from '../events/facts.ts';
import type { EventReason, EventRecorder } from '../events/recorder.ts';
import { recordDiscarded, recordPromotionCreated, STAGE_CONTROLLER_ACTOR } from '../stage/stage-events.ts';

/** Name of the component, in events and as an actor. */
export const PROMOTION_CONTROLLER = 'promotion-controller';

/** A Promotion that has ended, with what exists of its Stage and its Freight. */
export interface EndedPromotion {
  promotion: Promotion;
  stage: Stage | undefined;
  freight: Freight | undefined;
}

/**
 * Tells how a Promotion ended, and before that of its creation, in case whoever created it died before it told. What was told already
 * stays as it was told.
 */
export async function announceEnd(events: EventRecorder, ended: EndedPromotion): Promise<void> {
  await announceCreation(events, ended);
  const { promotion, stage, freight } = ended;
  if (promotion.status?.supersededBy !== undefined) return recordDiscarded(events, promotion, freight);
  const { phase = 'Errored', message = '', finishedAt } = promotion.status ?? {};
  const actor = phase === 'Aborted' ? abortedBy(promotion) : undefined;
  const pending = phase === 'Succeeded' ? { verificationPending: stage?.spec.verification !== undefined } : {};
  await events.record({
    kind: Promotion,
    about: promotion,
    reason: `Promotion${phase}` as EventReason,
    message: phase === 'Aborted' ? message : `Promotion ${phase}${message === '' ? '' : `: ${message}`}`,
    facts: promotionFacts(promotion, { freight, actor, ...pending }),
    related: { kind: Freight, name: promotion.spec.freight ?? '' },
    at: finishedAt,
    occurrence: 'ended',
  });
}

/** Tells that a Promotion was created. Those that nobody is said to have created, nobody is told of. */
export async function announceCreation(
  events: EventRecorder,
  { promotion, freight }: Pick<EndedPromotion, 'promotion' | 'freight'>,
): Promise<void> {
  const { annotations: notes, creationTimestamp } = promotion.metadata;
  const actor = notes?.[annotations.createActor];
  if (actor === undefined) return;
  if (actor === STAGE_CONTROLLER_ACTOR) {
    if (freight !== undefined) await recordPromotionCreated(events, promotion, freight);
    return;
  }
  await events.record({
    kind: Promotion,
    about: promotion,
    reason: 'PromotionCreated',
    message: `Promotion to Stage ${promotion.spec.stage} created by ${actor}`,
    facts: promotionFacts(promotion, { freight, actor }),
    related: { kind: Freight, name: promotion.spec.freight ?? '' },
    at: creationTimestamp,
    occurrence: 'created',
  });
}

/** Who asked for the Promotion to end. */
export function abortedBy({ metadata }: Promotion): string {
  return decodeAbortRequest(metadata.annotations?.[annotations.abort])?.actor ?? controllerActor(PROMOTION_CONTROLLER);
}
