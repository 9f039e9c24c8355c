import type { Application, KubeObject, OperationState, Workload } from '@kargo/api';
import type { Client } from '@kargo/kube';
import type { Comparison } from './compare.ts';
import { isHook } from './compare.ts';
import { applyObject, ensureNamespaces, pruneObject, type ApplyResult } from './destination.ts';
import { healthOf } from './health/health.ts';
import { describeObject, type Manifest } from './manifest.ts';
import { applyWaves, waveOf } from './sync-order.ts';

/** How a sync stands after one look: over, or waiting for objects of a wave to become healthy. */
export interface SyncOutcome {
  phase: 'Running' | 'Succeeded' | 'Failed';
  message: string;
  resources: Record<string, string>[];
}

/** Annotation with which a demo or test makes a sync fail. */
export const SYNC_ERROR_ANNOTATION = 'simulate.kargo.akuity.io/sync-error';

/**
 * Carries a sync on as far as it goes now. Every wave but the last waits until what it applied is healthy. Applying is repeatable, so
 * a sync that was interrupted simply goes on.
 */
export async function syncStep(options: {
  app: Application;
  state: OperationState;
  comparisons: readonly Comparison[];
  manifests: readonly Manifest[];
  client: Client;
  signal: AbortSignal;
}): Promise<SyncOutcome> {
  const { app, state, comparisons, client, signal } = options;
  const injected = app.metadata.annotations?.[SYNC_ERROR_ANNOTATION];
  if (injected !== undefined)
    return { phase: 'Failed', message: `one or more objects failed to apply, reason: ${injected}`, resources: [] };
  const dryRun = state.operation.sync?.dryRun === true;
  const prune = state.operation.sync?.prune === true;
  if (!dryRun) await ensureNamespaces(client, options.manifests, signal);
  const waves = applyWaves(comparisons);
  const resources: Record<string, string>[] = [];
  for (const [index, { items }] of waves.entries()) {
    const pending: Workload[] = [];
    for (const comparison of items) {
      if (comparison.target !== undefined && isHook(comparison.target)) continue;
      const result = comparison.synced
        ? { status: 'Synced' as const, message: 'unchanged' }
        : await applyObject(client, comparison, { dryRun, signal });
      resources.push(resourceResult(comparison, result));
      if (result.status === 'SyncFailed') {
        return {
          phase: 'Failed',
          message: `one or more objects failed to apply, reason: ${describe(comparison)}: ${result.message}`,
          resources,
        };
      }
      const live = comparison.synced ? comparison.live : undefined;
      const health = live === undefined ? undefined : healthOf(live);
      if (health?.status === 'Degraded')
        return {
          phase: 'Failed',
          message: `one or more synchronization tasks completed unsuccessfully, reason: ${describe(comparison)}: ${health.message ?? 'Degraded'}`,
          resources,
        };
      if ((live === undefined && hasHealth(comparison)) || health?.status === 'Progressing')
        pending.push(comparison.target as Workload);
    }
    if (index < waves.length - 1 && pending.length > 0 && !dryRun) {
      const [first] = pending;
      const more = pending.length > 1 ? ` and ${pending.length - 1} more resources` : '';
      return {
        phase: 'Running',
        message: `waiting for healthy state of ${first === undefined ? '' : shortName(first)}${more}`,
        resources,
      };
    }
  }
  for (const comparison of pruneOrder(comparisons)) {
    if (!prune) resources.push(resourceResult(comparison, { status: 'PruneSkipped', message: 'ignored (requires pruning)' }));
    else if (!dryRun) resources.push(resourceResult(comparison, await pruneObject(client, comparison, signal)));
  }
  return {
    phase: 'Succeeded',
    message: waves.length === 0 ? 'successfully synced (no more tasks)' : 'successfully synced (all tasks run)',
    resources,
  };
}

function hasHealth({ target }: Comparison): boolean {
  return target !== undefined && healthOf(target) !== undefined && healthOf(target)?.status !== 'Healthy';
}

function pruneOrder(comparisons: readonly Comparison[]): Comparison[] {
  return comparisons
    .filter(({ requiresPruning, live }) => requiresPruning && live !== undefined)
    .toSorted((a, b) => (b.live === undefined || a.live === undefined ? 0 : waveOf(b.live) - waveOf(a.live)));
}

function describe({ target, live }: Comparison): string {
  return describeObject((target ?? live) as KubeObject);
}

function shortName(object: Workload): string {
  return (describeObject(object).split(':')[0] ?? '') + `/${object.metadata.name ?? ''}`;
}

function resourceResult({ kind, target, live }: Comparison, { status, message }: ApplyResult): Record<string, string> {
  const object = (target ?? live) as KubeObject;
  return {
    group: kind.group,
    version: kind.version,
    kind: kind.kind,
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name ?? '',
    status,
    message,
    syncPhase: 'Sync',
  };
}
