/** Applications in another cluster: a second embedded API, reached over HTTP with a kubeconfig. Nothing is imitated there. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  allKinds,
  Application,
  AppProject,
  ConfigMap,
  CustomResourceDefinition,
  Deployment,
  Namespace,
  Secret,
  Service,
  type Kind,
  type KubeObject,
  type Workload,
} from '@kargo/api';
import { openApiServer, SYSTEM_ADMIN, type ApiServer } from '@kargo/apiserver';
import type { ConnectCluster } from '@kargo/controllers';
import { httpClient, kubeconfigAccess, KindDiscovery, seededRandom, systemClock, type Client } from '@kargo/kube';
import { interceptClient } from '@kargo/kube/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentWorld, deployment, gadgets, job, manifest, service } from './agent-world.ts';

const TOKEN = 'let-me-deploy';
let api: ApiServer;
let http: Server;
let url: string;
let remote: Client;
let world: AgentWorld;
/** Requests that changed something, `METHOD path`. */
let writes: string[] = [];
/** Paths of all requests. */
let asked: string[] = [];
/** Deletions, `Kind name policy`. */
let deletions: string[] = [];
let answering = true;
/** How many watches are open, by path. */
const watches = new Map<string, number>();

const connect: ConnectCluster = async (text, origin) => {
  const { baseURL, fetch, close } = await kubeconfigAccess({ text, origin, clock: systemClock });
  const discovery = new KindDiscovery({ baseURL, fetch, clock: systemClock });
  const client = httpClient({ baseURL, fetch, clock: systemClock });
  const recording: Client = {
    ...interceptClient(client, {}),
    delete: (kind, key, options) => {
      deletions.push(`${kind.kind} ${key.name} ${options?.propagationPolicy}`);
      return client.delete(kind, key, options);
    },
  };
  return { client: recording, discovery, server: baseURL, close };
};

beforeAll(async () => {
  http = createServer((request, response) => {
    if (!answering) return void request.socket.destroy();
    if (request.method !== 'GET' && request.url?.includes('dryRun') !== true)
      writes.push(`${request.method} ${request.url?.split('?')[0]}`);
    const path = request.url?.split('?')[0] ?? '';
    asked.push(path);
    if (request.url?.includes('watch=') === true) {
      watches.set(path, (watches.get(path) ?? 0) + 1);
      response.once('close', () => watches.set(path, (watches.get(path) ?? 1) - 1));
    }
    api.handler(request, response);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});
afterAll(() => http.close());

beforeEach(async () => {
  api = openApiServer({
    path: ':memory:',
    kinds: allKinds,
    clock: systemClock,
    random: seededRandom(1),
    authenticate: ({ headers }) => (headers.authorization === `Bearer ${TOKEN}` ? SYSTEM_ADMIN : undefined),
  });
  remote = api.client();
  await remote.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'web' } });
  writes = [];
  asked = [];
  deletions = [];
  watches.clear();
  answering = true;
  world = new AgentWorld({ connect });
});
afterEach(async () => {
  await world.close();
  http.closeAllConnections();
  await api.close();
});

const kubeconfig = (user: object = { token: TOKEN }): string =>
  JSON.stringify({
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: url } }],
    users: [{ name: 'u', user }],
  });

async function register(data: Record<string, string>): Promise<void> {
  await world.client.create(Secret, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'argocd', name: 'prod', labels: { 'argocd.argoproj.io/secret-type': 'cluster' } },
    stringData: data,
  });
}

const prod = { destination: { name: 'prod', namespace: 'web' } };
const status = async (): Promise<string> => {
  const { sync, health } = (await world.app()).status ?? {};
  return `${sync?.status} ${health?.status}`;
};
/** What is told of a condition of the Application. */
const condition = async (type: string): Promise<string | undefined> =>
  (await world.app()).status?.conditions?.find((each) => each.type === type)?.message;
const names = async (kind: Kind<Workload>): Promise<string[]> =>
  (await remote.list(kind, { namespace: 'web' })).items.map(({ metadata }) => metadata.name ?? '');

/** What a Deployment's own controller would say. */
async function rollOut(name: string, available: number): Promise<void> {
  const live = await remote.get(Deployment, { namespace: 'web', name });
  const replicas = Number(live.spec?.['replicas']);
  await remote.updateStatus(Deployment, {
    ...live,
    status: {
      observedGeneration: live.metadata.generation,
      replicas,
      updatedReplicas: replicas,
      readyReplicas: available,
      availableReplicas: available,
    },
  });
}

describe('an Application in a registered cluster', () => {
  it.each([
    ['a kubeconfig', () => ({ kubeconfig: kubeconfig() })],
    ["Argo CD's own form", () => ({ name: 'prod', server: url, config: JSON.stringify({ bearerToken: TOKEN }) })],
  ])('given by %s is really applied, and as healthy as what is there', async (_, data) => {
    await world.start(deployment('app', {}, 2), service('app'));
    await register({ name: 'prod', ...data() });
    await world.create(prod);
    await world.until(async () => (await status()) === 'OutOfSync Missing');
    await world.sync();
    await world.until(async () => (await world.operation()) === 'Succeeded: successfully synced (all tasks run)');
    await world.until(async () => (await status()) === 'Synced Progressing');
    expect(await remote.get(Deployment, { namespace: 'web', name: 'app' })).toMatchObject({
      spec: { replicas: 2 },
      metadata: { annotations: { 'argocd.argoproj.io/tracking-id': 'web:apps/Deployment:web/app' } },
    });
    // Nobody imitates it: it stays as it is until its cluster says otherwise, which is noticed by itself.
    await rollOut('app', 2);
    await world.until(async () => (await status()) === 'Synced Healthy');
    expect(await condition('SimulatedDestinationWarning')).toBeUndefined();
    expect((await world.app()).status?.summary?.images).toEqual(['app:1']);
    expect((await world.client.list(Deployment)).items).toEqual([]);
  });

  it('is out of sync when somebody changes an object, healed by its policy, and pruned', async () => {
    await world.start(deployment('app'), service('old'));
    await register({ name: 'prod', kubeconfig: kubeconfig() });
    await world.create({ ...prod, syncPolicy: { automated: { prune: true, selfHeal: true } } });
    await world.until(async () => (await names(Deployment)).includes('app'));
    await world.until(async () => (await status()).startsWith('Synced'));
    const key = { namespace: 'web', name: 'app' };
    await remote.patch(Deployment, key, { type: 'merge', body: { spec: { replicas: 7 } } }, { fieldManager: 'somebody' });
    await world.until(async () => (await remote.get(Deployment, key)).spec?.['replicas'] === 1);
    world.push(deployment('app'));
    await world.patchRefresh('1');
    await world.until(async () => (await names(Service)).length === 0);
    await world.until(async () => (await status()).startsWith('Synced'));
    // What the cluster adds by itself is no difference, and nothing is written without one.
    writes = [];
    await world.patchRefresh('2');
    await world.until(async () => (await world.app()).metadata.annotations?.['argocd.argoproj.io/refresh'] === undefined);
    expect(writes).toEqual([]);
  });

  it('takes over what lies there already, and leaves fields alone that others own', async () => {
    const found = {
      ...service('app'),
      spec: { type: 'ClusterIP', externalName: 'theirs' },
      metadata: { namespace: 'web', name: 'app', labels: { theirs: 'yes' } },
    };
    await remote.create(Service, found as Workload, { fieldManager: 'somebody' });
    await world.start({ ...service('app'), spec: { type: 'NodePort' } } as KubeObject);
    await register({ name: 'prod', kubeconfig: kubeconfig() });
    await world.create(prod);
    await world.until(async () => (await status()).startsWith('OutOfSync'));
    await world.sync();
    await world.until(async () => (await status()) === 'Synced Healthy');
    const live = await remote.get(Service, { namespace: 'web', name: 'app' });
    expect([live.metadata.labels, live.spec]).toEqual([{ theirs: 'yes' }, { type: 'NodePort', externalName: 'theirs' }]);
  });

  it('makes its namespace where it is asked to, with the metadata it is given, and nowhere else', async () => {
    await world.start(service('app'));
    await register({ name: 'prod', kubeconfig: kubeconfig() });
    const destination = { name: 'prod', namespace: 'new' };
    await world.create({ destination });
    await world.sync();
    await world.until(async () => (await world.operation()).startsWith('Failed'));
    expect(await world.operation()).toContain('namespaces "new" not found');
    await world.patch({
      spec: { syncPolicy: { syncOptions: ['CreateNamespace=true'], managedNamespaceMetadata: { labels: { team: 'a' } } } },
    });
    await world.sync();
    await world.until(async () => (await world.operation()).startsWith('Succeeded'));
    expect((await remote.get(Namespace, { name: 'new' })).metadata.labels).toMatchObject({ team: 'a' });
  });

  it('runs hooks as the Jobs that they are, and waits for them', async () => {
    await world.start(job('migrate', { 'argocd.argoproj.io/hook': 'PreSync' }), service('app'));
    await register({ name: 'prod', kubeconfig: kubeconfig() });
    await world.create(prod);
    await world.sync();
    await world.until(async () => (await world.operation()) === 'Running: waiting for completion of hook batch/Job/migrate');
    expect(await names(Service)).toEqual([]);
    const Job = allKinds.find(({ kind }) => kind === 'Job') as Kind<Workload>;
    const live = await remote.get(Job, { namespace: 'web', name: 'migrate' });
    await remote.updateStatus(Job, { ...live, status: { conditions: [{ type: 'Complete', status: 'True' }] } });
    await world.until(async () => (await world.operation()).startsWith('Succeeded'));
    expect(await names(Service)).toEqual(['app']);
  });

  it('brings kinds along that the cluster does not know yet', async () => {
    await world.start(
      gadgets('example.com'),
      manifest('example.com/v1', 'Gadget', 'g', { 'argocd.argoproj.io/sync-wave': '1' }, { spec: { size: 3 } }),
    );
    await register({ name: 'prod', kubeconfig: kubeconfig() });
    await world.create(prod);
    await world.sync({ sync: {}, retry: { limit: 3, backoff: { duration: '1s', factor: 1 } } });
    await world.until(async () => (await world.operation()).startsWith('Succeeded'), { step: 500 });
    expect((await remote.list(CustomResourceDefinition)).items).toHaveLength(1);
    const answer = await fetch(`${url}/apis/example.com/v1/namespaces/web/gadgets/g`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(await answer.json()).toMatchObject({ spec: { size: 3 } });
  });

  it('is refused as a whole by a dry run, and replaced or forced where it asks for that', async () => {
    await world.start(manifest('v1', 'ConfigMap', 'bad', {}, { data: { a: 1 } }), service('app'));
    await register({ name: 'prod', kubeconfig: kubeconfig() });
    await world.create(prod);
    await world.sync();
    await world.until(async () => (await world.operation()).startsWith('Failed'));
    expect(await names(Service)).toEqual([]);
    await remote.create(ConfigMap, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'web', name: 'settings' },
      data: { theirs: 'x' },
    });
    world.push(
      manifest('v1', 'ConfigMap', 'settings', { 'argocd.argoproj.io/sync-options': 'Replace=true' }, { data: { ours: 'y' } }),
    );
    await world.sync();
    await world.until(async () => (await world.operation()).startsWith('Succeeded'));
    expect((await remote.get(ConfigMap, { namespace: 'web', name: 'settings' })).data).toEqual({ ours: 'y' });
  });

  const immutable = (value: string, options = ''): KubeObject =>
    manifest('v1', 'ConfigMap', 'fixed', options === '' ? {} : { 'argocd.argoproj.io/sync-options': options }, {
      immutable: true,
      data: { value },
    });
  const fixed = (): Promise<ConfigMap> => remote.get(ConfigMap, { namespace: 'web', name: 'fixed' });

  it.each<{ name: string; options?: string; spec?: object; operation?: object; made: boolean }>([
    { name: 'without Force=true', made: false },
    { name: 'with Force=true on the object', options: 'Force=true', made: true },
    { name: 'with Force=true on the Application', spec: { syncPolicy: { syncOptions: ['Force=true'] } }, made: true },
    { name: 'with force of the operation', operation: { sync: { syncStrategy: { apply: { force: true } } } }, made: true },
  ])(
    'whose object cannot be changed: it is made anew only where that is asked for, $name',
    async ({ options, spec, operation, made }) => {
      await world.start(immutable('1', options));
      await register({ name: 'prod', kubeconfig: kubeconfig() });
      await world.create({ ...prod, ...spec });
      await world.sync(operation);
      await world.until(async () => (await world.operation()).startsWith('Succeeded'));
      const { uid } = (await fixed()).metadata;
      world.push(immutable('2', options));
      await world.sync(operation ?? { sync: {} });
      // A dry run refuses it as it would be refused; it is what Force is for that this does not end the sync.
      await world.until(
        async () => !(await world.operation()).startsWith('Running') && (await world.app()).operation === undefined,
      );
      const now = await fixed();
      expect([now.data?.['value'], now.metadata.uid !== uid]).toEqual(made ? ['2', true] : ['1', false]);
      if (!made) expect(await world.operation()).toMatch(/^Failed: .*immutable/);
    },
  );

  it.each([
    ['its own', true],
    ["nobody's", false],
  ])('waits with making %s object anew until the old one is gone, however slowly it goes', async (_whose, isOwn) => {
    await world.start(immutable(isOwn ? '1' : '2', 'Force=true'));
    await register({ name: 'prod', kubeconfig: kubeconfig() });
    if (!isOwn)
      await remote.create(ConfigMap, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { namespace: 'web', name: 'fixed' },
        immutable: true,
        data: { value: '1' },
      });
    await world.create(prod);
    if (isOwn) {
      await world.sync();
      await world.until(async () => (await world.operation()).startsWith('Succeeded'));
      world.push(immutable('2', 'Force=true'));
    }
    const { uid } = (await fixed()).metadata;
    const key = { namespace: 'web', name: 'fixed' };
    const hold = (finalizers: string[] | null) =>
      remote.patch(ConfigMap, key, { type: 'merge', body: { metadata: { finalizers } } });
    await hold(['example.com/slow']);
    await world.sync();
    await world.until(async () => (await world.operation()) === 'Running: waiting for deletion of /ConfigMap/fixed');
    await world.clock.advanceBy(20_000);
    expect(await world.operation()).toBe('Running: waiting for deletion of /ConfigMap/fixed');
    expect((await fixed()).metadata.uid).toBe(uid);
    await hold(null);
    await world.until(async () => (await world.operation()).startsWith('Succeeded'), { step: 500 });
    expect((await fixed()).metadata.uid).not.toBe(uid);
    expect((await fixed()).data).toEqual({ value: '2' });
    expect(world.defects()).toEqual([]);
  });

  it('makes anew what somebody replaced while the sync went on, however slowly that goes', async () => {
    await world.start(immutable('1', 'Force=true'), deployment('app'), service('last', { 'argocd.argoproj.io/sync-wave': '1' }));
    await register({ name: 'prod', kubeconfig: kubeconfig() });
    await world.create(prod);
    await world.sync();
    await world.until(async () => (await world.operation()).includes('waiting for healthy state of apps/Deployment/app'));
    const { uid, annotations } = (await fixed()).metadata;
    const key = { namespace: 'web', name: 'fixed' };
    await remote.delete(ConfigMap, key);
    const finalizers = ['example.com/slow'];
    await remote.create(ConfigMap, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'web', name: 'fixed', annotations, finalizers },
      immutable: true,
      data: { value: 'theirs' },
    });
    await world.until(async () => (await world.operation()).includes('waiting for deletion of /ConfigMap/fixed'));
    await remote.patch(ConfigMap, key, { type: 'merge', body: { metadata: { finalizers: null } } });
    await world.until(async () => (await world.operation()).includes('waiting for healthy state of apps/Deployment/app'));
    expect((await fixed()).data).toEqual({ value: '1' });
    expect((await fixed()).metadata.uid).not.toBe(uid);
    await rollOut('app', 1);
    await world.until(async () => (await world.operation()).startsWith('Succeeded'));
  });

  it('makes anew with every sync what is to be replaced by force, but not what ApplyOutOfSyncOnly=true leaves out', async () => {
    await world.start(immutable('1', 'Force=true,Replace=true'));
    await register({ name: 'prod', kubeconfig: kubeconfig() });
    await world.create(prod);
    const uids: (string | undefined)[] = [];
    for (const operation of [{ sync: {} }, { sync: {} }, { sync: { syncOptions: ['ApplyOutOfSyncOnly=true'] } }]) {
      await world.clock.advanceBy(2_000);
      const before = (await world.app()).status?.operationState?.startedAt;
      await world.sync(operation);
      await world.until(async () => {
        const { operationState } = (await world.app()).status ?? {};
        return operationState?.phase === 'Succeeded' && operationState.startedAt !== before;
      });
      uids.push((await fixed()).metadata.uid);
    }
    expect(uids[1]).not.toBe(uids[0]);
    expect(uids[2]).toBe(uids[1]);
  });

  it.each([
    [[], 'Foreground', []],
    [['PrunePropagationPolicy=foreground'], 'Foreground', []],
    [['PrunePropagationPolicy=background'], 'Background', []],
    [['PrunePropagationPolicy=orphan'], 'Orphan', ['child']],
  ])('prunes with the options %j by %s deletion', async (syncOptions, policy, left) => {
    await world.start(manifest('v1', 'ConfigMap', 'parent', {}, { data: { a: 'b' } }));
    await register({ name: 'prod', kubeconfig: kubeconfig() });
    await world.create({ ...prod, syncPolicy: { syncOptions } });
    await world.sync();
    await world.until(async () => (await world.operation()).startsWith('Succeeded'));
    const { uid = '' } = (await remote.get(ConfigMap, { namespace: 'web', name: 'parent' })).metadata;
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'parent', uid, blockOwnerDeletion: true }];
    const metadata = { namespace: 'web', name: 'child', ownerReferences };
    await remote.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata });
    world.push();
    await world.sync({ sync: { prune: true } });
    await world.until(async () => !(await names(ConfigMap)).includes('parent'));
    expect(deletions).toEqual([`ConfigMap parent ${policy}`]);
    await world.until(async () => (await names(ConfigMap)).join() === left.join());
  });

  it('fails whole where an object belongs to another Application and FailOnSharedResource=true is set', async () => {
    await world.start(service('mine'), service('shared'));
    await register({ name: 'prod', kubeconfig: kubeconfig() });
    const tracking = { 'argocd.argoproj.io/tracking-id': 'other:/Service:web/shared' };
    const theirs = service('shared', tracking);
    await remote.create(Service, { ...theirs, metadata: { ...theirs.metadata, namespace: 'web' } } as Workload);
    await world.create({ ...prod, syncPolicy: { syncOptions: ['FailOnSharedResource=true'] } });
    await world.sync();
    await world.until(async () => (await world.operation()).startsWith('Failed'));
    expect(await world.operation()).toBe('Failed: Shared resource found: /Service:web/shared is part of other too');
    expect(await names(Service)).toEqual(['shared']);
    expect(await condition('SharedResourceWarning')).toContain('part of applications web and other');
    await world.patch({ spec: { syncPolicy: { syncOptions: [] } } });
    await world.sync();
    await world.until(async () => (await world.operation()).startsWith('Succeeded'));
    expect(await names(Service)).toEqual(['mine', 'shared']);
  });

  it('with an object of a kind that somebody else has yet to define: SkipDryRunOnMissingResource=true lets the rest go on', async () => {
    const gadget = manifest(
      'late.example.com/v1',
      'Gadget',
      'g',
      { 'argocd.argoproj.io/sync-options': 'SkipDryRunOnMissingResource=true', 'argocd.argoproj.io/sync-wave': '1' },
      { spec: { size: 3 } },
    );
    await world.start(service('app'), gadget);
    await register({ name: 'prod', kubeconfig: kubeconfig() });
    await world.create(prod);
    await world.until(async () => (await status()) === 'OutOfSync Missing');
    await world.sync();
    await world.until(async () => (await world.operation()).startsWith('Failed'));
    expect(await world.operation()).toContain('does not serve Gadget (late.example.com/v1)');
    expect(await names(Service)).toEqual(['app']);
    await remote.create(CustomResourceDefinition, gadgets('late.example.com') as never);
    await world.sync();
    await world.until(async () => (await world.operation()).startsWith('Succeeded'), { step: 1000 });
    world.push(service('app'), manifest('late.example.com/v1', 'Missing', 'm'));
    await world.patchRefresh(new Date(world.clock.now()).toISOString());
    await world.until(async () => ((await condition('ComparisonError')) ?? '') !== '');
    expect(await condition('ComparisonError')).toMatch(
      /does not serve late.example.com\/v1, Kind=Missing; .*SkipDryRunOnMissingResource/,
    );
  });

  it('with fields that its kind does not know is refused, unless Validate=false is set; ServerSideApply=true changes nothing', async () => {
    await remote.create(CustomResourceDefinition, gadgets('example.com') as never);
    await world.start(service('app'), manifest('example.com/v1', 'Gadget', 'g', {}, { spec: { colour: 'red' } }));
    await register({ name: 'prod', kubeconfig: kubeconfig() });
    await world.create({ ...prod, syncPolicy: { syncOptions: ['ServerSideApply=true'] } });
    await world.sync();
    await world.until(async () => (await world.operation()).startsWith('Failed'));
    expect(await world.operation()).toContain('colour');
    await world.sync({ sync: { syncOptions: ['ServerSideApply=true', 'Validate=false'] } });
    await world.until(async () => (await world.operation()).startsWith('Succeeded'));
    expect(await names(Service)).toEqual(['app']);
  });

  it('never has the cluster asked for what its project forbids, though it was there once', async () => {
    await world.start(service('app'), manifest('v1', 'Secret', 'admin', {}, { stringData: { a: 'b' } }));
    await register({ name: 'prod', kubeconfig: kubeconfig() });
    await remote.create(Secret, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: 'web', name: 'admin' },
      stringData: { a: 'theirs' },
    });
    await world.client.create(AppProject, {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AppProject',
      metadata: { namespace: 'argocd', name: 'shop' },
      spec: {
        sourceRepos: ['*'],
        destinations: [{ server: '*', namespace: '*' }],
        namespaceResourceBlacklist: [{ group: '', kind: 'Secret' }],
      },
    });
    await world.create({ ...prod, project: 'shop' });
    await world.until(async () => (await status()).startsWith('OutOfSync'));
    const resources = [{ version: 'v1', kind: 'Secret', namespace: 'web', name: 'admin', status: 'OutOfSync' }];
    await world.patch({ status: { resources } });
    await world.sync();
    await world.until(async () => (await world.operation()).startsWith('Failed'));
    expect(await world.operation()).toContain('/Secret:web/admin: resource :Secret is not permitted in project shop');
    expect(asked.filter((path) => path.includes('services'))).not.toEqual([]);
    expect(asked.filter((path) => path.includes('secrets'))).toEqual([]);
    const found = (await world.app()).status?.resources?.map(({ kind, status: synced }) => `${kind} ${synced}`);
    expect(found).toEqual(['Service OutOfSync', 'Secret OutOfSync']);
    expect(await names(Service)).toEqual([]);
  });

  it('takes its objects along when it is deleted with the finalizer, and the finalizer goes last', async () => {
    await world.start(
      deployment('app'),
      service('app', { 'argocd.argoproj.io/sync-wave': '1' }),
      service('kept', { 'argocd.argoproj.io/sync-options': 'Delete=false' }),
    );
    await register({ name: 'prod', kubeconfig: kubeconfig() });
    await world.create({ ...prod, syncPolicy: { automated: {} } });
    await world.until(async () => (await names(Deployment)).length === 1);
    await rollOut('app', 1);
    await world.until(async () => (await status()).startsWith('Synced'));
    await world.patch({ metadata: { finalizers: ['resources-finalizer.argocd.argoproj.io/background'] } });
    await world.client.delete(Application, { namespace: 'argocd', name: 'web' });
    await world.until(async () => (await world.client.list(Application)).items.length === 0, { step: 1000 });
    expect([await names(Deployment), await names(Service)]).toEqual([[], ['kept']]);
  });
});

it('in-cluster is really deployed to where the API is that of a real cluster, and nothing is imitated', async () => {
  const { client, discovery } = await connect(kubeconfig(), 'the kubeconfig of the cluster itself');
  await world.close();
  world = new AgentWorld({ inCluster: { client, discovery } });
  await world.start(deployment('app'));
  await world.create({ destination: { name: 'in-cluster', namespace: 'web' }, syncPolicy: { automated: {} } });
  await world.until(async () => (await status()) === 'Synced Progressing');
  await rollOut('app', 1);
  await world.until(async () => (await status()) === 'Synced Healthy');
  expect(await condition('SimulatedDestinationWarning')).toBeUndefined();
});

describe('a cluster', () => {
  it('that cannot be reached is told in a condition, with what was there before, and found again by itself', async () => {
    await world.start(service('app'));
    await register({ name: 'prod', kubeconfig: kubeconfig() });
    await world.create({ ...prod, syncPolicy: { automated: {} } });
    await world.until(async () => (await status()) === 'Synced Healthy');
    answering = false;
    http.closeAllConnections();
    world.push(service('app'), service('more'));
    await world.patchRefresh('1');
    await world.until(async () => (await world.operation()).includes('the cluster prod'));
    expect(await world.operation()).toMatch(/^Running: the cluster prod \(http.*\) does not answer: .*cannot be reached/);
    await world.patch({ operation: null, status: { operationState: { phase: 'Succeeded' } } });
    await world.clock.advanceBy(60_000);
    await world.patchRefresh('2');
    await world.until(async () => (await condition('ComparisonError')) !== undefined);
    expect(await condition('ComparisonError')).toContain('Failed to load live state of the cluster prod');
    expect((await world.app()).status?.resources).toHaveLength(2);
    answering = true;
    await world.patch({ operation: { sync: {} } });
    await world.until(async () => (await names(Service)).length === 2, { step: 1000 });
    await world.until(async () => (await status()) === 'Synced Healthy', { step: 1000 });
  });

  it.each<[string, Record<string, string>, string]>([
    ['whose kubeconfig is none', { kubeconfig: 'x' }, 'is not a kubeconfig'],
    ['whose kubeconfig is not YAML', { kubeconfig: `users:\n- user: { token: ${TOKEN}\n  }: "` }, 'is not YAML: see line '],
    [
      'that is another, with a password in its address,',
      { name: 'staging', server: `https://admin:${TOKEN}@10.0.0.1`, config: '{}' },
      'staging (https://*****@10.0.0.1)',
    ],
    ['whose kubeconfig names files of this machine', { kubeconfig: '' }, 'tokenFile names something of the machine'],
    ['whose kubeconfig runs a program', { kubeconfig: 'exec' }, 'exec names something of the machine'],
    ['whose config is not JSON', { server: 'https://x', config: '{' }, 'is not JSON'],
    ['whose config wants a program', { server: 'https://x', config: '{"execProviderConfig":{}}' }, 'wants a program to be run'],
    ['that belongs to another project', { project: 'other', kubeconfig: 'ok' }, 'is for the project other alone'],
  ])('%s is refused with what is wrong, and no secret is told', async (_, data, message) => {
    await world.start(service('app'));
    const given: Record<string, string> = {
      '': kubeconfig({ tokenFile: '/etc/passwd' }),
      exec: kubeconfig({ exec: { apiVersion: 'x', command: 'sh' } }),
      ok: kubeconfig(),
    };
    const { kubeconfig: text, ...others } = data;
    await register({ name: 'prod', ...others, ...(text === undefined ? {} : { kubeconfig: given[text] ?? text }) });
    await world.create(prod);
    await world.until(async () => (await condition('InvalidSpecError')) !== undefined);
    expect(await condition('InvalidSpecError')).toContain(message);
    expect(await condition('InvalidSpecError')).not.toContain(TOKEN);
  });

  it('is left when it is registered no more, and each kind is followed once until then', async () => {
    await world.start(service('app'));
    await world.create(prod);
    await world.client.create(Application, {
      ...(await world.app()),
      metadata: { namespace: 'argocd', name: 'other' },
      spec: { ...(await world.app()).spec, destination: { name: 'prod', namespace: 'other' } },
    });
    await world.clock.advanceBy(1000);
    // Both begin at once.
    await register({ name: 'prod', kubeconfig: kubeconfig() });
    await world.until(async () => (await status()) === 'OutOfSync Missing');
    await world.until(() => Promise.resolve(watches.size === 1));
    expect([...watches.values()]).toEqual([1]);
    await world.client.delete(Secret, { namespace: 'argocd', name: 'prod' });
    await world.until(async () => (await condition('InvalidSpecError')) !== undefined);
    await world.until(() => Promise.resolve([...watches.values()].every((open) => open === 0)));
    expect([...watches.values()]).toEqual([0]);
  });

  it('that is registered later, or with other credentials, is used from then on', async () => {
    await world.start(service('app'));
    await world.create({ ...prod, syncPolicy: { automated: {} } });
    await world.until(async () => (await condition('InvalidSpecError'))?.includes('there is no destination prod') === true);
    await register({ name: 'prod', kubeconfig: kubeconfig({ token: 'wrong' }) });
    await world.until(async () => (await condition('ComparisonError'))?.includes('Failed to load') === true);
    const text = Buffer.from(kubeconfig()).toString('base64');
    await world.client.patch(
      Secret,
      { namespace: 'argocd', name: 'prod' },
      { type: 'merge', body: { data: { kubeconfig: text } } },
    );
    await world.until(async () => (await status()) === 'Synced Healthy', { step: 1000 });
  });
});
