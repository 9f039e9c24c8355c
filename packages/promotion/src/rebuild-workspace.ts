/** Makes a workspace that was lost again, without doing anything outside a second time. */
import type { PromotionStatus, StepExecutionMetadata } from '@kargo/api';
import type { Workspace } from '@kargo/integrations';
import { equal, timestamp, type Clock, type Log } from '@kargo/kube';
import { applyOutcome, withOutput, type Verdict } from './engine/engine.ts';
import type { Outcome } from './engine/outcome.ts';
import type { StepPlan } from './engine/plan.ts';
import { entryOf, isOver, withEntry } from './engine/status.ts';
import { readNote, writeNote } from './steps/step-state.ts';

/** Kept in the workspace itself: what is still missing from it outlasts a crash, and goes when the workspace does. */
const NOTE = 'rebuild.json';

/** Which steps have still to run again, by alias, and the errors in a row of the first of them. */
interface Missing {
  steps: string[];
  errors: number;
}

const MESSAGE =
  'The workspace of the promotion was lost; the steps that made it run again. What was done outside is not done again.';

export interface RebuildOptions {
  plans: readonly StepPlan[];
  status: PromotionStatus;
  workspace: Workspace;
  /** Whether the workspace had to be made, so that nothing is in it. */
  fresh: boolean;
  clock: Clock;
  log: Log;
  /** Runs the step at `index` once, as if `status` were that of the promotion. Absent: the run was stopped. */
  attempt: (index: number, status: PromotionStatus, deadline: number | undefined) => Promise<Outcome | undefined>;
  persist: (status: PromotionStatus) => Promise<void>;
}

/** How it went. `unfinished`: a step of those that have to run again is to be tried again, or waits. */
export type Rebuild =
  | { kind: 'ready'; status: PromotionStatus }
  | { kind: 'interrupted'; status: PromotionStatus }
  | { kind: 'unfinished'; status: PromotionStatus; alias: string; verdict: Exclude<Verdict, { kind: 'over' }> };

/**
 * Has the steps that were over, and whose work was in the workspace, run once more in a workspace that is new: in their order, with the
 * start, and so the dates, that they had. Steps whose work is elsewhere (pushes, pull requests, requests, syncs) stay as they are, and so do
 * the outputs that those have gone by: of steps before the last of them. What was put out after it is what the new workspace holds, which
 * is something else if a branch has moved meanwhile. Nothing runs at all if no step that is left looks into the workspace. A step that fails now fails the promotion by the rules of any step, and the one that was under way with it.
 */
export async function rebuildWorkspace(options: RebuildOptions): Promise<Rebuild> {
  const { plans, clock, log, persist } = options;
  const missing = await missingSteps(options);
  if (missing === undefined) return { kind: 'ready', status: options.status };
  log.warn({ steps: missing.steps }, 'the workspace of the promotion was lost; running the steps again that made it');
  let status: PromotionStatus = { ...withFreshStart(plans, options.status, clock.now()), message: MESSAGE };
  await persist(status);
  const lastElsewhere = plans.findLastIndex(
    ({ workspace, alias }) => workspace !== 'writes' && hasSucceeded(entryOf(options.status, alias)),
  );
  for (const [done, alias] of missing.steps.entries()) {
    const index = plans.findIndex((plan) => plan.alias === alias);
    const plan = plans[index];
    if (plan === undefined) continue;
    const errors = done === 0 ? missing.errors : 0;
    const began = clock.now();
    const deadline = plan.timeout === undefined ? undefined : began + plan.timeout;
    const outcome = await options.attempt(index, statusAt(plans, status, index), deadline);
    if (outcome === undefined) return { kind: 'interrupted', status };
    const rest = missing.steps.slice(done + 1);
    if (outcome.error !== undefined || (outcome.status !== 'Succeeded' && outcome.status !== 'Skipped')) {
      const before = withEntry(status, {
        ...identityOf(plan),
        startedAt: timestamp(began),
        ...(errors > 0 ? { errorCount: errors } : {}),
      });
      const { status: after, verdict } = applyOutcome(plans, before, index, outcome, clock.now());
      if (verdict.kind !== 'over') {
        await note(options, { steps: [alias, ...rest], errors: verdict.kind === 'retry' ? verdict.errorCount : 0 });
        return { kind: 'unfinished', status, alias, verdict };
      }
      await note(options, { steps: [], errors: 0 });
      return { kind: 'ready', status: withFailure(plans, after, alias, clock.now()) };
    }
    // Nothing is left to be done where a push that was under way had brought it out already: what was said of it is still so.
    const isOther = index > lastElsewhere && outcome.status === 'Succeeded';
    const renewed = isOther ? withOutput(status, plan, outcome) : status;
    if (!equal(renewed.state, status.state)) {
      status = renewed;
      await persist(status);
    }
    await note(options, { steps: rest, errors: 0 });
  }
  const { message: _, ...rest } = status;
  return { kind: 'ready', status: rest };
}

/** What is missing from the workspace; absent if nothing is, or nobody will look for it. */
async function missingSteps({ plans, status, workspace, fresh }: RebuildOptions): Promise<Missing | undefined> {
  const over = plans.filter((plan) => plan.workspace === 'writes' && hasSucceeded(entryOf(status, plan.alias)));
  if (over.length === 0) return undefined;
  const left = plans.some(({ alias, workspace: use }) => {
    const entry = entryOf(status, alias);
    return use !== 'none' && (entry === undefined || !isOver(entry));
  });
  if (!fresh) {
    const text = left ? await readNote(workspace, NOTE) : undefined;
    const noted = text === undefined ? undefined : (JSON.parse(text) as Missing);
    return noted === undefined || noted.steps.length === 0 ? undefined : noted;
  }
  if (!left) return undefined;
  const missing = { steps: over.map(({ alias }) => alias), errors: 0 };
  // Before anything else is written: from now on, the workspace is known not to hold what the status says.
  await note({ workspace }, missing);
  return missing;
}

function note({ workspace }: Pick<RebuildOptions, 'workspace'>, missing: Missing): Promise<void> {
  return writeNote(workspace, NOTE, JSON.stringify(missing));
}

function hasSucceeded(entry: StepExecutionMetadata | undefined): boolean {
  return entry?.finishedAt !== undefined && (entry.status === 'Succeeded' || entry.status === 'Skipped');
}

/** The step that was under way and whose work was lost too begins anew: its time and its errors count from now. */
function withFreshStart(plans: readonly StepPlan[], status: PromotionStatus, now: number): PromotionStatus {
  const plan = plans[status.currentStep ?? 0];
  const entry = plan === undefined ? undefined : entryOf(status, plan.alias);
  if (plan?.workspace !== 'writes' || entry?.startedAt === undefined || isOver(entry)) return status;
  return withEntry(status, { ...identityOf(plan), startedAt: timestamp(now), status: 'Running' });
}

/** The status as a step sees it that runs again: without the outputs of later ones. */
function statusAt(plans: readonly StepPlan[], status: PromotionStatus, index: number): PromotionStatus {
  const later = new Set(plans.slice(index + 1).map(({ alias }) => alias));
  const state = Object.entries(status.state ?? {}).filter(([alias]) => !later.has(alias));
  return {
    ...status,
    ...(status.state === undefined ? {} : { state: Object.fromEntries(state) as NonNullable<PromotionStatus['state']> }),
  };
}

/** The step that was under way cannot go on in a workspace that could not be made again. */
function withFailure(plans: readonly StepPlan[], status: PromotionStatus, alias: string, now: number): PromotionStatus {
  const { message: _, ...rest } = status;
  const plan = plans[status.currentStep ?? 0];
  const entry = plan === undefined ? undefined : entryOf(status, plan.alias);
  if (plan === undefined || entry?.startedAt === undefined || isOver(entry)) return rest;
  const message = `the workspace was lost, and step "${alias}" could not make it again`;
  return withEntry(rest, { ...entry, status: 'Errored', message, finishedAt: timestamp(now) });
}

function identityOf({ alias, continueOnError }: StepPlan): StepExecutionMetadata {
  return { alias, ...(continueOnError ? { continueOnError: true } : {}) };
}
