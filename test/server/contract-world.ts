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
  WebhookDelivery,
  type Kind,
  type KubeObject,
} from '@kargo/api';
import type { JobLogs } from '@kargo/analysis';
import { simulatedWorld } from '@kargo/integrations/testing';
import { seededRandom } from '@kargo/kube';
import { promotionPreviewer, stepExpressions, stepRegistry, type PromotionPreviewer, type StepLogs } from '@kargo/promotion';
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

/** The world, and what the words of samples stand for in it. */
export type ContractWorld = Harness & { words: Readonly<Record<string, string>> };

/** A text that must never come back. */
export const SECRET = 'p4ssw0rd-of-the-test';

/** A server with at least one object of every sort that the API is about. */
export async function openContractWorld(options: HarnessOptions = {}): Promise<ContractWorld> {
  const previews: { made?: PromotionPreviewer } = {};
  const harness = await openHarness({
    rbac: true,
    jobLogs: LOGS,
    stepLogs: STEP_LOGS,
    preview: (request) => previews.made!(request),
    ...options,
  });
  const { client } = harness;
  previews.made = previewer(harness);
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
      webhookReceivers: [{ name: 'hook', github: { secretRef: { name: 'hook' } } }],
      stageLinks: [{ title: 'Dashboard', url: 'https://grafana/{{ .stage.metadata.name }}' }],
    },
  });
  await put(ClusterConfig, {
    metadata: { name: 'cluster' },
    spec: {
      webhookReceivers: [{ name: 'hook', github: { secretRef: { name: 'hook' } } }],
      freightLinks: [{ title: 'Search', url: 'https://search/{{ .freight.alias | upper }}', if: 'freight.alias != ""' }],
    },
  });
  await put(Warehouse, {
    metadata: { name: 'w', namespace: 'demo' },
    spec: { subscriptions: [{ image: { repoURL: 'registry/app' } }] },
  });
  const steps = { promotionTemplate: { spec: { steps: [{ uses: 'compose-output', config: { a: 'b' } }] } } };
  for (const [name, sources] of [
    ['test', { direct: true }],
    ['uat', { stages: ['test'] }],
    // Nothing waits for its turn here, so that plans can be carried out.
    ['planned', { direct: true }],
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
  for (const namespace of ['demo', 'kargo-system-resources']) await addDelivery(put, namespace);
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
  const preview = await harness.call('POST', '/projects/demo/stages/planned/promotions/preview', { freight: 'f1' });
  const words = { PROMOTION: promotion.metadata.name ?? '', PLAN: `{"plan":${preview.text}}` };
  return { ...harness, words };
}

type Put = <T extends KubeObject>(kind: Kind<T>, object: object) => Promise<T>;

/** Shows what promotions would do, of which none here touches anything outside. */
function previewer({ client, clock }: Harness): PromotionPreviewer {
  const outside = simulatedWorld({ clock });
  return promotionPreviewer({
    registry: stepRegistry(),
    rehearsals: outside.rehearsals,
    workspaces: outside.workspaces,
    expressions: (recording) => stepExpressions({ client: recording }),
    ports: {
      ...outside,
      clock,
      random: seededRandom(3),
      client,
      credentials: { find: () => Promise.resolve(undefined) },
      gitIdentity: { name: 'Kargo', email: 'no-reply@kargo.io' },
      argoCDNamespace: 'argocd',
    },
  });
}

/** What the receiver `hook` got, with its Secret. */
async function addDelivery(put: Put, namespace: string): Promise<void> {
  await put(Secret, { metadata: { name: 'hook', namespace }, data: { secret: base64(SECRET) } });
  await put(WebhookDelivery, {
    metadata: { name: 'hook.1', namespace, labels: { 'kargo.akuity.io/receiver': 'hook' } },
    spec: {
      receiver: 'hook',
      type: 'github',
      receivedAt: '2026-01-01T00:00:00Z',
      headers: { 'x-github-event': 'ping' },
      body: '{}',
      bodySize: 2,
    },
    outcome: { at: '2026-01-01T00:00:00Z', code: 200, message: 'ping event received', targets: [] },
  });
}

async function addRole(
  put: Put,
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
