import {
  getCondition,
  keyText,
  setCondition,
  type Condition,
  type FreightCollection,
  type Promotion,
  type Stage,
  type StageStatus,
  type VerificationInfo,
} from '@kargo/api';
import { timestamp, type Log } from '@kargo/kube';

/**
 * One look at a Stage. The steps of the chain run one after another on the same pass: they read what was found (`stage`, `promotions`)
 * and what earlier steps made of it (`status`), and change `status` in place. It is written once, when all have run.
 */
export interface StagePass {
  /** The Stage as it was read; frozen. */
  readonly stage: Stage;
  /** The status that is going to be written. */
  readonly status: StageStatus;
  /** Epoch milliseconds; the same for the whole pass. */
  readonly now: number;
  readonly autoPromotionEnabled: boolean;
  /** The Promotions of the Stage. Steps that create one add it. */
  readonly promotions: Promotion[];
  /** Actions to take once the status is durable, e.g. telling people: so that a pass that has to be repeated tells them once. */
  readonly afterwards: (() => Promise<void>)[];
  /** What went wrong without keeping later steps from doing their part; the pass counts as failed. */
  readonly problems: Error[];
  /** Facts that steps leave for later ones. */
  readonly notes: PassNotes;
  readonly signal: AbortSignal;
  readonly log: Log;
}

export interface PassNotes {
  /** Whether the end of a successful Promotion was taken note of in this pass. */
  deployed?: boolean;
  /** Why the next pending Promotion does not start, for people. */
  gate?: string;
  /** When time alone makes Freight available that automation would promote (epoch milliseconds). */
  soakEnds?: number;
  /** When health that holds now will be believed after relapses (epoch milliseconds). */
  healthBelievedAt?: number;
}

/** One step of the chain. Throwing ends the pass; what earlier steps did to the status is still written. */
export type StageStep = (pass: StagePass) => void | Promise<void>;

/** Name and Project of the Stage. */
export function identity({ stage }: Pick<StagePass, 'stage'>): { name: string; project: string } {
  return { name: stage.metadata.name ?? '', project: stage.metadata.namespace ?? '' };
}

/** `project/name` of the Stage, for messages. */
export function stageText({ stage }: Pick<StagePass, 'stage'>): string {
  return keyText({ namespace: stage.metadata.namespace, name: stage.metadata.name ?? '' });
}

/** Sets a condition of the working status, observed at the generation of the Stage. */
export function observe(
  pass: Pick<StagePass, 'stage' | 'status' | 'now'>,
  type: string,
  status: Condition['status'],
  reason: string,
  message: string,
): void {
  const { generation } = pass.stage.metadata;
  pass.status.conditions = setCondition(
    pass.status.conditions,
    { type, status, reason, message, ...(generation === undefined ? {} : { observedGeneration: generation }) },
    timestamp(pass.now),
  );
}

/**
 * Undoes transitions that came and went within the pass: nobody saw them, so the time of the last transition is that of before.
 */
export function forgetPassingTransitions(
  before: readonly Condition[] | undefined,
  after: readonly Condition[] | undefined,
): Condition[] {
  return (after ?? []).map((condition) => {
    const known = getCondition(before, condition.type);
    return known?.status === condition.status ? { ...condition, lastTransitionTime: known.lastTransitionTime } : condition;
  });
}

/** The condition of a type in the working status. */
export function observed({ status }: Pick<StagePass, 'status'>, type: string): Condition | undefined {
  return getCondition(status.conditions, type);
}

/** What is deployed in the Stage. */
export function currentCollection({ freightHistory }: Pick<StageStatus, 'freightHistory'>): FreightCollection | undefined {
  return freightHistory?.[0];
}

/** The newest verification of what is deployed in the Stage. */
export function currentVerification(status: Pick<StageStatus, 'freightHistory'>): VerificationInfo | undefined {
  return currentCollection(status)?.verificationHistory?.[0];
}

/** Whether a verification has ended. */
export function isVerificationTerminal({ phase }: VerificationInfo): boolean {
  return phase !== undefined && phase !== '' && phase !== 'Pending' && phase !== 'Running';
}

/** Whether a Promotion has ended. */
export function isPromotionTerminal({ status }: Promotion): boolean {
  return ['Succeeded', 'Failed', 'Errored', 'Aborted'].includes(status?.phase ?? '');
}

/** Whether the Stage only passes Freight on: it has no promotion steps. */
export function isControlFlow({ spec }: Stage): boolean {
  return (spec.promotionTemplate?.spec.steps ?? []).length === 0;
}
