/** Carries an operation on: begin, sync, end, try again. */
import { isUnavailable, Job, type Application, type OperationState, type Workload } from '@kargo/api';
import { clone, timestamp, waiting, type ReconcileContext, type Result, type WakeUp } from '@kargo/kube';
import { RUN_JOB_LABEL } from '../../jobs/job-controller.ts';
import { historyEntry } from '../application-status.ts';
import { lookAt, type Picture } from '../look.ts';
import { mayRetry, retryAt, retryRefreshes } from '../retry.ts';
import { isMultiSource, operationRevisions, revisionFields, sourcesOf } from '../source.ts';
import { isPartial } from '../sync/plan.ts';
import { stopHooks, syncStep, type SyncInput, type SyncOutcome } from '../sync/sync-step.ts';
import { writeApplication, type PassDeps } from './deps.ts';

/** Annotation on an Application: hooks that are Jobs are really run, by the executor of analysis Jobs, instead of imitated. */
export const RUN_HOOKS_ANNOTATION = 'simulate.kargo.akuity.io/run-hooks';

const HISTORY_LENGTH = 10;
/** Pause before a destination that does not answer is tried again, in milliseconds. */
const UNREACHABLE_PAUSE_MS = 5_000;
/** Pause before it is looked again whether something has gone that nobody tracked, in milliseconds. */
const UNSEEN_POLL_MS = 5_000;
/** How long a sync window is waited for that never changes, in milliseconds. */
const WINDOW_POLL_MS = 3_600_000;

function isAutomated({ operation }: OperationState): boolean {
  return operation.initiatedBy?.automated === true;
}

/** Whether an operation is requested or under way. */
export function hasOperation({ operation, status }: Application): boolean {
  const phase = status?.operationState?.phase;
  return phase === 'Running' || phase === 'Terminating' || operation !== undefined;
}

/** Carries the requested or running operation on as far as it goes now. */
export async function operate(app: Application, deps: PassDeps, { signal, log }: ReconcileContext): Promise<Result> {
  const { client, clock } = deps;
  const after = clone(app);
  after.status ??= {};
  const running = after.status.operationState;
  const isUnderWay = running?.phase === 'Running' || running?.phase === 'Terminating';
  const state: OperationState = isUnderWay
    ? running
    : { operation: app.operation ?? {}, phase: 'Running', startedAt: timestamp(clock.now()) };
  after.status.operationState = state;
  if (state.phase === 'Running' && state.finishedAt !== undefined) {
    const at = retryAt(state);
    if (clock.now() < at)
      return waiting('Retrying', state.message ?? 'the operation has failed', {
        kind: 'deadline',
        at,
        why: 'the operation is tried again',
      });
    beginRetry(state);
  }
  const looking = { revisions: operationRevisions(state), hard: false, now: clock.now(), signal };
  const picture = await lookAt(app, deps, looking);
  if (state.phase === 'Terminating') return terminate(app, after, picture, deps, signal);
  const { windows } = picture;
  if (picture.error === undefined && !(isAutomated(state) ? windows.automated : windows.manual)) {
    state.message = 'Sync operation blocked by sync window';
    await writeApplication(client, app, after);
    return waiting('BlockedBySyncWindow', state.message, {
      kind: 'deadline',
      at: windows.changesAt ?? clock.now() + WINDOW_POLL_MS,
      why: 'a sync window of the project opens or closes',
    });
  }
  if (picture.error !== undefined) return complete(app, after, { phase: 'Error', message: picture.error.message }, deps);
  state.syncResult = {
    ...state.syncResult,
    // Argo CD's definition demands it, also where there are several.
    revision: '',
    ...revisionFields(app, picture.revisions),
    ...(isMultiSource(app) ? { sources: sourcesOf(app) } : { source: sourcesOf(app)[0] ?? { repoURL: '' } }),
  };
  // The revision is pinned before anything is applied, so that an interrupted sync goes on with the same one.
  const pinned = await writeApplication(client, app, after);
  const next = clone(pinned);
  const nextState = next.status?.operationState;
  if (nextState === undefined) throw new Error(`programmer error: Application ${app.metadata.name} lost its operation state`);
  let outcome: SyncOutcome;
  try {
    outcome = await syncStep(syncInput(pinned, state, picture, deps, signal));
  } catch (error) {
    if (signal.aborted || picture.destination?.simulated !== false || !isUnavailable(error)) throw error;
    nextState.message = `${picture.destination.title} does not answer: ${error instanceof Error ? error.message : String(error)}`;
    await writeApplication(client, pinned, next);
    const at = clock.now() + UNREACHABLE_PAUSE_MS;
    return waiting('DestinationUnreachable', nextState.message, { kind: 'poll', at, why: 'the sync goes on where it was' });
  }
  nextState.message = outcome.message;
  nextState.syncResult = { ...nextState.syncResult, resources: outcome.resources as never };
  if (outcome.phase === 'Running') {
    await writeApplication(client, pinned, next);
    const poll: WakeUp[] = outcome.unseen
      ? [{ kind: 'poll', at: clock.now() + UNSEEN_POLL_MS, why: 'what goes may be an object that is not followed' }]
      : [];
    return waiting('Syncing', outcome.message, { kind: 'event', on: 'the objects of this step change' }, ...poll);
  }
  log.info({ application: app.metadata.name, phase: outcome.phase, revisions: picture.revisions }, 'sync ended');
  return complete(pinned, next, outcome, deps);
}

/** A new try begins with a clean sheet, at the same revisions unless the policy wants the newest. */
function beginRetry(state: OperationState): void {
  delete state.finishedAt;
  delete state.message;
  if (state.syncResult === undefined) return;
  const { resources: _resources, revision, revisions, ...rest } = state.syncResult;
  state.syncResult = retryRefreshes(state)
    ? { ...rest, revision: '' }
    : { ...rest, ...(revision === undefined ? {} : { revision }), ...(revisions === undefined ? {} : { revisions }) };
}

async function terminate(
  app: Application,
  after: Application,
  picture: Picture,
  deps: PassDeps,
  signal: AbortSignal,
): Promise<Result> {
  const state = after.status?.operationState as OperationState;
  try {
    if (picture.destination !== undefined) await stopHooks(syncInput(app, state, picture, deps, signal));
  } catch (error) {
    if (signal.aborted) throw error;
    const why = error instanceof Error ? error.message : String(error);
    return complete(app, after, { phase: 'Error', message: `Operation termination had errors: ${why}` }, deps);
  }
  return complete(app, after, { phase: 'Failed', message: 'Operation terminated' }, deps);
}

function syncInput(
  app: Application,
  state: OperationState,
  { comparisons, manifests, forbidden, shared, destination }: Picture,
  { runsJobs }: PassDeps,
  signal: AbortSignal,
): SyncInput {
  if (destination === undefined) throw new Error(`programmer error: Application ${app.metadata.name} is synced to nowhere`);
  const runs = runsJobs === true && app.metadata.annotations?.[RUN_HOOKS_ANNOTATION] === 'true';
  return {
    app,
    state,
    comparisons,
    manifests,
    forbidden,
    shared,
    destination,
    signal,
    ...(runs && destination.simulated ? { prepareHook: runJob } : {}),
  };
}

/** Marks a Job so that it is really run. */
function runJob(hook: Workload): Workload {
  if (hook.kind !== Job.kind) return hook;
  return { ...hook, metadata: { ...hook.metadata, labels: { ...hook.metadata.labels, [RUN_JOB_LABEL]: 'true' } } };
}

function historyLength({ spec }: Application): number {
  const { revisionHistoryLimit: limit } = spec as { revisionHistoryLimit?: unknown };
  return typeof limit === 'number' && Number.isInteger(limit) && limit > 0 ? limit : HISTORY_LENGTH;
}

/** Ends an operation, or has it tried again. Terminated ones never are. */
async function complete(
  before: Application,
  after: Application,
  { phase, message }: { phase: string; message: string },
  { client, clock }: PassDeps,
): Promise<Result> {
  const { status } = after;
  const state = status?.operationState;
  if (status === undefined || state === undefined) throw new Error('programmer error: an operation ended that never began');
  const now = timestamp(clock.now());
  const terminated = state.phase === 'Terminating';
  state.finishedAt = now;
  if (phase !== 'Succeeded' && !terminated && mayRetry(state)) {
    const retry = (state.retryCount ?? 0) + 1;
    state.phase = 'Running';
    state.retryCount = retry;
    const at = retryAt(state);
    state.message = `${message}. Retrying attempt #${retry} at ${timestamp(at)}.`;
    await writeApplication(client, before, after);
    return waiting('Retrying', state.message, { kind: 'deadline', at, why: 'the operation is tried again' });
  }
  state.phase = phase;
  const retried = state.retryCount ?? 0;
  state.message = phase !== 'Succeeded' && retried > 0 && !terminated ? `${message} (retried ${retried} times).` : message;
  delete after.operation;
  // What was compared up to this second does not show what was just applied; without the mark, everyone waits for the next comparison.
  if (status.reconciledAt !== undefined && status.reconciledAt >= now) delete status.reconciledAt;
  if (phase === 'Succeeded' && state.operation.sync?.dryRun !== true && !isPartial(state.operation.sync))
    status.history = [...(status.history ?? []), historyEntry(status, state)].slice(-historyLength(after));
  await writeApplication(client, before, after);
  return waiting('Comparing', 'the operation is over; what it led to is compared next', {
    kind: 'event',
    on: 'the status just written is seen',
  });
}
