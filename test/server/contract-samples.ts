import { SECRET, type ContractWorld } from './contract-world.ts';

/** How an operation is called so that it succeeds. Words of the world stand for what is known only once it is there. */
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

function deliveries(of: string, prefix: string): Record<string, Sample> {
  const all = `${prefix}/webhook-deliveries`;
  return {
    [`List${of}WebhookDeliveries`]: { path: `${all}?receiver=hook`, status: 200 },
    [`Get${of}WebhookDelivery`]: { path: `${all}/hook.1`, status: 200 },
    [`Replay${of}WebhookDelivery`]: { path: `${all}/hook.1/replay`, status: 200 },
  };
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
  PreviewPromotion: { path: `${P}/stages/test/promotions/preview`, body: { freight: 'f1' }, status: 200 },
  PromoteAsPlanned: { path: `${P}/stages/planned/promotions/planned`, body: 'PLAN', status: 201 },
  ...deliveries('Project', P),
  ...deliveries('System', '/system'),
  WatchProject: { path: `${P}/watch?kinds=stages`, status: 200 },
  WatchCluster: { path: '/watch?kinds=projects', status: 200 },
  WhoAmI: { path: '/access/whoami', status: 200 },
  ExplainAccess: { path: '/access/explain?verb=promote&resource=stages&project=demo&name=test', status: 200 },
  ListAuditLog: { path: '/system/audit-log', status: 200 },
  ExportAuditLog: { path: '/system/audit-log/export', status: 200 },
  ListProjectAuditLog: { path: `${P}/audit-log`, status: 200 },
  ExportProjectAuditLog: { path: `${P}/audit-log/export`, status: 200 },
  ExplainCredentials: { path: `${P}/credentials/explain?repoURL=https://git/x`, status: 200 },
  LintManifests: { path: `${P}/lint`, body: CONFIG, status: 200 },
  ExplainStage: { path: `${P}/stages/test/explain`, status: 200 },
  ExplainPromotion: { path: `${PROMOTION}/explain`, status: 200 },
  ListPromotionLogs: { path: `${PROMOTION}/logs`, status: 200 },
  GetPromotionStepLogs: { path: `${PROMOTION}/steps/step-1/logs`, status: 200 },
  ExplainFreight: { path: `${P}/freight/f1/explain`, status: 200 },
  ExplainWarehouse: { path: `${P}/warehouses/w/explain`, status: 200 },
};

/** What is called in a world, with its words filled in. */
export function callOf({ words }: ContractWorld, { path, body }: Sample): { path: string; body: string | object | undefined } {
  const fill = (text: string): string => text.replaceAll(/\b[A-Z]{4,}\b/g, (word) => words[word] ?? word);
  return { path: fill(path), body: typeof body === 'string' ? fill(body) : body };
}

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

/** Operations that need an identity provider. They have tests of their own. */
export const ELSEWHERE: ReadonlySet<string> = new Set(['BeginSignIn', 'CompleteSignIn', 'RenewSignIn']);
