import { removeCondition, type FreightReference, type Promotion } from '@kargo/api';
import { compareText } from '../availability/availability.ts';
import { reportPromoting } from './assess-health.ts';
import {
  currentCollection,
  currentVerification,
  isPromotionTerminal,
  isVerificationTerminal,
  observe,
  type StagePass,
  type StageStep,
} from './pass.ts';

export interface StartPromotionDeps {
  /** What identifies the Freight and its artifacts; undefined if it does not exist. */
  freightReference: (project: string, freight: string) => FreightReference | undefined;
}

/**
 * Grants the next Promotion: `currentPromotion` is the only permission to run, so that they run one after another. What was deployed
 * last has its chance to become healthy and verified first, unless it turned out bad: then the next one may be the cure.
 */
export function startPromotion({ freightReference }: StartPromotionDeps): StageStep {
  return (pass) => {
    const { status } = pass;
    const current = pass.promotions.find(({ metadata }) => metadata.name === status.currentPromotion?.name);
    const next = current ?? nextPromotion(pass.promotions);
    if (next !== undefined && current === undefined && !isRunning(next)) {
      const gate = whyWait(pass);
      if (gate !== undefined) pass.notes.gate = gate;
    }
    if (next === undefined || pass.notes.gate !== undefined) {
      status.conditions = removeCondition(status.conditions, 'Promoting');
      return;
    }
    const { name = '', namespace = '' } = next.metadata;
    const freight = next.status?.freight ?? freightReference(namespace, next.spec.freight ?? '') ?? { name: next.spec.freight };
    status.currentPromotion = { name, freight };
    const message = isRunning(next) ? `Promotion ${name} is running` : `Promotion ${name} is about to run`;
    observe(pass, 'Promoting', 'True', 'ActivePromotion', message);
    reportPromoting(pass);
  };
}

/** The Promotion whose turn it is: one that runs already, else the one submitted first. */
export function nextPromotion(promotions: readonly Promotion[]): Promotion | undefined {
  return promotions
    .filter((promotion) => !isPromotionTerminal(promotion))
    .toSorted(
      (a, b) => Number(isRunning(b)) - Number(isRunning(a)) || compareText(a.metadata.name ?? '', b.metadata.name ?? ''),
    )[0];
}

function isRunning({ status }: Promotion): boolean {
  return status?.phase === 'Running';
}

function whyWait({ status, notes }: StagePass): string | undefined {
  if (currentCollection(status) === undefined) return undefined;
  const verification = currentVerification(status);
  if (verification !== undefined) {
    return isVerificationTerminal(verification) ? undefined : 'the verification of the current Freight has not ended';
  }
  const health = status.health?.status;
  if (health === undefined || health === 'Healthy') return 'the current Freight has not been verified';
  return notes.deployed === true ? `the current Freight was deployed just now, and is ${health}` : undefined;
}
