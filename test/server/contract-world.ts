import {
  AnalysisRun,
  AnalysisTemplate,
  ClusterAnalysisTemplate,
  ClusterConfig,
  ClusterPromotionTask,
  ConfigMap,
  Event,
  Namespace,
  Project,
  ProjectConfig,
  Promotion,
  PromotionTask,
  Role,
  RoleBinding,
  Secret,
  ServiceAccount,
  Stage,
  Warehouse,
  type Kind,
  type KubeObject,
} from '@kargo/api';
import type { JobLogs } from '@kargo/analysis';
import type { StepLogs } from '@kargo/promotion';
import { addFreight, aStage, openHarness, someFreight, type Harness, type HarnessOptions } from './harness.ts';

const V1 = 'kargo.akuity.io/v1alpha1';
export const DAY = 24 * 3_600_000;
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Logs of the one Job of this world. */
const LOGS: JobLogs = {
  open: () => ({ write: () => undefined, close: () => Promise.resolve() }),
  list: () => Promise.resolve([{ attempt: 1, container: 'main' }]),
  async *read() {
    yield 'first line\n\nthird line\n';
  },
  owners: () => Promise.resolve([]),
  remove: () => Promise.resolve(),
};

/** Logs of every step of this world. */
const STEP_LOGS: StepLogs = {
  append: () => undefined,
  read: (_, { from = 0 } = {}) =>
    Promise.resolve(from === 0 ? { from: 0, text: 'cleared\n', next: 8 } : { from, text: '', next: from }),
  follow: async function* () {},
  end: () => Promise.resolve(),
  list: () => Promise.resolve([{ step: 'step-1', from: 0, next: 8 }]),
  owners: () => Promise.resolve([]),
  remove: () => Promise.resolve(),
};

const TEMPLATE = {
  metrics: [{ name: 'job', provider: { job: { spec: { template: { spec: { containers: [{ name: 'main' }] } } } } } }],
};

/** The world, and the name that its Promotion was given. */
export type ContractWorld = Harness & { promotion: string };

/** A server with at least one object of every sort that the API is about. */
export async function openContractWorld(options: HarnessOptions = {}): Promise<ContractWorld> {
  const harness = await openHarness({ rbac: true, jobLogs: LOGS, stepLogs: STEP_LOGS, ...options });
  const { client } = harness;
  const put = async <T extends KubeObject>(kind: Kind<T>, object: object): Promise<T> => {
    const typed = { apiVersion: kind.group === '' ? 'v1' : `${kind.group}/${kind.version}`, kind: kind.kind, ...object };
    return client.create(kind, typed as unknown as T);
  };
  await put(Namespace, { metadata: { name: 'demo', labels: { 'kargo.akuity.io/project': 'true' } } });
  await put(Project, { metadata: { name: 'demo' } });
  for (const name of ['kargo', 'kargo-shared-resources', 'kargo-system-resources']) await put(Namespace, { metadata: { name } });
  await put(ProjectConfig, {
    metadata: { name: 'demo', namespace: 'demo' },
    spec: {
      promotionPolicies: [{ stage: 'test', autoPromotionEnabled: false }],
      stageLinks: [{ title: 'Dashboard', url: 'https://grafana/{{ .stage.metadata.name }}' }],
    },
  });
  await put(ClusterConfig, {
    metadata: { name: 'cluster' },
    spec: { freightLinks: [{ title: 'Search', url: 'https://search/{{ .freight.alias | upper }}', if: 'freight.alias != ""' }] },
  });
  await put(Warehouse, {
    metadata: { name: 'w', namespace: 'demo' },
    spec: { subscriptions: [{ image: { repoURL: 'registry/app' } }] },
  });
  const steps = { promotionTemplate: { spec: { steps: [{ uses: 'git-clear', config: { path: '.' } }] } } };
  for (const [name, sources] of [
    ['test', { direct: true }],
    ['uat', { stages: ['test'] }],
  ] as const)
    await put(Stage, aStage(name, sources, steps));
  await addFreight(client, someFreight('f1', '1.0.0', { verifiedIn: { test: { verifiedAt: '2026-01-01T00:00:00Z' } } }));
  const stage = await client.get(Stage, { namespace: 'demo', name: 'test' });
  await client.updateStatus(Stage, {
    ...stage,
    status: {
      phase: 'Steady',
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'Verified',
          message: '',
          lastTransitionTime: '2026-01-01T00:00:00Z',
          observedGeneration: 1,
        },
      ],
      freightHistory: [
        {
          id: 'c1',
          items: {
            'Warehouse/w': {
              name: 'f1',
              origin: { kind: 'Warehouse', name: 'w' },
              images: [{ repoURL: 'registry/app', tag: '1.0.0' }],
              commits: [{ repoURL: 'https://git/x', id: 'abc', healthCheckCommit: 'def' }],
            },
          },
          verificationHistory: [
            { id: 'v1', phase: 'Successful', startTime: '2026-01-01T00:00:00Z', finishTime: '2026-01-01T00:01:00Z' },
          ],
        },
      ],
      health: { status: 'Healthy', argoCDApps: [{ name: 'app', namespace: 'argocd' }] },
    },
  } as unknown as Stage);
  const promotion = await put(Promotion, {
    metadata: { generateName: 'test.', namespace: 'demo' },
    spec: { stage: 'test', freight: 'f1', steps: [{ uses: 'git-clear', config: { path: '.' } }] },
  });
  await client.updateStatus(Promotion, {
    ...promotion,
    status: {
      phase: 'Running',
      currentStep: 0,
      startedAt: '2026-01-01T00:00:00Z',
      stepExecutionMetadata: [{ alias: 'step-0', status: 'Running', startedAt: '2026-01-01T00:00:00Z' }],
      state: { 'step-0': { commit: 'abc' } },
    },
  } as unknown as Promotion);
  await put(AnalysisTemplate, { metadata: { name: 'at', namespace: 'demo' }, spec: TEMPLATE });
  await put(ClusterAnalysisTemplate, { metadata: { name: 'cat' }, spec: TEMPLATE });
  const run = await put(AnalysisRun, { metadata: { name: 'run', namespace: 'demo' }, spec: TEMPLATE });
  await client.update(AnalysisRun, {
    ...run,
    status: {
      phase: 'Successful',
      metricResults: [
        {
          name: 'job',
          phase: 'Successful',
          measurements: [
            { phase: 'Successful', startedAt: '2026-01-01T00:00:00Z', metadata: { 'job-name': 'j', 'job-namespace': 'demo' } },
          ],
        },
      ],
    },
  } as unknown as AnalysisRun);
  await put(PromotionTask, { metadata: { name: 'pt', namespace: 'demo' }, spec: { steps: [{ uses: 'git-clear' }] } });
  await put(ClusterPromotionTask, { metadata: { name: 'cpt' }, spec: { steps: [{ uses: 'git-clear' }] } });
  await put(Event, {
    metadata: { name: 'e1', namespace: 'demo' },
    involvedObject: { apiVersion: V1, kind: 'Freight', name: 'f1', namespace: 'demo' },
    reason: 'FreightCreated',
    message: 'Freight created',
    type: 'Normal',
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:00Z',
  });
  for (const namespace of ['demo', 'kargo-shared-resources', 'kargo-system-resources']) {
    for (const name of ['cm', 'cm2']) await put(ConfigMap, { metadata: { name, namespace }, data: { a: '1' } });
    await put(Secret, {
      metadata: { name: 'gc', namespace, labels: { 'kargo.akuity.io/cred-type': 'generic' }, annotations: { other: SECRET } },
      data: { token: base64(SECRET) },
    });
    await put(Secret, {
      metadata: { name: 'rc', namespace, labels: { 'kargo.akuity.io/cred-type': 'git' } },
      data: { repoURL: base64('https://git/x'), username: base64('bot'), password: base64(SECRET) },
    });
  }
  await addRole(put, 'demo', 'dev', { 'rbac.kargo.akuity.io/managed': 'true' });
  await addRole(put, 'kargo', 'ops', {}, { 'rbac.kargo.akuity.io/system-role': 'true' });
  for (const [namespace, role] of [
    ['demo', 'dev'],
    ['kargo', 'ops'],
  ] as const)
    await put(Secret, {
      type: 'kubernetes.io/service-account-token',
      metadata: {
        name: 'tok',
        namespace,
        labels: { 'rbac.kargo.akuity.io/api-token': 'true' },
        annotations: { 'kubernetes.io/service-account.name': role, 'rbac.kargo.akuity.io/managed': 'true' },
      },
    });
  return { ...harness, promotion: promotion.metadata.name ?? '' };
}

/** A text that must never come back. */
export const SECRET = 'p4ssw0rd-of-the-test';

async function addRole(
  put: <T extends KubeObject>(kind: Kind<T>, object: object) => Promise<T>,
  namespace: string,
  name: string,
  annotations: Record<string, string>,
  labels: Record<string, string> = {},
): Promise<void> {
  await put(ServiceAccount, {
    metadata: { namespace, name, labels, annotations: { ...annotations, 'rbac.kargo.akuity.io/claims': '{"groups":["devs"]}' } },
  });
  await put(Role, {
    metadata: { namespace, name, annotations },
    rules: [{ apiGroups: ['kargo.akuity.io'], resources: ['stages'], verbs: ['get', 'list'] }],
  });
  await put(RoleBinding, {
    metadata: { namespace, name, annotations },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', namespace, name }],
  });
}

/** How an operation is called here so that it succeeds. */
export interface Sample {
  path: string;
  body?: string | object;
  status: number;
}

const P = '/projects/demo';
const PROMOTION = `${P}/promotions/PROMOTION`;
const CONFIG = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cm', namespace: 'demo' }, data: { b: '2' } };
const named = (name: string): object => ({ ...CONFIG, metadata: { name, namespace: 'demo' } });
const rules = [{ apiGroups: ['kargo.akuity.io'], resources: ['stages'], verbs: ['get'] }];
const aRole = (name: string): object => ({
  metadata: { name, namespace: 'demo' },
  claims: [{ name: 'email', values: ['a@b.c'] }],
  rules,
});

function crud(scope: string, prefix: string): Record<string, Sample> {
  const repository = { type: 'git', repoUrl: 'https://git/y', username: 'u', password: SECRET };
  const out: Record<string, Sample> = {};
  const add = (one: string, many: string, path: string, name: string, create: object, replace: object, change: object): void => {
    const all = `${prefix}/${path}`;
    out[`List${scope}${many}`] = { path: all, status: 200 };
    out[`Create${scope}${one}`] = { path: all, body: { name: `new-${path}`, ...create }, status: 201 };
    out[`Get${scope}${one}`] = { path: `${all}/${name}`, status: 200 };
    out[`Update${scope}${one}`] = { path: `${all}/${name}`, body: replace, status: 200 };
    out[`Patch${scope}${one}`] = { path: `${all}/${name}`, body: change, status: 200 };
    out[`Delete${scope}${one}`] = { path: `${all}/${name}`, status: 204 };
  };
  add(
    'ConfigMap',
    'ConfigMaps',
    'configmaps',
    'cm',
    { data: { a: 'b' }, description: 'd' },
    { data: { x: 'y' } },
    { removeKeys: ['a'], data: { c: 'd' } },
  );
  add(
    'GenericCredentials',
    'GenericCredentials',
    'generic-credentials',
    'gc',
    { data: { a: SECRET } },
    { data: { token: '' } },
    { data: { more: SECRET } },
  );
  if (scope !== 'System')
    add('RepoCredentials', 'RepoCredentials', 'repo-credentials', 'rc', repository, repository, { username: 'v' });
  return out;
}

/** One call of every operation, by its name in the published description. */
export const samples: Readonly<Record<string, Sample>> = {
  AdminLogin: { path: '/login', status: 200 },
  ListProjects: { path: '/projects', status: 200 },
  GetProject: { path: P, status: 200 },
  DeleteProject: { path: P, status: 204 },
  GetAnalysisRun: { path: `${P}/analysis-runs/run`, status: 200 },
  GetAnalysisRunLogs: { path: `${P}/analysis-runs/run/logs`, status: 200 },
  ListAnalysisTemplates: { path: `${P}/analysis-templates`, status: 200 },
  GetAnalysisTemplate: { path: `${P}/analysis-templates/at`, status: 200 },
  DeleteAnalysisTemplate: { path: `${P}/analysis-templates/at`, status: 204 },
  ListProjectAPITokens: { path: `${P}/api-tokens`, status: 200 },
  GetProjectAPIToken: { path: `${P}/api-tokens/tok`, status: 200 },
  DeleteProjectAPIToken: { path: `${P}/api-tokens/tok`, status: 204 },
  CreateProjectAPIToken: { path: `${P}/roles/dev/api-tokens`, body: { name: 'new-token' }, status: 201 },
  GetProjectConfig: { path: `${P}/config`, status: 200 },
  DeleteProjectConfig: { path: `${P}/config`, status: 204 },
  RefreshProjectConfig: { path: `${P}/config/refresh`, status: 200 },
  ListProjectEvents: { path: `${P}/events`, status: 200 },
  QueryFreightsRest: { path: `${P}/freight`, status: 200 },
  GetFreight: { path: `${P}/freight/f1`, status: 200 },
  DeleteFreight: { path: `${P}/freight/f1`, status: 204 },
  PatchFreightAlias: { path: `${P}/freight/f1/alias?newAlias=brave`, status: 200 },
  ApproveFreight: { path: `${P}/freight/f1/approve?stage=uat`, status: 200 },
  GetFreightLinks: { path: `${P}/freight/f1/links`, status: 200 },
  ListImages: { path: `${P}/images`, status: 200 },
  ListPromotionTasks: { path: `${P}/promotion-tasks`, status: 200 },
  GetPromotionTask: { path: `${P}/promotion-tasks/pt`, status: 200 },
  ListPromotions: { path: `${P}/promotions?stage=`, status: 200 },
  GetPromotion: { path: PROMOTION, status: 200 },
  AbortPromotion: { path: `${PROMOTION}/abort`, status: 200 },
  RefreshPromotion: { path: `${PROMOTION}/refresh`, status: 200 },
  ListProjectRoles: { path: `${P}/roles`, status: 200 },
  CreateProjectRole: { path: `${P}/roles`, body: aRole('new'), status: 201 },
  Grant: {
    path: `${P}/roles/grants`,
    body: { role: 'dev', resourceDetails: { resourceType: 'stages', verbs: ['get'] } },
    status: 200,
  },
  Revoke: {
    path: `${P}/roles/revocations`,
    body: { role: 'dev', resourceDetails: { resourceType: 'stages', verbs: ['list'] } },
    status: 200,
  },
  GetProjectRole: { path: `${P}/roles/dev`, status: 200 },
  UpdateRole: { path: `${P}/roles/dev`, body: aRole('dev'), status: 200 },
  DeleteProjectRole: { path: `${P}/roles/dev`, status: 204 },
  ListStages: { path: `${P}/stages?freightOrigins=w`, status: 200 },
  GetStage: { path: `${P}/stages/test`, status: 200 },
  DeleteStage: { path: `${P}/stages/test`, status: 204 },
  GetStageLinks: { path: `${P}/stages/test/links`, status: 200 },
  PromoteToStage: { path: `${P}/stages/test/promotions`, body: { freight: 'f1', freightAlias: '', origin: '' }, status: 201 },
  PromoteDownstream: { path: `${P}/stages/test/promotions/downstream`, body: { freight: 'f1' }, status: 201 },
  RefreshStage: { path: `${P}/stages/test/refresh`, status: 200 },
  Reverify: { path: `${P}/stages/test/verification`, status: 200 },
  AbortVerification: { path: `${P}/stages/test/verification/abort`, status: 200 },
  ListWarehouses: { path: `${P}/warehouses`, status: 200 },
  GetWarehouse: { path: `${P}/warehouses/w`, status: 200 },
  DeleteWarehouse: { path: `${P}/warehouses/w`, status: 204 },
  RefreshWarehouse: { path: `${P}/warehouses/w/refresh`, status: 200 },
  UpdateResource: { path: '/resources?upsert=true', body: CONFIG, status: 200 },
  CreateResource: { path: '/resources', body: named('manifest'), status: 201 },
  DeleteResource: { path: '/resources', body: named('cm2'), status: 200 },
  ListClusterAnalysisTemplates: { path: '/shared/cluster-analysis-templates', status: 200 },
  GetClusterAnalysisTemplate: { path: '/shared/cluster-analysis-templates/cat', status: 200 },
  DeleteClusterAnalysisTemplate: { path: '/shared/cluster-analysis-templates/cat', status: 204 },
  ListClusterPromotionTasks: { path: '/shared/cluster-promotion-tasks', status: 200 },
  GetClusterPromotionTask: { path: '/shared/cluster-promotion-tasks/cpt', status: 200 },
  ListSystemAPITokens: { path: '/system/api-tokens', status: 200 },
  GetSystemAPIToken: { path: '/system/api-tokens/tok', status: 200 },
  DeleteSystemAPIToken: { path: '/system/api-tokens/tok', status: 204 },
  GetClusterConfig: { path: '/system/cluster-config', status: 200 },
  DeleteClusterConfig: { path: '/system/cluster-config', status: 204 },
  RefreshClusterConfig: { path: '/system/cluster-config/refresh', status: 200 },
  GetControllerHeartbeats: { path: '/system/controller-heartbeats', status: 200 },
  GetPublicConfig: { path: '/system/public-server-config', status: 200 },
  ListSystemRoles: { path: '/system/roles', status: 200 },
  GetSystemRole: { path: '/system/roles/ops', status: 200 },
  CreateSystemAPIToken: { path: '/system/roles/ops/api-tokens', body: { name: 'new-token' }, status: 201 },
  GetConfig: { path: '/system/server-config', status: 200 },
  GetVersionInfo: { path: '/system/server-version', status: 200 },
  ...crud('Project', P),
  ...crud('Shared', '/shared'),
  ...crud('System', '/system'),

  GetOpenAPI: { path: '/openapi.json', status: 200 },
  WatchClusterConfig: { path: '/cluster-config', status: 200 },
  WhoAmI: { path: '/access/whoami', status: 200 },
  ExplainAccess: { path: '/access/explain?verb=promote&resource=stages&project=demo&name=test', status: 200 },
  ListAuditLog: { path: '/system/audit-log', status: 200 },
  ExportAuditLog: { path: '/system/audit-log/export', status: 200 },
  ListProjectAuditLog: { path: `${P}/audit-log`, status: 200 },
  ExportProjectAuditLog: { path: `${P}/audit-log/export`, status: 200 },
  ExplainCredentials: { path: `${P}/credentials/explain?repoURL=https://git/x`, status: 200 },
  ExplainStage: { path: `${P}/stages/test/explain`, status: 200 },
  ExplainPromotion: { path: `${PROMOTION}/explain`, status: 200 },
  ListPromotionLogs: { path: `${PROMOTION}/logs`, status: 200 },
  GetPromotionStepLogs: { path: `${PROMOTION}/steps/step-1/logs`, status: 200 },
  ExplainFreight: { path: `${P}/freight/f1/explain`, status: 200 },
  ExplainWarehouse: { path: `${P}/warehouses/w/explain`, status: 200 },
};

/** Operations in an order in which one world is enough for all: questions, then changes, then deletions, the Project last. */
export function inCallingOrder(ids: readonly string[], methodOf: (id: string) => string): string[] {
  const rank = (id: string): number =>
    id === 'DeleteProject'
      ? 4
      : id === 'DeleteProjectRole'
        ? 3
        : methodOf(id) === 'GET'
          ? 0
          : methodOf(id) === 'DELETE' && id !== 'DeleteResource'
            ? 2
            : 1;
  return ids.toSorted((a, b) => rank(a) - rank(b));
}

/** Operations that need a promotion engine, an identity provider, or webhooks that were delivered, or that do not end. They have tests of their own. */
export const ELSEWHERE: ReadonlySet<string> = new Set([
  'WatchProject',
  'WatchCluster',
  'BeginSignIn',
  'CompleteSignIn',
  'RenewSignIn',
  'PreviewPromotion',
  'PromoteAsPlanned',
  'ListProjectWebhookDeliveries',
  'GetProjectWebhookDelivery',
  'ReplayProjectWebhookDelivery',
  'ListSystemWebhookDeliveries',
  'GetSystemWebhookDelivery',
  'ReplaySystemWebhookDelivery',
]);
