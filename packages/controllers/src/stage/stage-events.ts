import { controllerActor, Freight, originKey, Promotion, Stage, type VerificationInfo } from '@kargo/api';
import { freightFacts, promotionFacts, verificationFacts, verificationReason } from '../events/facts.ts';
import type { EventRecorder } from '../events/recorder.ts';

/** Who acts when a Stage controller acts by itself. */
export const STAGE_CONTROLLER_ACTOR = controllerActor('stage-controller');

/** The end of the verification of a piece of Freight. */
export interface FreightVerification {
  stage: Stage;
  freight: Freight;
  verification: VerificationInfo;
  /** Name of the Promotion that deployed the Freight. */
  promotion?: string | undefined;
}

/** Tells people how the verification of a piece of Freight in a Stage ended. */
export function recordVerification(
  recorder: EventRecorder,
  { stage, freight, verification, promotion }: FreightVerification,
): Promise<void> {
  const name = stage.metadata.name ?? '';
  const why = verification.message === undefined || verification.message === '' ? '' : `: ${verification.message}`;
  return recorder.record({
    kind: Freight,
    about: freight,
    reason: verificationReason(verification.phase),
    message: `Verification of Freight ${freight.metadata.name ?? ''} in Stage ${name} ended ${verification.phase ?? ''}${why}`,
    facts: verificationFacts(freight, { stage: name, verification, promotion, actor: STAGE_CONTROLLER_ACTOR }),
    related: { kind: Stage, name },
    at: verification.finishTime,
    occurrence: `${name}/${verification.id}`,
  });
}

/** Tells people that Freight is passed on by a Stage without promotion steps. */
export function recordPassedOn(recorder: EventRecorder, stage: Stage, freight: Freight, at: string): Promise<void> {
  const name = stage.metadata.name ?? '';
  return recorder.record({
    kind: Freight,
    about: freight,
    reason: 'FreightVerificationSucceeded',
    message: `Freight ${freight.metadata.name ?? ''} is passed on by Stage ${name}`,
    facts: {
      ...freightFacts(freight, { stage: name, actor: STAGE_CONTROLLER_ACTOR }),
      'verification-start-time': at,
      'verification-finish-time': at,
    },
    related: { kind: Stage, name },
    at,
    occurrence: `${name}/${at}`,
  });
}

/** Tells people that a Promotion was created without anybody asking for it. */
export function recordPromotionCreated(recorder: EventRecorder, promotion: Promotion, freight: Freight): Promise<void> {
  return recorder.record({
    kind: Promotion,
    about: promotion,
    reason: 'PromotionCreated',
    message: `Freight ${freight.metadata.name ?? ''} of ${originKey(freight.origin)} is promoted to Stage ${promotion.spec.stage} automatically`,
    facts: promotionFacts(promotion, { freight, actor: STAGE_CONTROLLER_ACTOR }),
    related: { kind: Freight, name: freight.metadata.name ?? '' },
    at: promotion.metadata.creationTimestamp,
    occurrence: 'created',
  });
}

/** Tells people that a Promotion was overtaken before its turn. */
export function recordDiscarded(recorder: EventRecorder, promotion: Promotion, freight: Freight | undefined): Promise<void> {
  return recorder.record({
    kind: Promotion,
    about: promotion,
    reason: 'PromotionDiscarded',
    message: promotion.status?.message ?? '',
    facts: promotionFacts(promotion, { freight, actor: STAGE_CONTROLLER_ACTOR }),
    related: { kind: Promotion, name: promotion.status?.supersededBy ?? '' },
    at: promotion.status?.finishedAt,
    occurrence: 'ended',
  });
}
