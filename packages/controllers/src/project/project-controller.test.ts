import {
  allKinds,
  annotations,
  apiVersionOf,
  ClusterRole,
  ClusterRoleBinding,
  conditionViolations,
  type Condition,
  isReason,
  type Kind,
  type KubeObject,
  Namespace,
  Project,
  Role,
  RoleBinding,
  ServiceAccount,
  Stage,
  Warehouse,
} from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { type Client, Manager, seededRandom, silentLog, VirtualClock } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultRoleRules } from './default-roles.ts';
import { projectNamespaceController } from './namespace-controller.ts';
import { projectController } from './project-controller.ts';

let client: Client;
let manager: Manager;
let clock: VirtualClock;
let close: () => Promise<void>;

beforeEach(async () => {
  clock = new VirtualClock('2026-01-01T10:00:00Z');
  const random = seededRandom(1);
  const api = openApiServer({ path: ':memory:', kinds: allKinds, clock, random });
  client = api.client();
  manager = new Manager({ client, clock, random, log: silentLog });
  manager.add(projectController({ client, cache: manager.cache, clock }));
  manager.add(projectNamespaceController({ client }));
  await manager.start();
  close = async () => {
    await manager.stop();
    await api.close();
  };
});
afterEach(() => close());

function object<T extends KubeObject>(kind: Kind<T>, metadata: T['metadata'], fields: object = {}): T {
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata, ...fields } as T;
}

async function create<T extends KubeObject>(kind: Kind<T>, metadata: T['metadata'], fields: object = {}): Promise<T> {
  const created = await client.create(kind, object(kind, metadata, fields));
  await manager.idle();
  return created;
}

async function exists<T extends KubeObject>(kind: Kind<T>, name: string, namespace?: string): Promise<boolean> {
  try {
    await client.get(kind, { name, namespace });
    return true;
  } catch (error) {
    if (isReason(error, 'NotFound')) return false;
    throw error;
  }
}

async function project(): Promise<Project> {
  const found = await client.get(Project, { name: 'shop' });
  expect(conditionViolations(found)).toEqual([]);
  expect(manager.defects()).toEqual([]);
  return found;
}

const condition = ({ status }: Project, type: string): Condition | undefined =>
  status?.conditions?.find((each) => each.type === type);
const labelled = { labels: { 'kargo.akuity.io/project': 'true' } };

describe('a Project', () => {
  it('gets its namespace, the permissions of components, and roles for people', async () => {
    await create(ServiceAccount, {
      name: 'kargo-controller',
      namespace: 'default',
      labels: { 'app.kubernetes.io/component': 'controller' },
    });
    await create(Project, { name: 'shop' });
    expect(condition(await project(), 'Ready')).toMatchObject({ status: 'True', reason: 'Synced' });
    const { metadata } = await client.get(Namespace, { name: 'shop' });
    expect(metadata).toMatchObject({ ...labelled, finalizers: ['kargo.akuity.io/finalizer'] });
    const names = async <T extends KubeObject>(kind: Kind<T>) =>
      (await client.list(kind, { namespace: 'shop' })).items.map((each) => each.metadata.name);
    expect(await names(RoleBinding)).toEqual([
      'kargo-admin',
      'kargo-controller-replicate',
      'kargo-project-admin',
      'kargo-project-secrets-reader',
      'kargo-promoter',
      'kargo-viewer',
    ]);
    expect(await names(Role)).toEqual(['kargo-admin', 'kargo-promoter', 'kargo-viewer']);
    const owner = await client.get(ClusterRole, { name: 'kargo-project-admin-shop' });
    expect(owner.rules).toEqual([
      { apiGroups: ['kargo.akuity.io'], resources: ['projects'], resourceNames: ['shop'], verbs: ['delete', 'update'] },
    ]);
    expect((await client.get(ClusterRoleBinding, { name: 'kargo-project-admin-shop' })).subjects).toEqual([
      { kind: 'ServiceAccount', name: 'kargo-admin', namespace: 'shop' },
    ]);
  });

  it.each([
    ['email:kim@acme.io', '{"email":["kim@acme.io"]}'],
    ['kubernetes:kim', undefined],
    ['admin', undefined],
  ])('created by %s gives its roles to its creator, if that is somebody', async (actor, claims) => {
    await create(Project, { name: 'shop', annotations: { [annotations.createActor]: actor } });
    for (const name of ['kargo-admin', 'kargo-viewer', 'kargo-promoter']) {
      const { metadata } = await client.get(ServiceAccount, { name, namespace: 'shop' });
      expect(metadata.annotations?.[annotations.rbacClaims]).toBe(claims);
    }
  });

  it('has roles set right that others changed, and ServiceAccounts left alone', async () => {
    await create(Project, { name: 'shop' });
    const key = { namespace: 'shop', name: 'kargo-viewer' };
    await client.patch(Role, key, { type: 'merge', body: { rules: [] } });
    await client.patch(ServiceAccount, key, {
      type: 'merge',
      body: { metadata: { annotations: { [annotations.rbacClaims]: '{"email":["a"]}' } } },
    });
    await clock.advanceBy(5 * 60_000);
    await manager.idle();
    expect((await client.get(Role, key)).rules).toEqual(defaultRoleRules('kargo-viewer'));
    expect((await client.get(ServiceAccount, key)).metadata.annotations?.[annotations.rbacClaims]).toBe('{"email":["a"]}');
  });

  it('adopts a namespace that is meant for it', async () => {
    await create(Namespace, { name: 'shop', ...labelled });
    await create(Project, { name: 'shop' });
    expect((await client.get(Namespace, { name: 'shop' })).metadata.finalizers).toEqual(['kargo.akuity.io/finalizer']);
    expect(condition(await project(), 'Ready')?.status).toBe('True');
  });

  it('does not take another’s namespace, says so, and goes on as soon as it may', async () => {
    await create(Namespace, { name: 'shop' });
    await create(Project, { name: 'shop' });
    const stuck = await project();
    expect(condition(stuck, 'Ready')).toMatchObject({ status: 'False', reason: 'EnsuringNamespaceFailed' });
    expect(condition(stuck, 'Stalled')).toMatchObject({ status: 'True', reason: 'ExistingNamespaceMissingLabel' });
    expect(manager.waitOf(Project, { name: 'shop' })?.reason).toBe('ExistingNamespaceMissingLabel');
    await client.patch(Namespace, { name: 'shop' }, { type: 'merge', body: { metadata: labelled } });
    await manager.idle();
    const free = await project();
    expect(condition(free, 'Ready')?.status).toBe('True');
    expect(condition(free, 'Stalled')).toBeUndefined();
  });

  it('counts its Warehouses and Stages, and how many are healthy', async () => {
    await create(Project, { name: 'shop' });
    const requestedFreight = [{ origin: { kind: 'Warehouse', name: 'w' }, sources: { direct: true } }];
    const promotionTemplate = { spec: { steps: [{ uses: 'git-clone' }] } };
    await create(Warehouse, { name: 'w', namespace: 'shop' }, { spec: { subscriptions: [{ image: { repoURL: 'x' } }] } });
    await create(Stage, { name: 'a', namespace: 'shop' }, { spec: { requestedFreight, promotionTemplate } });
    await create(Stage, { name: 'b', namespace: 'shop' }, { spec: { requestedFreight } });
    expect((await project()).status?.stats).toEqual({
      warehouses: { count: 1, health: { healthy: 0 } },
      stages: { count: 1, health: { healthy: 0 } },
    });
    const healthy = [
      { type: 'Healthy', status: 'True', reason: 'Healthy', message: '', lastTransitionTime: '2026-01-01T10:00:00Z' },
    ];
    await client.patch(
      Stage,
      { name: 'a', namespace: 'shop' },
      { type: 'merge', body: { status: { conditions: healthy } } },
      { subresource: 'status' },
    );
    await manager.idle();
    expect((await project()).status?.stats?.stages).toEqual({ count: 1, health: { healthy: 1 } });
  });

  it('writes its status only when something has changed', async () => {
    await create(Project, { name: 'shop' });
    const before = (await project()).metadata.resourceVersion;
    await clock.advanceBy(5 * 60_000);
    await manager.idle();
    expect((await project()).metadata.resourceVersion).toBe(before);
  });
});

describe('a Project that is deleted', () => {
  it('takes its namespace and permissions with it', async () => {
    await create(Project, { name: 'shop' });
    await client.delete(Project, { name: 'shop' });
    await manager.idle();
    expect(await exists(Project, 'shop')).toBe(false);
    expect(await exists(ClusterRole, 'kargo-project-admin-shop')).toBe(false);
    expect(await exists(ClusterRoleBinding, 'kargo-project-admin-shop')).toBe(false);
    const namespace = await client.get(Namespace, { name: 'shop' }).catch(() => undefined);
    expect(namespace === undefined || namespace.metadata.deletionTimestamp !== undefined).toBe(true);
    expect(namespace?.metadata.finalizers ?? []).not.toContain('kargo.akuity.io/finalizer');
  });

  it.each(['Project', 'Namespace'])('leaves the namespace if the %s asks for it', async (where) => {
    await create(Project, { name: 'shop' });
    const kind = where === 'Project' ? Project : Namespace;
    const keep = { metadata: { annotations: { [annotations.keepNamespace]: 'true' } } };
    await client.patch<KubeObject>(kind, { name: 'shop' }, { type: 'merge', body: keep });
    await client.delete(Project, { name: 'shop' });
    await manager.idle();
    expect(await exists(Project, 'shop')).toBe(false);
    const { metadata } = await client.get(Namespace, { name: 'shop' });
    expect([metadata.deletionTimestamp, metadata.finalizers]).toEqual([undefined, undefined]);
  });

  it('goes when its namespace is deleted', async () => {
    await create(Project, { name: 'shop' });
    await client.delete(Namespace, { name: 'shop' });
    await manager.idle();
    expect(await exists(Project, 'shop')).toBe(false);
  });
});
