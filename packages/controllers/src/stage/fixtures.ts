/** What tests of the steps of a pass start from. */
import { conditionViolations, type Promotion, type Stage, type StageStatus } from '@kargo/api';
import { silentLog } from '@kargo/kube';
import { aStage } from '../availability/fixtures.ts';
import { forgetPassingTransitions, type StagePass, type StageStep } from './pass.ts';

export const NOW = Date.parse('2026-01-01T12:00:00Z');

export interface PassInput {
  stage?: Stage;
  status?: StageStatus;
  promotions?: Promotion[];
  autoPromotionEnabled?: boolean;
  now?: number;
}

/** A pass over Stage `qa` of Project `shop`. */
export function aPass({
  stage = aStage('qa'),
  status = {},
  promotions = [],
  autoPromotionEnabled = false,
  now = NOW,
}: PassInput = {}): StagePass {
  const abort = new AbortController();
  return {
    stage,
    status,
    now,
    autoPromotionEnabled,
    promotions,
    afterwards: [],
    problems: [],
    notes: {},
    signal: abort.signal,
    log: silentLog,
  };
}

/** Runs one step and returns the pass. Fails when the conditions it leaves break an invariant. */
export async function runStep(step: StageStep, input: PassInput = {}): Promise<StagePass> {
  const before = structuredClone(input.status ?? {});
  const pass = aPass(input);
  await step(pass);
  const at = (status: StageStatus): Stage => ({ ...pass.stage, status });
  const conditions = forgetPassingTransitions(before.conditions, pass.status.conditions);
  const violations = conditionViolations(at({ ...pass.status, conditions }), at(before));
  if (violations.length > 0) throw new Error(`broken invariants: ${JSON.stringify(violations)}`);
  return pass;
}

/** Status and reason of a condition, like `Unknown/NoFreight`; undefined if it is not there. */
export function conditionText({ status }: StagePass, type: string): string | undefined {
  const found = status.conditions?.find((condition) => condition.type === type);
  return found === undefined ? undefined : `${found.status}/${found.reason}`;
}

/** A collection with one piece of Freight of Warehouse `app`. */
export function aCollection(
  freight: string,
  verificationHistory?: NonNullable<StageStatus['freightHistory']>[number]['verificationHistory'],
): NonNullable<StageStatus['freightHistory']>[number] {
  return {
    id: `id-${freight}`,
    items: { 'Warehouse/app': { name: freight, origin: { kind: 'Warehouse', name: 'app' } } },
    ...(verificationHistory === undefined ? {} : { verificationHistory }),
  };
}
