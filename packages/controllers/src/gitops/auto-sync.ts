import type { Application, Operation } from '@kargo/api';
import { equal } from '@kargo/kube';
import type { Comparison } from './compare.ts';
import { operationRevisions, revisionFields, sourcesOf } from './source.ts';

const DEFAULT_RETRIES = 5;

/**
 * The operation that an automated sync policy asks for, or nothing. The same revision and source are never tried twice by themselves
 * unless the policy heals, and an Application is never emptied without `allowEmpty`.
 */
export function autoSync(app: Application, comparisons: readonly Comparison[]): Operation | undefined {
  const { automated, retry, syncOptions } = app.spec.syncPolicy ?? {};
  const { status } = app;
  if (
    automated === undefined ||
    automated.enabled === false ||
    app.operation !== undefined ||
    status?.sync?.status !== 'OutOfSync'
  )
    return undefined;
  const prune = automated.prune === true;
  const outOfSync = comparisons.filter(({ counted, synced }) => counted && !synced);
  if (!prune && outOfSync.every(({ requiresPruning }) => requiresPruning)) return undefined;
  if (prune && automated.allowEmpty !== true && comparisons.every(({ target }) => target === undefined)) return undefined;
  const revisions = status.sync.revisions ?? [status.sync.revision ?? ''];
  const state = status.operationState;
  if (state?.syncResult !== undefined) {
    const { source, sources } = state.syncResult;
    const sameSources = equal(sources ?? (source === undefined ? [] : [source]), sourcesOf(app));
    if (
      sameSources &&
      equal(operationRevisions(state), revisions) &&
      (state.phase !== 'Succeeded' || automated.selfHeal !== true)
    )
      return undefined;
  }
  return {
    sync: {
      ...revisionFields(app, revisions),
      ...(prune ? { prune: true } : {}),
      ...(syncOptions === undefined ? {} : { syncOptions }),
    },
    initiatedBy: { automated: true },
    retry: (retry ?? { limit: DEFAULT_RETRIES }) as never,
  };
}
