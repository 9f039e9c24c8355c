/** In which order objects are applied. */
import type { KubeObject } from '@kargo/api';

const KIND_ORDER = [
  'Namespace', 'NetworkPolicy', 'ResourceQuota', 'LimitRange', 'PodSecurityPolicy', 'PodDisruptionBudget', 'ServiceAccount', 'Secret', 'ConfigMap',
  'StorageClass', 'PersistentVolume', 'PersistentVolumeClaim', 'CustomResourceDefinition', 'ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding',
  'Service', 'DaemonSet', 'Pod', 'ReplicationController', 'ReplicaSet', 'Deployment', 'HorizontalPodAutoscaler', 'StatefulSet', 'Job', 'CronJob',
  'IngressClass', 'Ingress', 'APIService',
]; // prettier-ignore

/** The wave of an object: lower ones are applied, and healthy, before higher ones. Helm's hook weight stands in where there is none. */
export function waveOf({ metadata }: KubeObject): number {
  const { 'argocd.argoproj.io/sync-wave': own, 'helm.sh/hook-weight': helm } = metadata.annotations ?? {};
  const wave = Number(own ?? helm ?? 0);
  return Number.isInteger(wave) ? wave : 0;
}

/** Order within a wave: by kind, then by name. */
export function byKindThenName(a: KubeObject, b: KubeObject): number {
  const names = [a.metadata.name ?? '', b.metadata.name ?? ''] as const;
  return rank(a.kind) - rank(b.kind) || (names[0] < names[1] ? -1 : names[0] > names[1] ? 1 : 0);
}

function rank(kind: string): number {
  const index = KIND_ORDER.indexOf(kind);
  return index === -1 ? KIND_ORDER.length : index;
}
