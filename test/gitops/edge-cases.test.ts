/** Edge cases of Argo CD's own tests, over the embedded agent: one title each, numbered as the specification lists them. */
import { Application, Deployment, Namespace, Service, type Kind, type KubeObject, type Workload } from '@kargo/api';
import { interceptClient } from '@kargo/kube/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentWorld, deployment, job, manifest, service } from './agent-world.ts';

let world: AgentWorld;
beforeEach(() => {
  world = new AgentWorld();
});
afterEach(() => world.close());

const wave = (value: number): Record<string, string> => ({ 'argocd.argoproj.io/sync-wave': String(value) });
const hook = (phase: string): Record<string, string> => ({ 'argocd.argoproj.io/hook': phase });
const loadBalancer = (name: string, annotations: Record<string, string> = {}): KubeObject =>
  manifest('v1', 'Service', name, annotations, { spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } });
const names = async (kind: Kind<Workload>): Promise<string[]> =>
  (await world.client.list(kind, { namespace: 'web' })).items.map(({ metadata }) => metadata.name ?? '').toSorted();
const status = async (): Promise<NonNullable<Application['status']>> => (await world.app()).status ?? {};
const results = async (): Promise<string[]> =>
  ((await status()).operationState?.syncResult?.resources ?? []).map((result) => `${result['name']} ${result['status']}`);

describe('[40 C4.1] auto-sync', () => {
  it('of a new revision makes an operation without pruning', async () => {
    await world.start(deployment('app'), service('old'));
    await world.create({ syncPolicy: { automated: {} } });
    await world.clock.advanceBy(3_000);
    world.push(deployment('app', { changed: 'yes' }));
    await world.patchRefresh('1');
    await world.clock.advanceBy(3_000);
    const { operationState } = await status();
    expect(operationState?.operation).toMatchObject({ initiatedBy: { automated: true }, sync: { revision: world.head } });
    expect(operationState?.operation.sync).not.toHaveProperty('prune');
    expect(await names(Service)).toEqual(['old']);
  });

  it('does nothing, and says nothing, when only pruning is needed and not allowed', async () => {
    await world.start(deployment('app'), service('old'));
    await world.create({ syncPolicy: { automated: {} } });
    await world.clock.advanceBy(3_000);
    world.push(deployment('app'));
    await world.patchRefresh('1');
    await world.clock.advanceBy(3_000);
    expect((await status()).operationState?.syncResult?.revision).not.toBe(world.head);
    expect((await status()).conditions?.map(({ type }) => type)).toEqual(['SimulatedDestinationWarning']);
  });
});

describe('[40 C4.3] an operation', () => {
  it('of a project that is missing ends with Error', async () => {
    await world.start(deployment('app'));
    await world.create({ project: 'gone' });
    await world.sync();
    expect(await world.operation()).toBe('Error: Application referencing project gone which does not exist');
  });

  it('with a retry left is Running, with the count of retries', async () => {
    await world.start(deployment('app'));
    await world.create({}, { 'simulate.kargo.akuity.io/sync-error': 'no' });
    await world.sync({ sync: {}, retry: { limit: 1 } });
    expect((await status()).operationState).toMatchObject({ phase: 'Running', retryCount: 1 });
  });

  it('that waits for its next try is not written meanwhile', async () => {
    await world.start(deployment('app'));
    await world.create({}, { 'simulate.kargo.akuity.io/sync-error': 'no' });
    await world.sync({ sync: {}, retry: { limit: 1, backoff: { duration: '60s' } } });
    const before = (await world.app()).metadata.resourceVersion;
    await world.clock.advanceBy(30_000);
    expect((await world.app()).metadata.resourceVersion).toBe(before);
  });

  it('that is terminated with retries left has failed for good', async () => {
    await world.start(deployment('app'));
    await world.create({}, { 'simulate.kargo.akuity.io/sync-error': 'no' });
    await world.sync({ sync: {}, retry: { limit: 5 } });
    await world.patch({ status: { operationState: { phase: 'Terminating' } } });
    expect(await world.operation()).toBe('Failed: Operation terminated');
    await world.clock.advanceBy(60_000);
    expect(await world.operation()).toBe('Failed: Operation terminated');
  });

  it.each([
    ['of a person', { sync: {} }],
    ['of a policy', { sync: {}, initiatedBy: { automated: true } }],
  ])('%s that succeeds is followed by a look at the newest revisions', async (_, operation) => {
    await world.start(deployment('app'));
    await world.create();
    const looks = world.resolved.length;
    await world.sync(operation);
    await world.clock.advanceBy(2_000);
    expect(world.resolved.length).toBeGreaterThan(looks + 1);
    const { reconciledAt = '', operationState } = await status();
    expect(reconciledAt >= (operationState?.finishedAt ?? 'z')).toBe(true);
  });
});

describe('[40 C4.4] the time of the last look', () => {
  it('is that of the last look at git, not of one at live objects alone', async () => {
    await world.start(deployment('app'));
    await world.create();
    await world.sync();
    await world.clock.advanceBy(10_000);
    const { reconciledAt } = await status();
    await world.client.patch(Deployment, { namespace: 'web', name: 'app' }, { type: 'merge', body: { spec: { replicas: 5 } } });
    await world.clock.advanceBy(1_000);
    expect((await status()).sync?.status).toBe('OutOfSync');
    expect((await status()).reconciledAt).toBe(reconciledAt);
    await world.patchRefresh('1');
    await world.clock.advanceBy(100);
    expect((await status()).reconciledAt).not.toBe(reconciledAt);
  });

  it('being absent makes a look due, also where nothing else would', async () => {
    world.poll = 0;
    await world.start(deployment('app'));
    await world.create();
    const looks = world.resolved.length;
    await world.clock.advanceBy(600_000);
    expect(world.resolved.length).toBe(looks); // Polling is off.
    await world.patch({ status: { reconciledAt: null } });
    expect(world.resolved.length).toBe(looks + 1);
  });
});

describe('[40 C4.5] a request to refresh', () => {
  it('is taken off as a whole by one write, also when nothing else changes', async () => {
    const writes: string[] = [];
    world.hooks = interceptClient(world.client, {
      around: (call, next) => {
        if (call.kind.kind === 'Application' && call.verb === 'patch') writes.push(call.verb);
        return next();
      },
    });
    await world.start(deployment('app'));
    await world.create();
    await world.patchRefresh('1');
    await world.clock.advanceBy(1_100);
    writes.length = 0;
    await world.patchRefresh('2');
    await world.clock.advanceBy(100);
    expect(writes).toEqual(['patch']);
    expect(Object.keys((await world.app()).metadata.annotations ?? {})).toEqual([]);
  });
});

describe('[40 C4.6] health', () => {
  it('of a child that is an Application and Unknown does not count', async () => {
    const child = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', metadata: { name: 'child', namespace: 'argocd' } };
    const spec = {
      project: 'default',
      destination: { name: 'nowhere', namespace: 'x' },
      source: { repoURL: 'http://git/x', path: '.' },
    };
    await world.start(service('app'), { ...child, spec } as never);
    await world.create();
    await world.sync();
    await world.clock.advanceBy(3_000);
    const found = await world.client.get(Application, { namespace: 'argocd', name: 'child' });
    expect(found.status?.health?.status).toBe('Unknown');
    expect((await status()).health?.status).toBe('Healthy');
  });
});

describe('[40 C4.8] a sync', () => {
  it('makes the namespace before anything is tried', async () => {
    await world.start(service('app'));
    await world.create({ destination: { name: 'in-cluster', namespace: 'brand-new' } });
    await world.sync();
    expect(await world.operation()).toContain('Succeeded');
    expect((await world.client.get(Namespace, { name: 'brand-new' })).metadata.name).toBe('brand-new');
  });

  it('applies nothing when one object is refused in the dry run', async () => {
    await world.start(service('good'), { ...deployment('bad'), metadata: { name: 'Not A Name' } });
    await world.create();
    await world.sync();
    expect(await world.operation()).toMatch(/^Failed: one or more objects failed to apply \(dry run\)/);
    expect(await names(Service)).toEqual([]);
  });

  it('skips pruning that is switched off for the Application or for an object, and has succeeded', async () => {
    await world.start(service('app'), service('kept', { 'argocd.argoproj.io/sync-options': 'Prune=false' }), service('gone'));
    await world.create();
    await world.sync();
    world.push(service('app'));
    await world.sync();
    expect((await results()).toSorted()).toEqual(['app Synced', 'gone PruneSkipped', 'kept PruneSkipped']);
    expect(await world.operation()).toContain('Succeeded');
  });

  it('of two waves waits for the first by name, and begins with the second when it is healthy', async () => {
    await world.start(loadBalancer('my-service', wave(0)), deployment('later', wave(1)));
    await world.create();
    await world.sync();
    expect(await world.operation()).toBe('Running: waiting for healthy state of /Service/my-service');
    expect(await names(Deployment)).toEqual([]);
    await world.clock.advanceBy(2_000);
    expect(await names(Deployment)).toEqual(['later']);
  });

  it('fails when an object is deleted between its wave and the next, instead of waiting for ever', async () => {
    await world.start(loadBalancer('first', wave(0)), deployment('later', wave(1)));
    await world.create();
    await world.sync();
    await world.client.delete(Service, { namespace: 'web', name: 'first' });
    await world.clock.advanceBy(2_000);
    expect(await world.operation()).toContain('Failed');
    expect(await world.operation()).toContain('Service/first: it was deleted while the sync went on');
    expect(await names(Deployment)).toEqual([]);
  });

  it('runs hooks for failures when it fails, and adds to its message that one of them did too', async () => {
    await world.start(
      deployment('broken', { 'simulate.kargo.akuity.io/health': 'Degraded' }),
      job('rescue', {
        ...hook('SyncFail'),
        'simulate.kargo.akuity.io/health': 'Degraded',
        'simulate.kargo.akuity.io/message': 'no rescue',
      }),
      deployment('later', wave(1)),
    );
    await world.create();
    await world.sync();
    await world.clock.advanceBy(10_000);
    const message = await world.operation();
    expect(message).toMatch(/^Failed: one or more synchronization tasks completed unsuccessfully/);
    expect(message).toContain('batch/Job/rescue: ');
    expect(message).toContain('no rescue');
  });
});
