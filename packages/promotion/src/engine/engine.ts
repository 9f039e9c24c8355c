/**
 * The decisions of a promotion: given its status and what happened, the new status and what is to be done next. No I/O, no clock, no
 * mutation: the same arguments give the same answer.
 */
import type { PromotionStatus, StepExecutionMetadata } from '@kargo/api';
import { timestamp } from '@kargo/kube';
import { formatDuration } from '@kargo/gocompat';
import type { Outcome } from './outcome.ts';
import type { StepPlan } from './plan.ts';
import { withHealthCheckCommits } from './health-check-commits.ts';
import { entryOf, failedBefore, finalPhase, isOver, withEntry } from './status.ts';

/** What to do next. `condition`: evaluate the `if` of the step. `attempt`: run it; its metadata says since when. */
export type Next =
  | { kind: 'condition'; index: number }
  | { kind: 'attempt'; index: number; deadline?: number | undefined }
  | { kind: 'finished' };

export interface Decision {
  status: PromotionStatus;
  next: Next;
}

/** What the `if` of a step came to. */
export type ConditionOutcome = { run: boolean } | { error: string };

/** What became of a step after an attempt. */
export type Verdict =
  | { kind: 'over' }
  | { kind: 'running'; waitingFor?: string | undefined; retryAfter?: number | undefined; deadline?: number | undefined }
  | { kind: 'retry'; error: string; errorCount: number; deadline?: number | undefined };

/**
 * Moves on from where `status` stands, past steps that are over and those that need no run, to the next thing to do. A step that is to
 * be attempted has been given its start time; a promotion whose steps are all over has its phase, message and end.
 */
export function advance(plans: readonly StepPlan[], status: PromotionStatus, now: number): Decision {
  let current = status;
  for (let index = Math.max(0, current.currentStep ?? 0); index < plans.length; index++) {
    const plan = plans[index]!;
    const entry = entryOf(current, plan.alias);
    if (entry !== undefined && isOver(entry)) continue;
    current = { ...current, currentStep: index };
    if (entry?.startedAt !== undefined) return { status: current, next: attempt(plan, index, entry) };
    if (plan.condition !== undefined) return { status: current, next: { kind: 'condition', index } };
    if (failedBefore(plans, current, index)) current = withEntry(current, { ...fresh(plan), status: 'Skipped' });
    else if (plan.problem !== undefined) current = withEntry(current, impossible(plan));
    else return start(plan, index, current, now);
  }
  return { status: finish(plans, current, now), next: { kind: 'finished' } };
}

/** Applies what the `if` of the step at `index` came to, and moves on. */
export function applyCondition(
  plans: readonly StepPlan[],
  status: PromotionStatus,
  index: number,
  outcome: ConditionOutcome,
  now: number,
): Decision {
  const plan = planAt(plans, index);
  if ('error' in outcome) {
    const message = `error checking if step "${plan.alias}" should be skipped: ${outcome.error}`;
    return advance(plans, withEntry(status, { ...fresh(plan), status: 'Errored', message }), now);
  }
  if (!outcome.run) return advance(plans, withEntry(status, { ...fresh(plan), status: 'Skipped' }), now);
  if (plan.problem !== undefined) return advance(plans, withEntry(status, impossible(plan)), now);
  return start(plan, index, status, now);
}

/** Applies what an attempt of the step at `index` came to. The verdict says whether the step is over. */
export function applyOutcome(
  plans: readonly StepPlan[],
  status: PromotionStatus,
  index: number,
  outcome: Outcome,
  now: number,
): { status: PromotionStatus; verdict: Verdict } {
  const plan = planAt(plans, index);
  const before = entryOf(status, plan.alias) ?? { ...fresh(plan), startedAt: timestamp(now) };
  const { entry, verdict } = judge(plan, before, outcome, now);
  let next = withEntry(withOutput(status, plan, outcome), entry);
  if (entry.status === 'Succeeded' && outcome.healthCheck !== undefined)
    next = { ...next, healthChecks: [...(next.healthChecks ?? []), outcome.healthCheck] };
  if (entry.status === 'Succeeded' && outcome.healthCheckCommits !== undefined)
    next = withHealthCheckCommits(next, outcome.healthCheckCommits);
  return { status: next, verdict };
}

/** The status of a promotion that ends before its steps do; the step that had begun ends with it, and alike. */
export function endEarly(
  plans: readonly StepPlan[],
  status: PromotionStatus,
  phase: 'Aborted' | 'Errored',
  message: string,
  now: number,
): PromotionStatus {
  const plan = plans[status.currentStep ?? 0];
  const entry = plan === undefined ? undefined : entryOf(status, plan.alias);
  const stopped =
    entry === undefined || isOver(entry) ? status : withEntry(status, { ...entry, status: phase, finishedAt: timestamp(now) });
  return { ...stopped, phase, message, finishedAt: timestamp(now) };
}

/** The instant the step's time is over, if it has a timeout and has started. */
export function deadlineOf(plan: StepPlan, entry: StepExecutionMetadata | undefined): number | undefined {
  if (plan.timeout === undefined || entry?.startedAt === undefined) return undefined;
  return Date.parse(entry.startedAt) + plan.timeout;
}

function judge(
  plan: StepPlan,
  before: StepExecutionMetadata,
  outcome: Outcome,
  now: number,
): { entry: StepExecutionMetadata; verdict: Verdict } {
  const { message: _, errorCount = 0, ...base } = before;
  const counted = (count: number): { errorCount?: number } => (count > 0 ? { errorCount: count } : {});
  const over = (status: string, message: string | undefined, errors: number): ReturnType<typeof judge> => ({
    entry: { ...base, ...counted(errors), status, ...worded(message), finishedAt: timestamp(now) },
    verdict: { kind: 'over' },
  });
  const { error } = outcome;
  const deadline = deadlineOf(plan, before);
  if (outcome.status === 'invalid') return over('Errored', outcome.message, errorCount);
  if (error === undefined && (outcome.status === 'Succeeded' || outcome.status === 'Skipped'))
    return over(outcome.status, outcome.message, errorCount);
  const status = outcome.status === 'Failed' ? 'Failed' : 'Errored';
  if (error?.terminal === true) {
    const message = status === 'Failed' ? error.message : `an unrecoverable error occurred: ${error.message}`;
    return over(status, message, errorCount + 1);
  }
  const errors = error === undefined ? 0 : errorCount + 1;
  const timedOut = outcome.timedOut === true || (deadline !== undefined && now >= deadline);
  const threshold = error?.outage === true ? (plan.outageThreshold ?? plan.errorThreshold) : plan.errorThreshold;
  if (error !== undefined && outcome.timedOut !== true && errors >= threshold)
    return over(status, `step "${plan.alias}" met error threshold of ${threshold}: ${error.message}`, errors);
  if (timedOut)
    return over(
      'Errored',
      `step "${plan.alias}" timed out after ${formatDuration(plan.timeout ?? 0)}${lastSeen(outcome)}`,
      errors,
    );
  if (error !== undefined)
    return {
      entry: { ...base, errorCount: errors, status, message: `${error.message}; step will be retried` },
      verdict: { kind: 'retry', error: error.message, errorCount: errors, deadline },
    };
  return {
    entry: { ...base, status: 'Running', ...worded(outcome.message ?? outcome.waitingFor) },
    verdict: { kind: 'running', waitingFor: outcome.waitingFor, retryAfter: outcome.retryAfter, deadline },
  };
}

function lastSeen(outcome: Outcome): string {
  const last = outcome.error?.message ?? outcome.waitingFor ?? outcome.message;
  return last === undefined || last === '' ? '' : `; last seen: ${last}`;
}

/** The status with what a step put out, for itself and for the task that it stands in. */
export function withOutput(status: PromotionStatus, plan: StepPlan, outcome: Outcome): PromotionStatus {
  const state = { ...status.state, [plan.alias]: outcome.output ?? null };
  const parts = plan.alias.split('::');
  const task = parts.length === 2 ? parts[0] : undefined;
  if (plan.propagatesTaskOutput && task !== undefined && outcome.output !== undefined) {
    const known = state[task];
    state[task] = { ...(typeof known === 'object' && known !== null && !Array.isArray(known) ? known : {}), ...outcome.output };
  }
  return { ...status, state };
}

function start(plan: StepPlan, index: number, status: PromotionStatus, now: number): Decision {
  const entry: StepExecutionMetadata = { ...fresh(plan), startedAt: timestamp(now), status: 'Running' };
  return { status: { ...withEntry(status, entry), currentStep: index }, next: attempt(plan, index, entry) };
}

function attempt(plan: StepPlan, index: number, entry: StepExecutionMetadata): Next {
  const deadline = deadlineOf(plan, entry);
  return { kind: 'attempt', index, ...(deadline === undefined ? {} : { deadline }) };
}

function finish(plans: readonly StepPlan[], status: PromotionStatus, now: number): PromotionStatus {
  const { message: _, ...rest } = status;
  return { ...rest, ...finalPhase(plans, status), currentStep: Math.max(0, plans.length - 1), finishedAt: timestamp(now) };
}

function fresh(plan: StepPlan): StepExecutionMetadata {
  return { alias: plan.alias, ...(plan.continueOnError ? { continueOnError: true } : {}) };
}

function impossible(plan: StepPlan): StepExecutionMetadata {
  return { ...fresh(plan), status: 'Errored', ...worded(plan.problem) };
}

function worded(message: string | undefined): { message?: string } {
  return message === undefined || message === '' ? {} : { message };
}

function planAt(plans: readonly StepPlan[], index: number): StepPlan {
  const plan = plans[index];
  if (plan === undefined) throw new Error(`the promotion has no step ${index}`);
  return plan;
}
