import {
  apiVersionOf,
  ClusterRole,
  ClusterRoleBinding,
  Role,
  RoleBinding,
  ServiceAccount,
  type KubeObject,
  type PolicyRule,
  type Subject,
} from '@kargo/api';
import { CONTROLLER_READ_SECRETS, CONTROLLER_REPLICATE, PROJECT_ADMIN, PROJECT_SECRETS_READER } from '@kargo/controllers';
import { ACCOUNTS } from './components.ts';
import { MUTATING_CONFIGURATION, VALIDATING_CONFIGURATION, WEBHOOK_SECRET } from './webhooks/names.ts';

const RBAC = 'rbac.authorization.k8s.io';
const KARGO = 'kargo.akuity.io';
const ARGO = 'argoproj.io';
const READ = ['get', 'list', 'watch'];
const PATCH = ['patch', 'update'];
const WRITE = ['create', 'delete', ...PATCH];

/** Where an installation keeps its things, and what it consists of. */
export interface AccessOptions {
  namespace: string;
  sharedNamespace: string;
  systemNamespace: string;
  /** Shards whose controllers have accounts of their own. */
  shards: readonly string[];
  /** Whether AnalysisRuns are run by Kargo. */
  analysis: boolean;
  /** Whether the agent of Kargo deploys Applications, in place of Argo CD. */
  gitOpsAgent: boolean;
}

function rule(group: string, resources: string[], verbs: string[], resourceNames?: string[]): PolicyRule {
  return { apiGroups: [group], resources, verbs, ...(resourceNames === undefined ? {} : { resourceNames }) };
}

/** What looks after Warehouses, Stages and Promotions may do in all namespaces. Secrets of Projects come through bindings in each. */
function promotionRules(): PolicyRule[] {
  return [
    rule(KARGO, ['projects', 'projectconfigs', 'promotiontasks', 'clusterpromotiontasks', 'clusterconfigs'], READ),
    rule(KARGO, ['warehouses', 'stages'], [...READ, ...PATCH]),
    rule(KARGO, ['freights', 'promotions'], [...READ, 'create', ...PATCH]),
    rule(KARGO, ['freights/status', 'promotions/status', 'stages/status', 'warehouses/status'], PATCH),
    rule(KARGO, ['stages/finalizers', 'warehouses/finalizers', 'promotions/finalizers'], ['update']),
    rule(KARGO, ['stages'], ['promote']),
    rule(ARGO, ['applications'], [...READ, 'patch']),
    rule(ARGO, ['analysistemplates', 'clusteranalysistemplates'], READ),
    rule(ARGO, ['analysisruns'], [...READ, 'create', 'delete', 'patch']),
    rule('', ['configmaps'], ['get']),
    rule('', ['events'], ['create']),
  ];
}

/** What looks after Projects and old objects may do. It makes roles for the people of Projects: that takes `escalate` and `bind`. */
function managementRules(): PolicyRule[] {
  return [
    rule(KARGO, ['projects'], [...READ, 'delete', ...PATCH]),
    rule(KARGO, ['projects/status', 'projectconfigs/status', 'clusterconfigs/status'], PATCH),
    rule(KARGO, ['projectconfigs', 'clusterconfigs'], [...READ, ...PATCH]),
    rule(KARGO, ['projects/finalizers'], ['update']),
    rule(KARGO, ['freights', 'promotions'], [...READ, 'delete']),
    rule(KARGO, ['stages', 'warehouses', 'promotionrequests'], READ),
    rule(KARGO, ['promotionrequests/status'], PATCH),
    rule('', ['namespaces'], [...READ, ...WRITE]),
    rule('', ['events'], ['create']),
    rule('', ['serviceaccounts'], [...READ, 'create']),
    rule(RBAC, ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'], ['get', 'create', ...PATCH]),
    rule(RBAC, ['clusterroles', 'clusterrolebindings'], ['delete']),
    rule(RBAC, ['roles'], ['escalate', 'bind']),
    rule(
      RBAC,
      ['clusterroles'],
      ['bind'],
      [PROJECT_ADMIN, PROJECT_SECRETS_READER, CONTROLLER_READ_SECRETS, CONTROLLER_REPLICATE],
    ),
  ];
}

function analysisRules(): PolicyRule[] {
  return [
    rule(ARGO, ['analysisruns'], [...READ, 'delete', ...PATCH]),
    rule(ARGO, ['analysisruns/status'], PATCH),
    rule('batch', ['jobs'], [...READ, 'create', 'delete']),
    rule('', ['pods'], READ),
    rule('batch', ['jobs/status'], PATCH),
  ];
}

/** What the REST API may do in its own name: for the administrator's account. Others are served with what they may do themselves. */
function serverRules(): PolicyRule[] {
  return [
    rule('authentication.k8s.io', ['tokenreviews'], ['create']),
    rule('authorization.k8s.io', ['subjectaccessreviews'], ['create']),
    rule(
      KARGO,
      [
        'clusterconfigs',
        'clusterpromotiontasks',
        'freights',
        'projectconfigs',
        'projects',
        'promotionrequests',
        'promotions',
        'promotiontasks',
        'stages',
        'targets',
        'warehouses',
        'webhookdeliveries',
      ],
      [...READ, ...WRITE, 'deletecollection'],
    ),
    rule(KARGO, ['freights/status'], PATCH),
    rule(KARGO, ['stages'], ['promote']),
    rule(ARGO, ['applications'], READ),
    rule(ARGO, ['analysisruns', 'analysistemplates', 'clusteranalysistemplates'], [...READ, ...WRITE]),
    rule('batch', ['jobs'], READ),
    rule('', ['pods'], READ),
    rule('', ['pods/log'], ['get']),
    rule('', ['namespaces', 'serviceaccounts', 'configmaps'], READ),
    rule('', ['events'], [...READ, 'create']),
    rule(RBAC, ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'], READ),
  ];
}

/** What admission looks at and brings about. */
function webhookRules(): PolicyRule[] {
  return [
    rule(
      KARGO,
      ['freights', 'warehouses', 'stages', 'promotions', 'promotiontasks', 'clusterpromotiontasks', 'projects', 'projectconfigs'],
      ['get', 'list'],
    ),
    rule('', ['namespaces'], ['get', 'create']),
    rule('', ['events'], ['create']),
    rule('authorization.k8s.io', ['subjectaccessreviews'], ['create']),
    rule(
      'admissionregistration.k8s.io',
      ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
      ['get', 'patch'],
      [MUTATING_CONFIGURATION, VALIDATING_CONFIGURATION],
    ),
  ];
}

const READ_SECRETS = [rule('', ['secrets'], READ)];

/** The ServiceAccounts of the components with exactly what each has to be able to do. */
export function componentAccess(options: AccessOptions): KubeObject[] {
  const { namespace, sharedNamespace, systemNamespace, shards, analysis, gitOpsAgent } = options;
  const defaultController = [ACCOUNTS.controller];
  const ofShards = shards.map((shard) => `${ACCOUNTS.controller}-${shard}`);
  const controllers = [...defaultController, ...ofShards];
  const out: KubeObject[] = [];
  for (const name of controllers) out.push(account(namespace, name, 'controller'));
  out.push(account(namespace, ACCOUNTS.server, 'server'), account(namespace, ACCOUNTS.webhooks, 'webhooks'));

  out.push(...clusterWide('kargo-controller', promotionRules(), namespace, controllers));
  out.push(...clusterWide('kargo-controller-management', managementRules(), namespace, defaultController));
  if (analysis) out.push(...clusterWide('kargo-controller-analysis', analysisRules(), namespace, defaultController));
  out.push(...clusterWide('kargo-api', serverRules(), namespace, [ACCOUNTS.server]));
  out.push(...clusterWide('kargo-webhooks', webhookRules(), namespace, [ACCOUNTS.webhooks]));

  const leases = rule('coordination.k8s.io', ['leases'], ['get', ...WRITE]);
  const electors = gitOpsAgent ? [...controllers, ACCOUNTS.agent] : controllers;
  out.push(...within(namespace, 'kargo-controller-leases', [leases], namespace, electors));
  out.push(
    ...within(namespace, 'kargo-controller-accounts', [rule('', ['serviceaccounts'], READ)], namespace, defaultController),
  );
  const readLeases = rule('coordination.k8s.io', ['leases'], READ);
  out.push(...within(namespace, 'kargo-api', [readLeases], namespace, [ACCOUNTS.server]));
  const auditTrail = [rule('', ['configmaps'], [...READ, ...WRITE])];
  out.push(...within(namespace, 'kargo-api-audit-trail', auditTrail, namespace, [ACCOUNTS.server]));
  const ownSecret = [rule('', ['secrets'], ['create']), rule('', ['secrets'], ['get', 'update'], [WEBHOOK_SECRET])];
  out.push(...within(namespace, 'kargo-webhooks-certificate', ownSecret, namespace, [ACCOUNTS.webhooks]));

  out.push(...within(sharedNamespace, 'kargo-controller-read-secrets', READ_SECRETS, namespace, controllers));
  const readConfigMaps = [rule('', ['configmaps'], READ)];
  out.push(...within(sharedNamespace, 'kargo-controller-read-configmaps', readConfigMaps, namespace, defaultController));
  const everySetting = [rule('', ['configmaps', 'secrets'], [...READ, ...WRITE])];
  for (const shared of new Set([sharedNamespace, systemNamespace]))
    out.push(...within(shared, 'kargo-api-settings', everySetting, namespace, [ACCOUNTS.server]));
  if (systemNamespace !== sharedNamespace) {
    // Of the receivers of the cluster, what its analysis templates ask for, and the key that signs commits: of shards, the last alone.
    out.push(...within(systemNamespace, 'kargo-controller-read-secrets', READ_SECRETS, namespace, defaultController));
    const signingKey = [rule('', ['secrets'], ['get'])];
    if (ofShards.length > 0)
      out.push(...within(systemNamespace, 'kargo-controller-signing-key', signingKey, namespace, ofShards));
  }
  if (gitOpsAgent) {
    out.push(account(namespace, ACCOUNTS.agent, 'gitops-agent'));
    // It applies what users deploy, of whatever kind: no role could say less.
    out.push(clusterBinding(ACCOUNTS.agent, 'cluster-admin', namespace, [ACCOUNTS.agent]));
  }
  return out;
}

function account(namespace: string, name: string, component: string): KubeObject {
  const labels = { 'app.kubernetes.io/name': 'kargo', 'app.kubernetes.io/component': component };
  return { apiVersion: apiVersionOf(ServiceAccount), kind: ServiceAccount.kind, metadata: { name, namespace, labels } };
}

function clusterWide(name: string, rules: PolicyRule[], namespace: string, accounts: readonly string[]): KubeObject[] {
  const role: ClusterRole = { apiVersion: apiVersionOf(ClusterRole), kind: ClusterRole.kind, metadata: { name }, rules };
  return [role, clusterBinding(name, name, namespace, accounts)];
}

function clusterBinding(name: string, role: string, namespace: string, accounts: readonly string[]): ClusterRoleBinding {
  return {
    apiVersion: apiVersionOf(ClusterRoleBinding),
    kind: ClusterRoleBinding.kind,
    metadata: { name },
    roleRef: { apiGroup: RBAC, kind: ClusterRole.kind, name: role },
    subjects: subjectsOf(namespace, accounts),
  };
}

function within(
  where: string,
  name: string,
  rules: PolicyRule[],
  namespace: string,
  accounts: readonly string[],
): [Role, RoleBinding] {
  const metadata = { name, namespace: where };
  return [
    { apiVersion: apiVersionOf(Role), kind: Role.kind, metadata, rules },
    {
      apiVersion: apiVersionOf(RoleBinding),
      kind: RoleBinding.kind,
      metadata,
      roleRef: { apiGroup: RBAC, kind: Role.kind, name },
      subjects: subjectsOf(namespace, accounts),
    },
  ];
}

function subjectsOf(namespace: string, accounts: readonly string[]): Subject[] {
  return accounts.map((name) => ({ kind: ServiceAccount.kind, name, namespace }));
}
