import type { Application, Operation, OperationState } from '@kargo/api';

/** Name of the `info` item by which an operation is recognised as a promotion's own. */
export const PROMOTION_INFO = 'kargo.akuity.io/promotion';

/** Milliseconds between an operation that ended without a result, or at another revision than desired, and the next try. */
export const RESYNC_PAUSE = 3000;

/**
 * What to do about an Application. `sync`: request one; `again` says why an earlier one was not enough. `done`: its operation for this
 * promotion has ended at the desired revisions.
 */
export type OperationDecision =
  | { kind: 'sync'; again?: string | undefined }
  | { kind: 'wait'; why: string; until?: number | undefined }
  | { kind: 'done'; phase: string; message: string };

/**
 * Decides from the operation of an Application whether to request a sync, to wait for one, or to take its result. An operation is the
 * promotion's own by the name it carries, so that one requested before a crash is found again.
 */
export function decideOperation(app: Application, promotion: string, desired: readonly string[], now: number): OperationDecision {
  const state = app.status?.operationState;
  const finished = state?.finishedAt !== undefined || isEnded(state?.phase);
  if (app.operation !== undefined && (state === undefined || finished)) {
    const why = ownerOf(app.operation) === promotion ? 'to start its sync' : 'to start an operation requested by someone else';
    return { kind: 'wait', why };
  }
  if (state === undefined) return { kind: 'sync' };
  const owner = ownerOf(state.operation);
  if (!finished)
    return { kind: 'wait', why: owner === promotion ? 'to finish its sync' : 'to finish an operation requested by someone else' };
  if (owner !== promotion) return { kind: 'sync' };
  const observed = observedRevisions(state.syncResult);
  const wrong = desired.findIndex((revision, index) => revision !== '' && observed[index] !== revision);
  if (state.syncResult !== undefined && wrong < 0) return { kind: 'done', phase: state.phase, message: state.message ?? '' };
  const again =
    state.syncResult === undefined
      ? `it could not be synced: ${state.message ?? state.phase}`
      : `it came to revision "${observed[wrong] ?? ''}" instead of "${desired[wrong]}"; if git-push had to replay the commit, its output "commit" is the revision to desire`;
  // Never at once: what just failed or came too early would do so again, as fast as both sides can write.
  const until = Date.parse(state.finishedAt ?? state.startedAt) + RESYNC_PAUSE;
  return now >= until ? { kind: 'sync', again } : { kind: 'wait', why: `to be synced again: ${again}`, until };
}

function ownerOf(operation: Operation): string | undefined {
  return operation.info?.find(({ name }) => name === PROMOTION_INFO)?.value;
}

function observedRevisions({ revision, revisions }: NonNullable<OperationState['syncResult']> = {}): string[] {
  if (revisions !== undefined && revisions.length > 0) return revisions;
  return revision === undefined ? [] : [revision];
}

function isEnded(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed' || phase === 'Error';
}
