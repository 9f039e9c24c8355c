import type { Workload } from '@kargo/api';
import type { Comparison } from './compare.ts';

const KIND_ORDER = [
  'Namespace', 'NetworkPolicy', 'ResourceQuota', 'LimitRange', 'PodSecurityPolicy', 'PodDisruptionBudget', 'ServiceAccount', 'Secret', 'ConfigMap',
  'StorageClass', 'PersistentVolume', 'PersistentVolumeClaim', 'CustomResourceDefinition', 'ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding',
  'Service', 'DaemonSet', 'Pod', 'ReplicationController', 'ReplicaSet', 'Deployment', 'HorizontalPodAutoscaler', 'StatefulSet', 'Job', 'CronJob',
  'IngressClass', 'Ingress', 'APIService',
]; // prettier-ignore

/** The wave of an object: lower ones are applied, and healthy, before higher ones. */
export function waveOf(object: Workload): number {
  const wave = Number(object.metadata.annotations?.['argocd.argoproj.io/sync-wave'] ?? 0);
  return Number.isInteger(wave) ? wave : 0;
}

/** Objects to apply, by wave ascending; within a wave by kind, then name. */
export function applyWaves(comparisons: readonly Comparison[]): { wave: number; items: Comparison[] }[] {
  const waves = new Map<number, Comparison[]>();
  for (const comparison of comparisons) {
    if (comparison.target === undefined) continue;
    const wave = waveOf(comparison.target);
    waves.set(wave, [...(waves.get(wave) ?? []), comparison]);
  }
  return [...waves]
    .toSorted(([a], [b]) => a - b)
    .map(([wave, items]) => ({
      wave,
      items: items.toSorted(
        (a, b) => rank(a) - rank(b) || ((a.target?.metadata.name ?? '') < (b.target?.metadata.name ?? '') ? -1 : 1),
      ),
    }));
}

function rank({ kind }: Comparison): number {
  const index = KIND_ORDER.indexOf(kind.kind);
  return index === -1 ? KIND_ORDER.length : index;
}
