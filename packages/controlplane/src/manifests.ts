import {
  AnalysisRun,
  AnalysisTemplate,
  ClusterAnalysisTemplate,
  ClusterRoleBinding,
  crdOf,
  Deployment,
  kargoKinds,
  Namespace,
  Role,
  RoleBinding,
  ServiceAccount,
  apiVersionOf,
  type ClusterRole,
  type Kind,
  type KubeObject,
  type PolicyRule,
  type Subject,
} from '@kargo/api';
import { projectClusterRoles } from '@kargo/controllers';
import { systemRoles } from './roles.ts';

export interface ManifestOptions {
  namespace: string;
  image: string;
  /** Whether the definitions of Kargo's kinds are among them. */
  crds: boolean;
  /** Whether the kinds of analysis are defined too, and run by Kargo. */
  analysis: boolean;
}

const CONTROLLER = 'kargo-controller';
const RBAC = 'rbac.authorization.k8s.io';
const READ = ['get', 'list', 'watch'];
const EVERYTHING = [...READ, 'create', 'delete', 'deletecollection', 'patch', 'update'];
const analysisKinds = [AnalysisRun, AnalysisTemplate, ClusterAnalysisTemplate] as unknown as readonly Kind[];

/** What a cluster needs to run the controllers: definitions, namespaces, roles, and a Deployment whose replicas elect a leader. */
export function clusterManifests({ namespace, image, crds, analysis }: ManifestOptions): KubeObject[] {
  const account: Subject = { kind: 'ServiceAccount', name: CONTROLLER, namespace };
  return [
    ...(crds ? kargoKinds.map((kind) => crdOf(kind)) : []),
    ...(crds && analysis ? analysisKinds.map((kind) => crdOf(kind)) : []),
    ...[namespace, 'kargo-shared-resources', 'kargo-system-resources'].map((name) => ({
      apiVersion: apiVersionOf(Namespace),
      kind: Namespace.kind,
      metadata: { name },
    })),
    { apiVersion: apiVersionOf(ServiceAccount), kind: ServiceAccount.kind, metadata: { name: CONTROLLER, namespace } },
    ...projectClusterRoles(),
    ...systemRoles(),
    controllerRole(analysis),
    binding(account),
    ...leases(account, namespace),
    deployment(namespace, image, analysis),
  ];
}

function rule(group: string, resources: string[], verbs: string[]): PolicyRule {
  return { apiGroups: [group], resources, verbs };
}

/** What the controllers do. They make roles for the people of Projects, which takes the verbs `bind` and `escalate`. */
function controllerRole(analysis: boolean): ClusterRole {
  const runs = analysis ? EVERYTHING : [...READ, 'create', 'delete', 'patch'];
  return {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRole',
    metadata: { name: CONTROLLER },
    rules: [
      rule('kargo.akuity.io', ['*'], ['*']),
      rule('argoproj.io', ['applications'], [...READ, 'patch', 'update']),
      rule('argoproj.io', ['analysisruns', 'analysisruns/status'], runs),
      rule('argoproj.io', ['analysistemplates', 'clusteranalysistemplates'], READ),
      rule('', ['namespaces', 'serviceaccounts', 'configmaps', 'secrets'], EVERYTHING),
      rule('', ['events'], ['create', 'patch', 'update']),
      rule(RBAC, ['rolebindings', 'roles'], [...EVERYTHING, 'bind', 'escalate']),
      rule(RBAC, ['clusterroles'], ['bind']),
      ...(analysis ? [rule('batch', ['jobs', 'jobs/status'], EVERYTHING)] : []),
    ],
  };
}

function binding(subject: Subject): ClusterRoleBinding {
  return {
    apiVersion: apiVersionOf(ClusterRoleBinding),
    kind: ClusterRoleBinding.kind,
    metadata: { name: CONTROLLER },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: CONTROLLER },
    subjects: [subject],
  };
}

function leases(subject: Subject, namespace: string): KubeObject[] {
  const metadata = { name: `${CONTROLLER}-leases`, namespace };
  const role: Role = {
    apiVersion: apiVersionOf(Role),
    kind: Role.kind,
    metadata,
    rules: [rule('coordination.k8s.io', ['leases'], EVERYTHING)],
  };
  const bound: RoleBinding = {
    apiVersion: apiVersionOf(RoleBinding),
    kind: RoleBinding.kind,
    metadata,
    roleRef: { apiGroup: RBAC, kind: Role.kind, name: metadata.name },
    subjects: [subject],
  };
  return [role, bound];
}

function deployment(namespace: string, image: string, analysis: boolean): KubeObject {
  const labels = { 'app.kubernetes.io/name': 'kargo', 'app.kubernetes.io/component': 'controller' };
  return {
    apiVersion: apiVersionOf(Deployment),
    kind: Deployment.kind,
    metadata: { name: CONTROLLER, namespace, labels },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: CONTROLLER,
          securityContext: { runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              name: 'controller',
              image,
              args: ['controller', '--data', '/data', '--log-format', 'json', ...(analysis ? [] : ['--no-analysis'])],
              env: [{ name: 'HOME', value: '/data' }],
              resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '1Gi' } },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              volumeMounts: [
                { name: 'data', mountPath: '/data' },
                { name: 'tmp', mountPath: '/tmp' },
              ],
            },
          ],
          volumes: [
            { name: 'data', emptyDir: {} },
            { name: 'tmp', emptyDir: {} },
          ],
        },
      },
    },
  } as KubeObject;
}
