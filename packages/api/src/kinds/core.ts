/**
 * Kubernetes' own kinds that Kargo reads or writes, and those the embedded API serves so that rendered manifests have a home.
 * Their content is stored as it comes; only what Kargo itself uses is typed.
 */
import { defineKind, type Kind, type ObjectOfKind } from '../kind.ts';
import type { KubeObject, ObjectKey } from '../meta.ts';

export const Namespace = defineKind<{ spec?: { finalizers?: string[] }; status?: { phase?: string } }>({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  scope: 'Cluster',
  statusSubresource: true,
  printerColumns: [
    { name: 'Status', type: 'string', jsonPath: '.status.phase' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
});
export type Namespace = ObjectOfKind<typeof Namespace>;

/** `data` values are base64; `stringData` is folded into `data` when written. */
export const Secret = defineKind<{
  type?: string;
  data?: Record<string, string>;
  stringData?: Record<string, string>;
  immutable?: boolean;
}>({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  printerColumns: [
    { name: 'Type', type: 'string', jsonPath: '.type' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
});
export type Secret = ObjectOfKind<typeof Secret>;

export const ConfigMap = defineKind<{ data?: Record<string, string>; binaryData?: Record<string, string>; immutable?: boolean }>({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
});
export type ConfigMap = ObjectOfKind<typeof ConfigMap>;

export interface ObjectReference extends Partial<ObjectKey> {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  uid?: string | undefined;
  resourceVersion?: string | undefined;
  fieldPath?: string | undefined;
}

/** A core/v1 Event. */
export const Event = defineKind<{
  involvedObject: ObjectReference;
  related?: ObjectReference;
  reason?: string;
  message?: string;
  type?: string;
  count?: number;
  firstTimestamp?: string;
  lastTimestamp?: string;
  eventTime?: string | null;
  source?: { component?: string; host?: string };
  reportingComponent?: string;
  reportingInstance?: string;
}>({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  printerColumns: [
    { name: 'Last Seen', type: 'date', jsonPath: '.lastTimestamp' },
    { name: 'Type', type: 'string', jsonPath: '.type' },
    { name: 'Reason', type: 'string', jsonPath: '.reason' },
    { name: 'Object', type: 'string', jsonPath: '.involvedObject.name' },
    { name: 'Message', type: 'string', jsonPath: '.message' },
  ],
});
export type Event = ObjectOfKind<typeof Event>;

export const ServiceAccount = defineKind<{ secrets?: ObjectReference[]; imagePullSecrets?: { name: string }[] }>({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
});
export type ServiceAccount = ObjectOfKind<typeof ServiceAccount>;

export interface PolicyRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

export interface RoleRef {
  apiGroup: string;
  kind: string;
  name: string;
}

export interface Subject {
  kind: string;
  name: string;
  namespace?: string;
  apiGroup?: string;
}

const RBAC = { group: 'rbac.authorization.k8s.io', version: 'v1' };

export const Role = defineKind<{ rules?: PolicyRule[] }>({ ...RBAC, kind: 'Role', plural: 'roles' });
export type Role = ObjectOfKind<typeof Role>;

export const RoleBinding = defineKind<{ roleRef: RoleRef; subjects?: Subject[] }>({
  ...RBAC,
  kind: 'RoleBinding',
  plural: 'rolebindings',
});
export type RoleBinding = ObjectOfKind<typeof RoleBinding>;

export const ClusterRole = defineKind<{ rules?: PolicyRule[]; aggregationRule?: unknown }>({
  ...RBAC,
  kind: 'ClusterRole',
  plural: 'clusterroles',
  scope: 'Cluster',
});
export type ClusterRole = ObjectOfKind<typeof ClusterRole>;

export const ClusterRoleBinding = defineKind<{ roleRef: RoleRef; subjects?: Subject[] }>({
  ...RBAC,
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  scope: 'Cluster',
});
export type ClusterRoleBinding = ObjectOfKind<typeof ClusterRoleBinding>;

export const Lease = defineKind<{
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}>({ group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', plural: 'leases' });
export type Lease = ObjectOfKind<typeof Lease>;

export const CustomResourceDefinition = defineKind<{ spec: Record<string, unknown>; status?: Record<string, unknown> }>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  shortNames: ['crd', 'crds'],
  scope: 'Cluster',
  statusSubresource: true,
});
export type CustomResourceDefinition = ObjectOfKind<typeof CustomResourceDefinition>;

/** One webhook of a configuration. */
export interface Webhook {
  name: string;
  admissionReviewVersions: string[];
  clientConfig: {
    url?: string;
    service?: { namespace: string; name: string; path?: string; port?: number };
    /** Base64 of PEM. */
    caBundle?: string;
  };
  rules?: { apiGroups: string[]; apiVersions: string[]; operations: string[]; resources: string[]; scope?: string }[];
  failurePolicy?: string;
  matchPolicy?: string;
  sideEffects: string;
  timeoutSeconds?: number;
  namespaceSelector?: unknown;
  objectSelector?: unknown;
  reinvocationPolicy?: string;
}

const ADMISSION = { group: 'admissionregistration.k8s.io', version: 'v1' };

export const MutatingWebhookConfiguration = defineKind<{ webhooks?: Webhook[] }>({
  ...ADMISSION,
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  scope: 'Cluster',
});
export type MutatingWebhookConfiguration = ObjectOfKind<typeof MutatingWebhookConfiguration>;

export const ValidatingWebhookConfiguration = defineKind<{ webhooks?: Webhook[] }>({
  ...ADMISSION,
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  scope: 'Cluster',
});
export type ValidatingWebhookConfiguration = ObjectOfKind<typeof ValidatingWebhookConfiguration>;

/** What `kubectl get all` shows. */
const IN_ALL: ReadonlySet<string> = new Set([
  'Pod',
  'Service',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'Job',
  'CronJob',
  'HorizontalPodAutoscaler',
]);

/** A kind whose spec and status are kept as they come. */
export type Workload = KubeObject & { spec?: Record<string, unknown>; status?: Record<string, unknown> };

function workload(
  group: string,
  version: string,
  kind: string,
  plural: string,
  shortNames: string[] = [],
  scope: 'Namespaced' | 'Cluster' = 'Namespaced',
): Kind<Workload> {
  return defineKind<{ spec?: Record<string, unknown>; status?: Record<string, unknown> }>({
    group,
    version,
    kind,
    plural,
    shortNames,
    categories: IN_ALL.has(kind) ? ['all'] : [],
    scope,
    statusSubresource: true,
  });
}

export const Pod: Kind<Workload> = workload('', 'v1', 'Pod', 'pods', ['po']);
export const Service: Kind<Workload> = workload('', 'v1', 'Service', 'services', ['svc']);
export const PersistentVolumeClaim: Kind<Workload> = workload('', 'v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', [
  'pvc',
]);
export const LimitRange: Kind<Workload> = workload('', 'v1', 'LimitRange', 'limitranges', ['limits']);
export const ResourceQuota: Kind<Workload> = workload('', 'v1', 'ResourceQuota', 'resourcequotas', ['quota']);
export const Deployment: Kind<Workload> = workload('apps', 'v1', 'Deployment', 'deployments', ['deploy']);
export const StatefulSet: Kind<Workload> = workload('apps', 'v1', 'StatefulSet', 'statefulsets', ['sts']);
export const DaemonSet: Kind<Workload> = workload('apps', 'v1', 'DaemonSet', 'daemonsets', ['ds']);
export const ReplicaSet: Kind<Workload> = workload('apps', 'v1', 'ReplicaSet', 'replicasets', ['rs']);
export const Job: Kind<Workload> = workload('batch', 'v1', 'Job', 'jobs');
export const CronJob: Kind<Workload> = workload('batch', 'v1', 'CronJob', 'cronjobs', ['cj']);
export const Ingress: Kind<Workload> = workload('networking.k8s.io', 'v1', 'Ingress', 'ingresses', ['ing']);
export const NetworkPolicy: Kind<Workload> = workload('networking.k8s.io', 'v1', 'NetworkPolicy', 'networkpolicies', ['netpol']);
export const HorizontalPodAutoscaler: Kind<Workload> = workload(
  'autoscaling',
  'v2',
  'HorizontalPodAutoscaler',
  'horizontalpodautoscalers',
  ['hpa'],
);
export const PodDisruptionBudget: Kind<Workload> = workload('policy', 'v1', 'PodDisruptionBudget', 'poddisruptionbudgets', [
  'pdb',
]);

/** Every core kind the embedded API serves. */
export const coreKinds: readonly Kind[] = [
  Namespace,
  Secret,
  ConfigMap,
  Event,
  ServiceAccount,
  Role,
  RoleBinding,
  ClusterRole,
  ClusterRoleBinding,
  Lease,
  CustomResourceDefinition,
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
  Pod,
  Service,
  PersistentVolumeClaim,
  LimitRange,
  ResourceQuota,
  Deployment,
  StatefulSet,
  DaemonSet,
  ReplicaSet,
  Job,
  CronJob,
  Ingress,
  NetworkPolicy,
  HorizontalPodAutoscaler,
  PodDisruptionBudget,
];
