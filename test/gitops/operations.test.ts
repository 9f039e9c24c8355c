/** Operations of the embedded GitOps agent: waves, hooks, pruning, retries, termination, healing. */
import { timestamp } from '@kargo/kube';
import {
  Application,
  ConfigMap,
  Deployment,
  Job,
  Promotion,
  Service,
  Warehouse,
  type Kind,
  type KubeObject,
  type Workload,
} from '@kargo/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentWorld, deployment, job, manifest, service } from './agent-world.ts';

let world: AgentWorld;
beforeEach(() => {
  world = new AgentWorld();
});
afterEach(async () => {
  expect(world.defects()).toEqual([]);
  await world.close();
});

const wave = (value: number): Record<string, string> => ({ 'argocd.argoproj.io/sync-wave': String(value) });
const hook = (phase: string, policy?: string): Record<string, string> => ({
  'argocd.argoproj.io/hook': phase,
  ...(policy === undefined ? {} : { 'argocd.argoproj.io/hook-delete-policy': policy }),
});
const broken = { 'simulate.kargo.akuity.io/health': 'Degraded' };
const names = async (kind: Kind<Workload>): Promise<string[]> =>
  (await world.client.list(kind, { namespace: 'web' })).items.map(({ metadata }) => metadata.name ?? '').toSorted();
const results = async (): Promise<Record<string, unknown>> =>
  Object.fromEntries(
    ((await world.app()).status?.operationState?.syncResult?.resources ?? []).map((result) => [
      result['name'],
      result['hookPhase'] ?? result['status'],
    ]),
  );

describe('waves', () => {
  it('wait for the health of the one before', async () => {
    await world.start(deployment('first'), deployment('second', wave(1)));
    await world.create();
    await world.sync();
    expect(await world.operation()).toBe('Running: waiting for healthy state of apps/Deployment/first');
    expect(await names(Deployment)).toEqual(['first']);
    await world.clock.advanceBy(2_000);
    expect(await world.operation()).toBe('Succeeded: successfully synced (all tasks run)');
    expect(await names(Deployment)).toEqual(['first', 'second']);
  });

  it('end the sync when one turns out degraded', async () => {
    await world.start(deployment('first', broken), deployment('second', wave(1)));
    await world.create();
    await world.sync();
    await world.clock.advanceBy(5_000);
    expect(await world.operation()).toMatch(
      /^Failed: one or more synchronization tasks completed unsuccessfully, reason: Deployment\/first/,
    );
    expect(await names(Deployment)).toEqual(['first']);
  });

  it('do not wait for the last', async () => {
    await world.start(deployment('only', broken));
    await world.create();
    await world.sync();
    expect(await world.operation()).toBe('Succeeded: successfully synced (all tasks run)');
  });
});

describe('hooks', () => {
  it('run before, beside and after, once each', async () => {
    await world.start(deployment('app'), job('before', hook('PreSync')), job('after', hook('PostSync', 'HookSucceeded')));
    await world.create();
    await world.sync();
    expect(await world.operation()).toBe('Running: waiting for completion of hook batch/Job/before');
    expect(await names(Deployment)).toEqual([]);
    await world.clock.advanceBy(1_200);
    expect(await world.operation()).toBe('Running: waiting for healthy state of apps/Deployment/app');
    await world.clock.advanceBy(1_200);
    expect(await world.operation()).toBe('Running: waiting for completion of hook batch/Job/after');
    await world.clock.advanceBy(1_200);
    expect(await world.operation()).toBe('Succeeded: successfully synced (all tasks run)');
    expect(await results()).toEqual({ before: 'Succeeded', app: 'Synced', after: 'Succeeded' });
    expect(await names(Job)).toEqual(['before']);
    expect((await world.app()).status).toMatchObject({ sync: { status: 'Synced' }, health: { status: 'Healthy' } });
  });

  it('are made anew by the next sync', async () => {
    await world.start(job('before', hook('PreSync')));
    await world.create();
    await world.sync();
    await world.clock.advanceBy(2_000);
    const first = await world.client.get(Job, { namespace: 'web', name: 'before' });
    await world.sync();
    await world.clock.advanceBy(3_000);
    expect(await world.operation()).toBe('Succeeded: successfully synced (all tasks run)');
    const second = await world.client.get(Job, { namespace: 'web', name: 'before' });
    expect(second.metadata.uid).not.toBe(first.metadata.uid);
  });

  it('that have only the beginning of a name get one for each phase of each sync', async () => {
    const { metadata, ...rest } = job('', hook('PreSync,PostSync'));
    const { name: _, ...others } = metadata;
    await world.start(service('app'), { ...rest, metadata: { ...others, generateName: 'run-' } });
    await world.create();
    const started: number[] = [];
    for (const wait of [4_000, 4_000]) {
      started.push(Math.floor(world.clock.now() / 1000));
      await world.sync();
      await world.clock.advanceBy(wait);
      expect(await world.operation()).toBe('Succeeded: successfully synced (all tasks run)');
    }
    const [first = 0, second = 0] = started;
    const expected = [first, second].flatMap((at) => [`run-aaaaaaa-postsync-${at}`, `run-aaaaaaa-presync-${at}`]);
    expect(await names(Job)).toEqual(expected.toSorted());
    expect((await world.app()).status).toMatchObject({ sync: { status: 'Synced' }, health: { status: 'Healthy' } });
  });

  it('that fail end the sync, after those that are there for failures', async () => {
    await world.start(
      deployment('app'),
      job('before', { ...hook('PreSync', 'HookFailed'), ...broken }),
      job('rescue', hook('SyncFail')),
    );
    await world.create();
    await world.sync();
    await world.clock.advanceBy(1_200);
    expect(await world.operation()).toBe('Running: waiting for completion of hook batch/Job/rescue');
    await world.clock.advanceBy(1_200);
    expect(await world.operation()).toMatch(
      /^Failed: one or more synchronization tasks completed unsuccessfully, reason: Job\/before/,
    );
    expect(await names(Job)).toEqual(['rescue']);
    expect(await names(Deployment)).toEqual([]);
  });

  it('that were deleted meanwhile are not waited for', async () => {
    await world.start(job('before', hook('PreSync')));
    await world.create();
    await world.sync();
    await world.client.delete(Job, { namespace: 'web', name: 'before' });
    await world.clock.advanceBy(100);
    expect(await world.operation()).toContain('the hook was deleted before it had ended');
  });

  it('stop when the operation is terminated', async () => {
    await world.start(deployment('app'), job('before', hook('PreSync')));
    await world.create();
    await world.sync({ sync: {}, retry: { limit: 5 } });
    await world.patch({ status: { operationState: { phase: 'Terminating' } } });
    expect(await world.operation()).toBe('Failed: Operation terminated');
    expect(await names(Job)).toEqual([]);
    expect((await world.app()).operation).toBeUndefined();
  });
});

describe('[40 C4.8] pruning', () => {
  const confirm = { 'argocd.argoproj.io/sync-options': 'Prune=confirm' };

  it('happens only when asked for, and not to what refuses it', async () => {
    await world.start(deployment('app'), service('old'), service('kept', { 'argocd.argoproj.io/sync-options': 'Prune=false' }));
    await world.create();
    await world.sync();
    world.push(deployment('app'));
    await world.sync();
    expect(await results()).toEqual({ app: 'Synced', old: 'PruneSkipped', kept: 'PruneSkipped' });
    expect((await world.app()).status).toMatchObject({ operationState: { phase: 'Succeeded' }, sync: { status: 'OutOfSync' } });
    await world.sync({ sync: { prune: true } });
    expect(await names(Service)).toEqual(['kept']);
  });

  it('waits for confirmation where objects want it', async () => {
    await world.start(deployment('app'), service('old', confirm));
    await world.create();
    await world.sync();
    await world.clock.advanceBy(3_000);
    world.push(deployment('app'));
    await world.sync({ sync: { prune: true } });
    expect(await world.operation()).toContain('Running: waiting for pruning confirmation of /Service/old');
    const now = new Date(world.clock.now()).toISOString();
    await world.patch({ metadata: { annotations: { 'argocd.argoproj.io/deletion-approved': now } } });
    expect(await names(Service)).toEqual([]);
  });
});

describe('[40 C4.3] operations', () => {
  it('are tried again after exact pauses, and say how often', async () => {
    await world.start(deployment('app'));
    await world.create({}, { 'simulate.kargo.akuity.io/sync-error': 'quota exceeded' });
    await world.sync({ sync: {}, retry: { limit: 2, backoff: { duration: '5s', factor: 2, maxDuration: '1m' } } });
    expect(await world.operation()).toBe(
      'Running: one or more objects failed to apply, reason: quota exceeded. Retrying attempt #1 at 2026-01-02T03:04:15Z.',
    );
    await world.clock.advanceBy(10_000);
    expect(await world.operation()).toContain('Retrying attempt #2 at 2026-01-02T03:04:35Z.');
    await world.clock.advanceBy(20_000);
    const { status } = await world.app();
    expect(status?.operationState).toMatchObject({ phase: 'Failed', retryCount: 2 });
    expect(await world.operation()).toContain('(retried 2 times).');
  });

  it('that are tried again succeed once the cause is gone', async () => {
    await world.start(deployment('app'));
    await world.create({}, { 'simulate.kargo.akuity.io/sync-error': 'quota exceeded' });
    await world.sync({ sync: {}, retry: { limit: 5 } });
    await world.patch({ metadata: { annotations: { 'simulate.kargo.akuity.io/sync-error': null } } });
    expect((await world.app()).status?.operationState?.phase).toBe('Running');
    await world.clock.advanceBy(11_000);
    expect(await world.operation()).toBe('Succeeded: successfully synced (all tasks run)');
  });

  it('of a dry run change nothing and leave no history', async () => {
    await world.start(deployment('app'), job('before', hook('PreSync')));
    await world.create();
    await world.sync({ sync: { dryRun: true } });
    expect(await world.operation()).toBe('Succeeded: successfully synced (dry run)');
    expect([await names(Deployment), await names(Job)]).toEqual([[], []]);
    expect((await world.app()).status?.history).toBeUndefined();
  });

  it('of named objects touch only those, without hooks and history', async () => {
    await world.start(deployment('app'), service('app'), job('before', hook('PreSync')));
    await world.create();
    await world.sync({ sync: { resources: [{ group: '', kind: 'Service', name: 'app' }] } });
    expect(await world.operation()).toBe('Succeeded: successfully synced (all tasks run)');
    expect([await names(Deployment), await names(Service), await names(Job)]).toEqual([[], ['app'], []]);
    expect((await world.app()).status?.history).toBeUndefined();
  });
});

describe('[40 C4.1] automated policies', () => {
  it('heal at once, then after growing pauses', async () => {
    await world.start(deployment('app', {}, 2));
    await world.create({ syncPolicy: { automated: { selfHeal: true } } });
    await world.clock.advanceBy(5_000);
    const scale = async (): Promise<void> => {
      await world.client.patch(Deployment, { namespace: 'web', name: 'app' }, { type: 'merge', body: { spec: { replicas: 9 } } });
      await world.clock.advanceBy(50);
    };
    const replicas = async (): Promise<unknown> =>
      (await world.client.get(Deployment, { namespace: 'web', name: 'app' })).spec?.['replicas'];
    await scale();
    expect(await replicas()).toBe(2);
    await scale();
    expect(await replicas()).toBe(9);
    await world.clock.advanceBy(3_000);
    expect(await replicas()).toBe(2);
  });

  it('leave fields alone that are ignored', async () => {
    await world.start(deployment('app', {}, 2));
    await world.create({
      syncPolicy: { automated: { selfHeal: true } },
      ignoreDifferences: [{ group: 'apps', kind: 'Deployment', jsonPointers: ['/spec/replicas'] }],
    });
    await world.clock.advanceBy(5_000);
    await world.client.patch(Deployment, { namespace: 'web', name: 'app' }, { type: 'merge', body: { spec: { replicas: 9 } } });
    await world.clock.advanceBy(10_000);
    expect((await world.app()).status?.sync?.status).toBe('Synced');
  });

  it.each([
    [['RespectIgnoreDifferences=true'], 9],
    [[], 1],
  ])('with the options %j a sync leaves an ignored field at %i', async (syncOptions, replicas) => {
    await world.start(deployment('app'), service('app'));
    await world.create({
      ignoreDifferences: [{ group: 'apps', kind: 'Deployment', jsonPointers: ['/spec/replicas'] }],
      syncPolicy: { syncOptions },
    } as never);
    await world.sync();
    await world.client.patch(Deployment, { namespace: 'web', name: 'app' }, { type: 'merge', body: { spec: { replicas: 9 } } });
    world.push(deployment('app', { changed: 'yes' }), service('app'));
    await world.sync();
    expect(await world.client.get(Deployment, { namespace: 'web', name: 'app' })).toMatchObject({
      metadata: { annotations: { changed: 'yes' } },
      spec: { replicas },
    });
  });

  it.each([
    [[], 'Failed', '1'],
    [['Force=true'], 'Succeeded', '2'],
    [['Replace=true', 'Force=true'], 'Succeeded', '2'],
    [['Replace=true'], 'Failed', '1'],
  ])('with the options %j, of an object that cannot be changed, have %s', async (syncOptions, phase, value) => {
    const fixed = (text: string): KubeObject =>
      manifest('v1', 'ConfigMap', 'fixed', {}, { immutable: true, data: { value: text } });
    await world.start(fixed('1'));
    await world.create({ syncPolicy: { syncOptions } });
    await world.sync();
    world.push(fixed('2'));
    await world.sync();
    expect(await world.operation()).toContain(phase);
    expect((await world.client.get(ConfigMap, { namespace: 'web', name: 'fixed' })).data).toEqual({ value });
  });

  it('sync again after a try that ended before it knew its revisions', async () => {
    const retry = { limit: 1, refresh: true, backoff: { duration: '5s', factor: 1 } };
    await world.start(deployment('app'));
    await world.create({ syncPolicy: { automated: {}, retry } }, { 'simulate.kargo.akuity.io/sync-error': 'no' });
    await world.clock.advanceBy(1_000);
    expect(await world.operation()).toContain('Retrying attempt #1');
    world.gitDown = true;
    await world.clock.advanceBy(10_000);
    expect(await world.operation()).toContain('Error: ');
    world.gitDown = false;
    await world.patch({ metadata: { annotations: { 'simulate.kargo.akuity.io/sync-error': null } } });
    await world.patchRefresh('1');
    await world.clock.advanceBy(10_000);
    expect(await world.operation()).toContain('Succeeded');
  });

  it('show a new revision, and wait with the sync, while git cannot tell what is new in it', async () => {
    await world.start(deployment('app'));
    await world.create({ syncPolicy: { automated: {} } });
    await world.clock.advanceBy(5_000);
    const first = world.head;
    world.push(deployment('app', {}, 2));
    world.historyMissing = true;
    await world.patchRefresh('1');
    await world.clock.advanceBy(2_000);
    const { sync, operationState } = (await world.app()).status ?? {};
    expect(sync).toMatchObject({ status: 'OutOfSync', revision: world.head });
    expect(operationState?.syncResult?.revision).toBe(first);
    expect((await world.app()).metadata.annotations?.['argocd.argoproj.io/refresh']).toBeUndefined();
    await world.clock.advanceBy(60_000);
    expect((await world.app()).status?.operationState?.syncResult?.revision).toBe(first);
    world.historyMissing = false;
    await world.clock.advanceBy(12_000);
    expect((await world.app()).status).toMatchObject({
      sync: { status: 'Synced', revision: world.head },
      operationState: { phase: 'Succeeded', syncResult: { revision: world.head } },
    });
    expect(world.defects()).toEqual([]);
  });

  it('say why they do not sync', async () => {
    await world.start(deployment('app'));
    await world.create({ syncPolicy: { automated: {}, retry: { limit: 0 } } }, { 'simulate.kargo.akuity.io/sync-error': 'no' });
    await world.clock.advanceBy(1_000);
    expect((await world.app()).status?.conditions).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          type: 'SyncError',
          message: expect.stringContaining('Failed last sync attempt to [') as string,
        }),
      ]),
    );
  });
});

it('an Application of Applications is synced when they are there as described, and their health is not its own', async () => {
  const spec = { project: 'default', destination: { name: 'nowhere' }, source: { repoURL: 'http://git/child', path: '.' } };
  const child = (annotations: Record<string, string>) =>
    ({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'child', namespace: 'web', annotations },
      spec,
    }) as KubeObject;
  await world.start(child({}), service('app'));
  await world.create();
  await world.sync();
  await world.clock.advanceBy(5_000);
  expect((await world.app()).status).toMatchObject({ sync: { status: 'Synced' }, health: { status: 'Healthy' } });
  expect(await names(Application as unknown as Kind<Workload>)).toEqual(['child']);
  world.push(child({ changed: 'yes' }), service('app'));
  await world.patchRefresh('1');
  await world.clock.advanceBy(100);
  expect((await world.app()).status?.sync?.status).toBe('OutOfSync');
  world.push(service('app'));
  await world.sync({ sync: { prune: true } });
  await world.clock.advanceBy(5_000);
  expect((await world.app()).status?.sync?.status).toBe('Synced');
  expect(await names(Application as unknown as Kind<Workload>)).toEqual([]);
});

describe('[40 C4.4] [40 C4.5] refreshing', () => {
  it('asks git at intervals that differ between Applications', async () => {
    await world.start(deployment('app'));
    await world.create();
    await world.clock.advanceBy(400_000);
    const [first = 0, second = 0, third = 0] = world.resolved;
    expect(second - first).toBeGreaterThanOrEqual(120);
    expect(second - first).toBeLessThan(181);
    expect(Math.abs(third - second - (second - first))).toBeLessThanOrEqual(1);
  });

  it('never loses a request that comes while a pass is under way', async () => {
    await world.start(deployment('app'));
    await world.create();
    let asked = false;
    world.whileRendering = async () => {
      if (asked) return;
      asked = true;
      world.push(service('new'));
      await world.patchRefresh('2');
    };
    await world.patchRefresh('1');
    await world.clock.advanceBy(1_000);
    const app = await world.app();
    expect(app.metadata.annotations?.['argocd.argoproj.io/refresh']).toBeUndefined();
    expect(app.status?.sync?.revision).toBe(world.head);
  });

  it('says since when a repository is out of reach, so that a new process does not wait for as long again', async () => {
    await world.start(deployment('app'));
    await world.create();
    world.gitDown = true;
    await world.clock.advanceBy(200_000);
    const unreachable = async () =>
      (await world.app()).status?.conditions?.find(({ type }) => type === 'RepositoryUnreachableWarning');
    const condition = await unreachable();
    expect(condition).toMatchObject({ message: expect.stringContaining('git is down') });
    await world.clock.advanceBy(60_000);
    expect(await unreachable()).toEqual(condition);
    await world.clock.advanceBy(140_000);
    expect((await world.app()).status?.sync?.status).toBe('Unknown');
    expect((await unreachable())?.lastTransitionTime).toBe(condition?.lastTransitionTime);
    world.gitDown = false;
    await world.clock.advanceBy(200_000);
    expect(await unreachable()).toBeUndefined();
  });

  it('happens at once when a promotion has pushed to the branch', async () => {
    await world.start(deployment('app'));
    await world.create({ source: { repoURL: 'http://git/repo', targetRevision: 'stage/test', path: '.' } });
    await world.clock.advanceBy(30_000);
    world.push(deployment('app'), service('new'));
    const promotion = await world.client.create(Promotion, {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Promotion',
      metadata: { namespace: 'argocd', name: 'p' },
      spec: { stage: 'test', freight: 'f', steps: [{ uses: 'git-push', as: 'push' }] },
    } as never);
    await world.client.updateStatus(Promotion, {
      ...promotion,
      status: {
        phase: 'Running',
        stepExecutionMetadata: [{ alias: 'push', status: 'Succeeded', finishedAt: timestamp(world.clock.now()) }],
        state: { push: { branch: 'stage/test', commit: world.head } },
      },
    } as never);
    await world.clock.advanceBy(100);
    expect((await world.app()).status?.sync?.revision).toBe(world.head);
  });

  it('passes over a repository that is out of reach for a while, unless somebody asks', async () => {
    await world.start(deployment('app'));
    await world.create();
    world.gitDown = true;
    await world.clock.advanceBy(200_000);
    expect((await world.app()).status?.sync?.status).toBe('OutOfSync');
    await world.clock.advanceBy(200_000);
    expect((await world.app()).status?.sync?.status).toBe('Unknown');
    world.gitDown = false;
    await world.clock.advanceBy(200_000);
    expect((await world.app()).status?.sync?.status).toBe('OutOfSync');
    world.gitDown = true;
    await world.patchRefresh('1');
    await world.clock.advanceBy(100);
    expect((await world.app()).status?.conditions).toEqual(
      expect.arrayContaining([expect.objectContaining({ type: 'ComparisonError' })]),
    );
  });

  it('happens at once when a Warehouse has discovered a commit of the branch', async () => {
    await world.start(deployment('app'));
    await world.create({ source: { repoURL: 'http://git/repo', targetRevision: 'main', path: '.' } });
    await world.clock.advanceBy(30_000);
    world.push(deployment('app'), service('new'));
    await world.client.create(Warehouse, {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Warehouse',
      metadata: { namespace: 'argocd', name: 'main' },
      spec: { subscriptions: [{ git: { repoURL: 'http://git/repo.git', branch: 'main' } }] },
    } as never);
    await world.client.updateStatus(Warehouse, await discovered(world));
    await world.clock.advanceBy(100);
    expect((await world.app()).status?.sync?.revision).toBe(world.head);
  });
});

async function discovered({ client, clock, head }: AgentWorld): Promise<Warehouse> {
  const warehouse = await client.get(Warehouse, { namespace: 'argocd', name: 'main' });
  const discoveredAt = new Date(clock.now()).toISOString().replace(/\.\d+/, '');
  const git = [{ repoURL: 'http://git/repo.git', commits: [{ id: head, branch: 'main' }] }];
  return { ...warehouse, status: { ...warehouse.status, discoveredArtifacts: { discoveredAt, git } } } as Warehouse;
}
