import {
  annotations,
  collectionIncludes,
  isReason,
  originKey,
  type Freight,
  type FreightOrigin,
  type Promotion,
} from '@kargo/api';
import { compareText } from '../availability/availability.ts';
import { autoPromotionCandidate } from '../availability/candidate.ts';
import { effectiveHolds } from '../availability/holds.ts';
import { isRecent } from '../events/recent.ts';
import { currentCollection, identity, isPromotionTerminal, stageText, type StagePass, type StageStep } from './pass.ts';
import { isProcessed } from './processed-promotions.ts';
import { STAGE_CONTROLLER_ACTOR } from './stage-events.ts';

/** Works out what automation must leave alone now: `effectiveAutoPromotionHolds` and `autoPromotionEnabled`. */
export function syncEffectiveHolds(pass: StagePass): void {
  const { status, promotions, stage, autoPromotionEnabled } = pass;
  const open = promotions.filter((promotion) => !isProcessed(status, promotion));
  status.autoPromotionEnabled = autoPromotionEnabled;
  const holds = effectiveHolds(stage, status.autoPromotionHolds ?? {}, open, autoPromotionEnabled);
  if (Object.keys(holds).length === 0) delete status.effectiveAutoPromotionHolds;
  else status.effectiveAutoPromotionHolds = holds;
}

export interface AutoPromoteDeps {
  /** Freight of an origin, as last seen. */
  freightFrom: (project: string, origin: FreightOrigin) => readonly Freight[];
  warehouseExists: (project: string, name: string) => boolean;
  /** Creates a Promotion; admission gives it its name and steps. */
  createPromotion: (project: string, stage: string, freight: string) => Promise<Promotion>;
  /** Tells people about it, once however often it is called. */
  promotionCreated: (promotion: Promotion, freight: Freight) => Promise<void>;
}

/**
 * Creates a Promotion for every origin whose candidate is not there yet. Freight whose last Promotion did not succeed is left to people.
 * Does nothing while auto-promotion is off. A Warehouse that does not exist is a problem of its origin alone.
 */
export function autoPromote(deps: AutoPromoteDeps): StageStep {
  return async (pass) => {
    if (!pass.autoPromotionEnabled) return;
    const { project, name } = identity(pass);
    const missing: string[] = [];
    for (const { origin } of pass.stage.spec.requestedFreight) {
      if (!deps.warehouseExists(project, origin.name)) {
        missing.push(origin.name);
        continue;
      }
      const key = originKey(origin);
      const candidate = autoPromotionCandidate(pass.stage, key, deps.freightFrom(project, origin), pass.now);
      if (candidate.nextChange !== undefined) {
        pass.notes.soakEnds = Math.min(pass.notes.soakEnds ?? Number.POSITIVE_INFINITY, candidate.nextChange);
      }
      if (candidate.kind === 'none' || Object.hasOwn(pass.status.effectiveAutoPromotionHolds ?? {}, key)) continue;
      if (mayPromote(pass, candidate.freight)) await promote(deps, pass, candidate.freight);
      tellOf(deps, pass, candidate.freight);
    }
    if (missing.length > 0) {
      pass.problems.push(
        new Error(
          `cannot look for new Freight of Stage ${name}: Warehouse ${missing.join(', ')} does not exist in Project ${project}`,
        ),
      );
    }
  };
}

/** Whether automation may promote Freight that is the candidate of its origin. */
export function mayPromote({ status, promotions }: Pick<StagePass, 'status' | 'promotions'>, freight: Freight): boolean {
  const name = freight.metadata.name ?? '';
  if (collectionIncludes(currentCollection(status), name)) return false;
  const ofFreight = promotions.filter(({ spec }) => spec.freight === name);
  const underWay = (promotion: Promotion): boolean =>
    !isPromotionTerminal(promotion) || (promotion.status?.phase === 'Succeeded' && !isProcessed(status, promotion));
  if (ofFreight.some(underWay)) return false;
  // Overtaken by one that still waits, another of the same Freight would be too: after a clock was set back, or with names that people
  // chose, the newest is not the last in order. Its turn comes when that one has had its own.
  const waiting = new Set(promotions.filter((each) => !isPromotionTerminal(each)).map(({ metadata }) => metadata.name));
  if (ofFreight.some((each) => each.status?.supersededBy !== undefined && waiting.has(each.status.supersededBy))) return false;
  // What never had its turn says nothing about the Freight.
  const tried = ofFreight.filter((each) => isPromotionTerminal(each) && each.status?.supersededBy === undefined);
  const newest = tried.toSorted(byCreation).at(-1);
  return newest === undefined || newest.status?.phase === 'Succeeded';
}

async function promote(deps: AutoPromoteDeps, pass: StagePass, freight: Freight): Promise<void> {
  const { project, name } = identity(pass);
  const freightName = freight.metadata.name ?? '';
  let promotion: Promotion;
  try {
    promotion = await deps.createPromotion(project, name, freightName);
  } catch (error) {
    if (!isReason(error, 'Forbidden')) throw error;
    pass.log.debug({ stage: stageText(pass), freight: freightName, error: error.message }, 'may not promote automatically');
    return;
  }
  pass.promotions.push(promotion);
}

/** Tells of a Promotion that automation created just now, or a short while ago in a pass that may have died before it told. */
function tellOf({ promotionCreated }: AutoPromoteDeps, pass: StagePass, freight: Freight): void {
  for (const promotion of pass.promotions) {
    const { annotations: notes, creationTimestamp } = promotion.metadata;
    const isOwn = notes?.[annotations.createActor] === STAGE_CONTROLLER_ACTOR && promotion.spec.freight === freight.metadata.name;
    if (isOwn && isRecent(creationTimestamp, pass.now)) pass.afterwards.push(() => promotionCreated(promotion, freight));
  }
}

function byCreation(a: Promotion, b: Promotion): number {
  const at = ({ metadata }: Promotion): number => Date.parse(metadata.creationTimestamp ?? '') || 0;
  return at(a) - at(b) || compareText(a.metadata.name ?? '', b.metadata.name ?? '');
}
