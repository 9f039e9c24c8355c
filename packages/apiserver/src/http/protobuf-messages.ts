/** How a field is read. `flag` and `number` are not there when false and 0; `ignored` is what only the server sets. */
export type FieldType =
  | 'string'
  | 'bytes'
  | 'int'
  | 'number'
  | 'bool'
  | 'flag'
  | 'time'
  | 'strings'
  | 'textMap'
  | 'bytesMap'
  | 'quantityMap'
  | 'intOrString'
  | 'inline'
  | 'ignored'
  | Message
  | readonly [Message];

/** Fields of a message by their numbers. `...` names a message whose fields stand in the one that holds it. */
export interface Message {
  readonly [number: number]: readonly [name: string, type: FieldType, inlined?: Message];
}

const ownerReference: Message = {
  1: ['kind', 'string'],
  3: ['name', 'string'],
  4: ['uid', 'string'],
  5: ['apiVersion', 'string'],
  6: ['controller', 'bool'],
  7: ['blockOwnerDeletion', 'bool'],
};
const metadata: Message = {
  1: ['name', 'string'],
  2: ['generateName', 'string'],
  3: ['namespace', 'string'],
  4: ['selfLink', 'ignored'],
  5: ['uid', 'string'],
  6: ['resourceVersion', 'string'],
  7: ['generation', 'number'],
  8: ['creationTimestamp', 'time'],
  9: ['deletionTimestamp', 'time'],
  10: ['deletionGracePeriodSeconds', 'int'],
  11: ['labels', 'textMap'],
  12: ['annotations', 'textMap'],
  13: ['ownerReferences', [ownerReference]],
  14: ['finalizers', 'strings'],
  17: ['managedFields', 'ignored'],
};
const objectReference: Message = {
  1: ['kind', 'string'],
  2: ['namespace', 'string'],
  3: ['name', 'string'],
  4: ['uid', 'string'],
  5: ['apiVersion', 'string'],
  6: ['resourceVersion', 'string'],
  7: ['fieldPath', 'string'],
};
const policyRule: Message = {
  1: ['verbs', 'strings'],
  2: ['apiGroups', 'strings'],
  3: ['resources', 'strings'],
  4: ['resourceNames', 'strings'],
  5: ['nonResourceURLs', 'strings'],
};
const subject: Message = { 1: ['kind', 'string'], 2: ['apiGroup', 'string'], 3: ['name', 'string'], 4: ['namespace', 'string'] };
const roleRef: Message = { 1: ['apiGroup', 'string'], 2: ['kind', 'string'], 3: ['name', 'string'] };
const role: Message = { 1: ['metadata', metadata], 2: ['rules', [policyRule]] };
const labelSelector: Message = {
  1: ['matchLabels', 'textMap'],
  2: ['matchExpressions', [{ 1: ['key', 'string'], 2: ['operator', 'string'], 3: ['values', 'strings'] }]],
};
const binding: Message = { 1: ['metadata', metadata], 2: ['subjects', [subject]], 3: ['roleRef', roleRef] };
const resourceAttributes: Message = {
  1: ['namespace', 'string'],
  2: ['verb', 'string'],
  3: ['group', 'string'],
  4: ['version', 'string'],
  5: ['resource', 'string'],
  6: ['subresource', 'string'],
  7: ['name', 'string'],
};
const accessSpec: Message = {
  1: ['resourceAttributes', resourceAttributes],
  2: ['nonResourceAttributes', { 1: ['path', 'string'], 2: ['verb', 'string'] }],
};

const subjectAccessReview: Message = {
  1: ['metadata', metadata],
  2: ['spec', { ...accessSpec, 3: ['user', 'string'], 4: ['groups', 'strings'], 6: ['uid', 'string'] }],
  3: ['status', 'ignored'],
};
const boundObjectReference: Message = {
  1: ['kind', 'string'],
  2: ['apiVersion', 'string'],
  3: ['name', 'string'],
  4: ['uid', 'string'],
};

const envVar: Message = { 1: ['name', 'string'], 2: ['value', 'string'] };
const resources: Message = { 1: ['limits', 'quantityMap'], 2: ['requests', 'quantityMap'] };
const containerPort: Message = {
  1: ['name', 'string'],
  2: ['hostPort', 'number'],
  3: ['containerPort', 'number'],
  4: ['protocol', 'string'],
  5: ['hostIP', 'string'],
};
const volumeMount: Message = {
  1: ['name', 'string'],
  2: ['readOnly', 'flag'],
  3: ['mountPath', 'string'],
  4: ['subPath', 'string'],
};
const container: Message = {
  1: ['name', 'string'],
  2: ['image', 'string'],
  3: ['command', 'strings'],
  4: ['args', 'strings'],
  5: ['workingDir', 'string'],
  6: ['ports', [containerPort]],
  7: ['env', [envVar]],
  8: ['resources', resources],
  9: ['volumeMounts', [volumeMount]],
  13: ['terminationMessagePath', 'string'],
  14: ['imagePullPolicy', 'string'],
  16: ['stdin', 'flag'],
  17: ['stdinOnce', 'flag'],
  18: ['tty', 'flag'],
  20: ['terminationMessagePolicy', 'string'],
};
const podSpec: Message = {
  2: ['containers', [container]],
  3: ['restartPolicy', 'string'],
  4: ['terminationGracePeriodSeconds', 'int'],
  5: ['activeDeadlineSeconds', 'int'],
  6: ['dnsPolicy', 'string'],
  7: ['nodeSelector', 'textMap'],
  8: ['serviceAccountName', 'string'],
  9: ['serviceAccount', 'string'],
  10: ['nodeName', 'string'],
  11: ['hostNetwork', 'flag'],
  12: ['hostPID', 'flag'],
  13: ['hostIPC', 'flag'],
  14: ['securityContext', {}],
  15: ['imagePullSecrets', [{ 1: ['name', 'string'] }]],
  16: ['hostname', 'string'],
  17: ['subdomain', 'string'],
  19: ['schedulerName', 'string'],
  20: ['initContainers', [container]],
  21: ['automountServiceAccountToken', 'bool'],
  24: ['priorityClassName', 'string'],
};
const podTemplate: Message = { 1: ['metadata', metadata], 2: ['spec', podSpec] };
const jobSpec: Message = {
  1: ['parallelism', 'int'],
  2: ['completions', 'int'],
  3: ['activeDeadlineSeconds', 'int'],
  4: ['selector', labelSelector],
  5: ['manualSelector', 'bool'],
  6: ['template', podTemplate],
  7: ['backoffLimit', 'int'],
  8: ['ttlSecondsAfterFinished', 'int'],
  9: ['completionMode', 'string'],
  10: ['suspend', 'bool'],
};
const deploymentSpec: Message = {
  1: ['replicas', 'int'],
  2: ['selector', labelSelector],
  3: ['template', podTemplate],
  4: [
    'strategy',
    { 1: ['type', 'string'], 2: ['rollingUpdate', { 1: ['maxUnavailable', 'intOrString'], 2: ['maxSurge', 'intOrString'] }] },
  ],
  5: ['minReadySeconds', 'number'],
  6: ['revisionHistoryLimit', 'int'],
  7: ['paused', 'flag'],
  9: ['progressDeadlineSeconds', 'int'],
};
const cronJobSpec: Message = {
  1: ['schedule', 'string'],
  2: ['startingDeadlineSeconds', 'int'],
  3: ['concurrencyPolicy', 'string'],
  4: ['suspend', 'bool'],
  5: ['jobTemplate', { 1: ['metadata', metadata], 2: ['spec', jobSpec] }],
  6: ['successfulJobsHistoryLimit', 'int'],
  7: ['failedJobsHistoryLimit', 'int'],
  8: ['timeZone', 'string'],
};
const servicePort: Message = {
  1: ['name', 'string'],
  2: ['protocol', 'string'],
  3: ['port', 'number'],
  4: ['targetPort', 'intOrString'],
  5: ['nodePort', 'number'],
  6: ['appProtocol', 'string'],
};
const serviceSpec: Message = {
  1: ['ports', [servicePort]],
  2: ['selector', 'textMap'],
  3: ['clusterIP', 'string'],
  4: ['type', 'string'],
  5: ['externalIPs', 'strings'],
  7: ['sessionAffinity', 'string'],
  8: ['loadBalancerIP', 'string'],
  9: ['loadBalancerSourceRanges', 'strings'],
  10: ['externalName', 'string'],
  11: ['externalTrafficPolicy', 'string'],
  12: ['healthCheckNodePort', 'number'],
  13: ['publishNotReadyAddresses', 'flag'],
};
const ingressBackend: Message = {
  4: ['service', { 1: ['name', 'string'], 2: ['port', { 1: ['name', 'string'], 2: ['number', 'number'] }] }],
};
const ingressPath: Message = { 1: ['path', 'string'], 2: ['backend', ingressBackend], 3: ['pathType', 'string'] };
const ingressRule: Message = {
  1: ['host', 'string'],
  2: ['...', 'inline', { 1: ['http', { 1: ['paths', [ingressPath]] }] }],
};
const ingressSpec: Message = {
  1: ['defaultBackend', ingressBackend],
  2: ['tls', [{ 1: ['hosts', 'strings'], 2: ['secretName', 'string'] }]],
  3: ['rules', [ingressRule]],
  4: ['ingressClassName', 'string'],
};
const quotaSpec: Message = { 1: ['hard', 'quantityMap'], 2: ['scopes', 'strings'] };
const budgetSpec: Message = {
  1: ['minAvailable', 'intOrString'],
  2: ['selector', labelSelector],
  3: ['maxUnavailable', 'intOrString'],
  4: ['unhealthyPodEvictionPolicy', 'string'],
};
/** Kinds of workloads: what they are told, and a status that only their controllers write. */
const workload = (spec: Message): Message => ({ 1: ['metadata', metadata], 2: ['spec', spec], 3: ['status', 'ignored'] });

/** The kinds that are read, by apiVersion and kind. Others are refused: clients can send them as JSON. */
export const MESSAGES: Readonly<Record<string, Message>> = {
  'v1/Namespace': { 1: ['metadata', metadata], 2: ['spec', { 1: ['finalizers', 'strings'] }], 3: ['status', 'ignored'] },
  'v1/ConfigMap': { 1: ['metadata', metadata], 2: ['data', 'textMap'], 3: ['binaryData', 'bytesMap'], 4: ['immutable', 'bool'] },
  'v1/Secret': {
    1: ['metadata', metadata],
    2: ['data', 'bytesMap'],
    3: ['type', 'string'],
    4: ['stringData', 'textMap'],
    5: ['immutable', 'bool'],
  },
  'v1/ServiceAccount': {
    1: ['metadata', metadata],
    2: ['secrets', [objectReference]],
    3: ['imagePullSecrets', [{ 1: ['name', 'string'] }]],
    4: ['automountServiceAccountToken', 'bool'],
  },
  'v1/Service': workload(serviceSpec),
  'v1/ResourceQuota': workload(quotaSpec),
  'apps/v1/Deployment': workload(deploymentSpec),
  'batch/v1/Job': workload(jobSpec),
  'batch/v1/CronJob': workload(cronJobSpec),
  'networking.k8s.io/v1/Ingress': workload(ingressSpec),
  'policy/v1/PodDisruptionBudget': workload(budgetSpec),
  'rbac.authorization.k8s.io/v1/Role': role,
  'rbac.authorization.k8s.io/v1/ClusterRole': {
    ...role,
    3: ['aggregationRule', { 1: ['clusterRoleSelectors', [labelSelector]] }],
  },
  'rbac.authorization.k8s.io/v1/RoleBinding': binding,
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': binding,
  'authorization.k8s.io/v1/SelfSubjectAccessReview': {
    1: ['metadata', metadata],
    2: ['spec', accessSpec],
    3: ['status', 'ignored'],
  },
  'authorization.k8s.io/v1/SubjectAccessReview': subjectAccessReview,
  'authorization.k8s.io/v1/LocalSubjectAccessReview': subjectAccessReview,
  'authorization.k8s.io/v1/SelfSubjectRulesReview': {
    1: ['metadata', metadata],
    2: ['spec', { 1: ['namespace', 'string'] }],
    3: ['status', 'ignored'],
  },
  'authentication.k8s.io/v1/TokenReview': {
    1: ['metadata', metadata],
    2: ['spec', { 1: ['token', 'string'], 2: ['audiences', 'strings'] }],
    3: ['status', 'ignored'],
  },
  'authentication.k8s.io/v1/TokenRequest': {
    1: ['metadata', metadata],
    2: ['spec', { 1: ['audiences', 'strings'], 3: ['boundObjectRef', boundObjectReference], 4: ['expirationSeconds', 'int'] }],
    3: ['status', 'ignored'],
  },
  'authentication.k8s.io/v1/SelfSubjectReview': { 1: ['metadata', metadata], 2: ['status', 'ignored'] },
};
