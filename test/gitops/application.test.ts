/** The embedded GitOps agent over the embedded API on virtual time; what git holds is given by the test. */
import { allKinds, Application, Deployment, Namespace, type KubeObject } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { applicationController, DEFAULT_DELAYS, Destinations, trackingIndexes, workloadControllers } from '@kargo/controllers';
import { Manager, seededRandom, silentLog, VirtualClock, type Client } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gadgets } from './agent-world.ts';

const deployment = (image: string, annotations: Record<string, string> = {}): KubeObject =>
  ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', annotations },
    spec: { replicas: 2, template: { spec: { containers: [{ name: 'web', image }] } } },
  }) as KubeObject;

const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } } as KubeObject;

const clock = new VirtualClock('2026-01-02T03:04:05Z');
let client: Client;
let manager: Manager;
let close: () => Promise<void>;
let head: string;
let content: Record<string, KubeObject[]>;

beforeEach(async () => {
  const api = openApiServer({ path: ':memory:', kinds: allKinds, clock, random: seededRandom(1) });
  close = () => api.close();
  client = api.client();
  manager = new Manager({ client, clock, random: seededRandom(2), log: silentLog });
  for (const index of trackingIndexes) manager.addIndex(index);
  head = 'a'.repeat(40);
  content = { [head]: [deployment('nginx:1.26.0'), service] };
  const renderer = {
    resolve: () => Promise.resolve([head]),
    render: (_app: Application, [revision]: readonly string[]) => {
      const objects = content[revision ?? ''];
      return objects === undefined
        ? Promise.reject(new Error(`branch stage/test does not exist`))
        : Promise.resolve({ objects: structuredClone(objects), types: ['Directory' as const] });
    },
    differs: (_app: Application, from: readonly string[], to: readonly string[]) => Promise.resolve(from.join() !== to.join()),
  };
  const { cache } = manager;
  const argoCDNamespace = 'argocd';
  const destinations = new Destinations({
    client,
    cache,
    clock,
    random: seededRandom(3),
    log: silentLog,
    argoCDNamespace,
    signal: manager.stopping,
  });
  manager.add(applicationController({ client, cache, clock, renderer, destinations, argoCDNamespace }));
  for (const controller of workloadControllers({ client, clock, delays: DEFAULT_DELAYS })) manager.add(controller);
  await manager.start();
  await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } });
});

afterEach(async () => {
  await manager.stop();
  await close();
});

const key = { namespace: 'argocd', name: 'web' };
const app = (): Promise<Application> => client.get(Application, key);

async function create(spec: Partial<Application['spec']> = {}, annotations: Record<string, string> = {}): Promise<void> {
  await client.create(Application, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { ...key, annotations },
    spec: {
      project: 'default',
      source: { repoURL: 'http://git/repo.git', targetRevision: 'stage/test', path: '.' },
      destination: { server: 'https://kubernetes.default.svc', namespace: 'web-test' },
      ...spec,
    },
  });
  await clock.advanceBy(50);
}

const sync = async (): Promise<void> => {
  await client.patch(Application, key, {
    type: 'merge',
    body: { operation: { sync: {} }, metadata: { annotations: { 'argocd.argoproj.io/refresh': 'hard' } } },
  });
  await clock.advanceBy(50);
};

describe('an Application of the simulated destination', () => {
  it('is out of sync and missing before its first sync, and says that it is simulated', async () => {
    await create();
    const { status } = await app();
    expect(status).toMatchObject({
      sync: { status: 'OutOfSync', revision: head },
      health: { status: 'Missing' },
      conditions: [{ type: 'SimulatedDestinationWarning' }],
    });
  });

  it('syncs on request, becomes healthy when its workloads are rolled out, and records the revision', async () => {
    await create();
    await sync();
    expect((await app()).status).toMatchObject({
      operationState: { phase: 'Succeeded', syncResult: { revision: head } },
      sync: { status: 'Synced' },
      health: { status: 'Progressing' },
    });
    await clock.advanceBy(5_000);
    const healthy = await app();
    expect(healthy.status).toMatchObject({
      health: { status: 'Healthy' },
      sync: { status: 'Synced', revision: head },
      summary: { images: ['nginx:1.26.0'] },
      history: [{ id: 0, revision: head }],
    });
    expect(healthy.operation).toBeUndefined();
    expect(healthy.metadata.annotations?.['argocd.argoproj.io/refresh']).toBeUndefined();
    expect(healthy.status?.reconciledAt ?? '').toBeTruthy();
    expect((healthy.status?.reconciledAt ?? '') >= (healthy.status?.operationState?.finishedAt ?? 'z')).toBe(true);
    expect(await client.get(Deployment, { namespace: 'web-test', name: 'web' })).toMatchObject({
      spec: { replicas: 2 },
      status: { availableReplicas: 2 },
    });
    expect(manager.defects()).toEqual([]);
  });

  it('notices a newer revision when it is refreshed and deploys it with the next sync', async () => {
    await create();
    await sync();
    head = 'b'.repeat(40);
    content[head] = [deployment('nginx:1.27.0')];
    await client.patch(Application, key, {
      type: 'merge',
      body: { metadata: { annotations: { 'argocd.argoproj.io/refresh': 'normal' } } },
    });
    await clock.advanceBy(50);
    expect((await app()).status).toMatchObject({ sync: { status: 'OutOfSync', revision: head } });
    await sync();
    await clock.advanceBy(5_000);
    const { status } = await app();
    expect(status?.summary?.images).toEqual(['nginx:1.27.0']);
    // The Service is no longer desired, and nobody asked for pruning.
    expect(status?.resources).toEqual(
      expect.arrayContaining([expect.objectContaining({ kind: 'Service', requiresPruning: true })]),
    );
    expect(status?.sync?.status).toBe('OutOfSync');
  });

  it('syncs by itself where its policy says so, and prunes', async () => {
    await create({ syncPolicy: { automated: { prune: true } } });
    await clock.advanceBy(5_000);
    expect((await app()).status).toMatchObject({ sync: { status: 'Synced' }, health: { status: 'Healthy' } });
    head = 'b'.repeat(40);
    content[head] = [deployment('nginx:1.27.0')];
    await clock.advanceBy(130_000);
    expect((await app()).status).toMatchObject({ sync: { status: 'Synced', revision: head }, health: { status: 'Healthy' } });
  });

  it('shows a comparison error while git cannot be rendered, and recovers', async () => {
    delete content[head];
    await create();
    expect((await app()).status).toMatchObject({ sync: { status: 'Unknown' } });
    expect((await app()).status?.conditions).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'ComparisonError', message: expect.stringContaining('does not exist') as string }),
      ]),
    );
    content[head] = [deployment('nginx:1.26.0')];
    await sync();
    await clock.advanceBy(5_000);
    expect((await app()).status).toMatchObject({ sync: { status: 'Synced' }, health: { status: 'Healthy' } });
  });

  it('is degraded when a demo or test asks a workload to be', async () => {
    content[head] = [deployment('nginx:1.26.0', { 'simulate.kargo.akuity.io/health': 'Degraded' })];
    await create();
    await sync();
    await clock.advanceBy(5_000);
    expect((await app()).status?.health).toMatchObject({ status: 'Degraded', message: 'Caused by apps/Deployment:web-test/web' });
  });

  it('takes as long to roll out as a demo or test asks', async () => {
    content[head] = [deployment('nginx:1.26.0', { 'simulate.kargo.akuity.io/after': '30s' })];
    await create();
    await sync();
    await clock.advanceBy(29_000);
    expect((await app()).status?.health?.status).toBe('Progressing');
    await clock.advanceBy(2_000);
    expect((await app()).status?.health?.status).toBe('Healthy');
  });

  it('stores kinds that a definition brings, and judges them as they ask', async () => {
    const gadget = { apiVersion: 'example.com/v1', kind: 'Gadget', metadata: { name: 'g' }, spec: { size: 3 } } as KubeObject;
    content[head] = [gadgets('example.com'), gadget];
    await create();
    await sync();
    await clock.advanceBy(10_000);
    expect((await app()).status).toMatchObject({ sync: { status: 'Synced' }, operationState: { phase: 'Succeeded' } });
    expect((await app()).status?.resources).toHaveLength(2);
  });

  it('refuses a destination that does not exist', async () => {
    await create({ destination: { server: 'https://elsewhere', namespace: 'x' } });
    expect((await app()).status?.conditions).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          type: 'InvalidSpecError',
          message: expect.stringContaining('there is no destination') as string,
        }),
      ]),
    );
  });
});
