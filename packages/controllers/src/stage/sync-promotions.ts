import {
  newFreightCollection,
  pushCollection,
  type AutoPromotionHold,
  type FreightCollection,
  type Promotion,
  type PromotionReference,
  type StageStatus,
} from '@kargo/api';
import { clone } from '@kargo/kube';
import { replayHolds } from '../availability/holds.ts';
import { isPromotionTerminal, observe, type StagePass } from './pass.ts';
import { isProcessed, markProcessed, unprocessed } from './processed-promotions.ts';

/**
 * Takes note of Promotions that ended: `lastPromotion`, `freightHistory` and the durable holds follow from them. While the current one
 * still runs, nothing changes.
 *
 * A Promotion that never began and was never granted changes nothing in the Stage; it is only marked as seen.
 */
export function syncPromotions(pass: StagePass): void {
  const { status, stage, promotions } = pass;
  const holdOptions = { enabled: pass.autoPromotionEnabled };
  setHolds(status, replayHolds(stage, status.autoPromotionHolds ?? {}, [], holdOptions));

  const current = status.currentPromotion;
  const running = promotions.find(({ metadata }) => current !== undefined && metadata.name === current.name);
  if (running !== undefined && !isPromotionTerminal(running)) return;

  const earlier = promotions.filter((promotion) => isProcessed(status, promotion));
  const finished = unprocessed(status, promotions);
  const happened = finished.filter(
    (promotion) => promotion.status?.startedAt !== undefined || promotion.metadata.name === current?.name,
  );
  delete status.currentPromotion;
  setHolds(status, replayHolds(stage, status.autoPromotionHolds ?? {}, finished, { ...holdOptions, earlier }));
  markProcessed(status, finished, promotions);
  for (const promotion of happened) record(pass, promotion);
}

function setHolds(status: StageStatus, holds: Record<string, AutoPromotionHold>): void {
  if (Object.keys(holds).length === 0) delete status.autoPromotionHolds;
  else status.autoPromotionHolds = holds;
}

function record(pass: StagePass, promotion: Promotion): void {
  const { status } = pass;
  const outcome = clone(promotion.status ?? {});
  const inherited = status.lastPromotion?.status?.freightCollection;
  if (outcome.startedAt === undefined && outcome.freightCollection === undefined && inherited !== undefined) {
    outcome.freightCollection = clone(inherited);
  }
  const last: PromotionReference = { name: promotion.metadata.name ?? '', status: outcome };
  last.freight = outcome.freight === undefined ? { name: promotion.spec.freight } : clone(outcome.freight);
  if (outcome.finishedAt !== undefined) last.finishedAt = outcome.finishedAt;
  status.lastPromotion = last;

  const deployed = deployedBy(promotion);
  if (deployed === undefined) return;
  status.freightHistory = pushCollection(status.freightHistory, deployed);
  delete status.health;
  pass.notes.deployed = true;
  observe(
    pass,
    'Healthy',
    'Unknown',
    'WaitingForHealthCheck',
    'The health of the newly promoted Freight has not been checked yet',
  );
  observe(pass, 'Verified', 'Unknown', 'WaitingForVerification', 'The newly promoted Freight has not been verified yet');
}

/** What a successful Promotion deployed, with a history of verifications that is its own and empty. */
function deployedBy({ status }: Promotion): FreightCollection | undefined {
  if (status?.phase !== 'Succeeded') return undefined;
  const { freightCollection, freight } = status;
  if (freightCollection !== undefined) {
    const { verificationHistory: _, ...collection } = clone(freightCollection);
    return collection;
  }
  return freight?.origin === undefined ? undefined : newFreightCollection(clone(freight));
}
