import type { Application, Operation } from '@kargo/api';
import { equal } from '@kargo/kube';
import type { Comparison } from './compare.ts';
import { healPause } from './retry.ts';
import { operationRevisions, revisionFields, shownRevisions, sourcesOf } from './source.ts';

const DEFAULT_RETRIES = 5;

/**
 * What an automated sync policy asks for. `wait`: the policy heals, but not before `at` (epoch milliseconds). `refuse`: it does not sync
 * by itself, for a reason people should see.
 */
export type AutoSync =
  | { kind: 'none' }
  | { kind: 'sync'; operation: Operation }
  | { kind: 'wait'; at: number }
  | { kind: 'refuse'; message: string };

const none: AutoSync = { kind: 'none' };

/** Whether a policy might sync now at all. */
export function mayAutoSync({ metadata, spec, operation, status }: Application): boolean {
  const automated = spec.syncPolicy?.automated;
  if (automated === undefined || automated.enabled === false || operation !== undefined) return false;
  return metadata.deletionTimestamp === undefined && status?.sync?.status === 'OutOfSync';
}

/**
 * Decides about an automated sync. The same state of the sources is never tried twice by itself unless the policy heals, and an
 * Application is never emptied without `allowEmpty`. `isNew`: its manifests come from other files than at the revisions that were tried
 * last; a revision in which none of them has changed is not another state.
 */
export function autoSync(
  app: Application,
  comparisons: readonly Comparison[],
  { now, isNew }: { now: number; isNew: boolean },
): AutoSync {
  if (!mayAutoSync(app)) return none;
  const { automated = {}, retry, syncOptions } = app.spec.syncPolicy ?? {};
  const prune = automated.prune === true;
  const outOfSync = comparisons.filter(({ counted, synced }) => counted && !synced);
  if (!prune && outOfSync.every(({ requiresPruning }) => requiresPruning)) return none;
  const revisions = shownRevisions(app);
  const attempt = attemptOf(app, isNew);
  if (attempt.kind === 'failed')
    return { kind: 'refuse', message: `Failed last sync attempt to [${attempt.revisions.join(', ')}]: ${attempt.message}` };
  if (attempt.kind === 'succeeded' && automated.selfHeal !== true) return none;
  if (prune && automated.allowEmpty !== true && comparisons.every(({ target }) => target === undefined))
    return {
      kind: 'refuse',
      message: `Skipping sync attempt to [${revisions.join(', ')}]: auto-sync will wipe out all resources`,
    };
  const healing = attempt.kind === 'succeeded';
  if (healing && now < attempt.endedAt + healPause(attempt.heals))
    return { kind: 'wait', at: attempt.endedAt + healPause(attempt.heals) };
  const sync = {
    ...revisionFields(app, revisions),
    ...(prune ? { prune: true } : {}),
    ...(syncOptions === undefined ? {} : { syncOptions }),
    ...(healing ? { resources: resourcesOf(outOfSync), autoHealAttemptsCount: attempt.heals + 1 } : {}),
  };
  return {
    kind: 'sync',
    operation: { sync, initiatedBy: { automated: true }, retry: (retry ?? { limit: DEFAULT_RETRIES }) as never },
  };
}

type Attempt =
  | { kind: 'none' }
  | { kind: 'failed'; message: string; revisions: string[] }
  | { kind: 'succeeded'; endedAt: number; heals: number };

/** What became of the last operation, if it was for the same sources in the same state. */
function attemptOf(app: Application, isNew: boolean): Attempt {
  const state = app.status?.operationState;
  if (state === undefined) return { kind: 'none' };
  if (state.syncResult !== undefined) {
    const { source, sources } = state.syncResult;
    const sameSources = equal(sources ?? (source === undefined ? [] : [source]), sourcesOf(app));
    if (!sameSources || isNew) return { kind: 'none' };
  }
  if (state.phase !== 'Succeeded') {
    const tried = operationRevisions(state);
    return { kind: 'failed', message: state.message ?? state.phase, revisions: tried.length > 0 ? tried : shownRevisions(app) };
  }
  const { autoHealAttemptsCount: heals = 0 } = (state.operation.sync ?? {}) as { autoHealAttemptsCount?: number };
  return { kind: 'succeeded', endedAt: Date.parse(state.finishedAt ?? state.startedAt), heals };
}

/** Healing touches only what differs: a partial sync, without hooks. */
function resourcesOf(comparisons: readonly Comparison[]): { group: string; kind: string; name: string; namespace?: string }[] {
  return comparisons.flatMap(({ kind, target, live }) => {
    const { name = '', namespace } = (target ?? live)?.metadata ?? {};
    return [{ group: kind.group, kind: kind.kind, name, ...(namespace === undefined ? {} : { namespace }) }];
  });
}
