import type { PromotionPhase, PromotionStatus, StepExecutionMetadata, StepStatus } from '@kargo/api';
import type { StepPlan } from './plan.ts';

const SEVERITY: Readonly<Record<StepStatus, number>> = {
  Succeeded: 0,
  Skipped: 1,
  Running: 2,
  Aborted: 3,
  Failed: 4,
  Errored: 5,
};

/** The metadata entry of a step, if it has one yet. */
export function entryOf(status: PromotionStatus, alias: string): StepExecutionMetadata | undefined {
  return status.stepExecutionMetadata?.find((entry) => entry.alias === alias);
}

/** A copy of `status` with the entry of `alias` replaced, or appended. */
export function withEntry(status: PromotionStatus, entry: StepExecutionMetadata): PromotionStatus {
  const entries = status.stepExecutionMetadata ?? [];
  const known = entries.some(({ alias }) => alias === entry.alias);
  return {
    ...status,
    stepExecutionMetadata: known ? entries.map((old) => (old.alias === entry.alias ? entry : old)) : [...entries, entry],
  };
}

/** Whether nothing more will happen to a step: it has finished, or was decided without ever starting. */
export function isOver(entry: StepExecutionMetadata): boolean {
  return entry.finishedAt !== undefined || (entry.startedAt === undefined && (entry.status ?? '') !== '');
}

/** Whether the Promotion has reached an end. */
export function isTerminalPhase(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed' || phase === 'Errored' || phase === 'Aborted';
}

/**
 * Whether a step before `index` whose outcome counts has failed. The step at `index` itself never counts, so that a step that is
 * retried does not see its own last error.
 */
export function failedBefore(plans: readonly StepPlan[], status: PromotionStatus, index: number): boolean {
  return plans.slice(0, index).some((plan) => {
    const entry = entryOf(status, plan.alias);
    return !plan.continueOnError && (entry?.status === 'Errored' || entry?.status === 'Failed');
  });
}

/** Phase and message of a promotion whose steps are all over: the worst of those that count, and the first that reached it. */
export function finalPhase(plans: readonly StepPlan[], status: PromotionStatus): { phase: PromotionPhase; message?: string } {
  let worst: StepExecutionMetadata | undefined;
  for (const plan of plans) {
    const entry = entryOf(status, plan.alias);
    if (entry === undefined || plan.continueOnError) continue;
    if (worst === undefined || severity(entry) > severity(worst)) worst = entry;
  }
  const message = worst?.message;
  return { phase: phaseOf(worst?.status), ...(message === undefined || message === '' ? {} : { message }) };
}

function severity(entry: StepExecutionMetadata): number {
  return SEVERITY[entry.status as StepStatus] ?? SEVERITY.Errored;
}

function phaseOf(status: string | undefined): PromotionPhase {
  switch (status) {
    case undefined:
    case 'Succeeded':
    case 'Skipped':
      return 'Succeeded';
    case 'Aborted':
    case 'Failed':
      return status;
    default:
      return 'Errored';
  }
}
