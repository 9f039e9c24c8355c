import { annotations, conditionViolations, Event, Freight, isReason, Warehouse } from '@kargo/api';
import { ChartError, GitError, RegistryError } from '@kargo/integrations';
import { afterEach, describe, expect, it } from 'vitest';
import { Outside, warehouseWorld, type WarehouseWorld } from './testing/warehouse-world.ts';

const IMAGE = 'ghcr.io/acme/web';
const REPO = 'https://github.com/acme/config';
const image = { image: { repoURL: IMAGE, constraint: '^1.0.0' } };
const git = { git: { repoURL: REPO } };

let world: WarehouseWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

async function start(spec: Warehouse['spec'], prepare: (outside: Outside) => void): Promise<WarehouseWorld> {
  const outside = new Outside();
  prepare(outside);
  world = await warehouseWorld(spec, { outside });
  return world;
}

async function freight({ client }: WarehouseWorld): Promise<Freight[]> {
  return (await client.list(Freight, { namespace: 'shop' })).items;
}

async function refresh({ client, manager }: WarehouseWorld, token: string, settle = true): Promise<void> {
  await client.patch(
    Warehouse,
    { namespace: 'shop', name: 'app' },
    { type: 'merge', body: { metadata: { annotations: { [annotations.refresh]: token } } } },
  );
  if (settle) await manager.idle();
}

async function expectSound(before: Warehouse | undefined): Promise<Warehouse> {
  const now = await world?.warehouse();
  if (now === undefined) throw new Error('no world');
  expect(conditionViolations(now, before)).toEqual([]);
  expect(world?.manager.defects()).toEqual([]);
  return now;
}

describe('a Warehouse', () => {
  it('[S04] makes Freight of the best image and the newest commit', async () => {
    let head = '';
    const { client } = await start({ subscriptions: [image, { name: 'cfg', ...git }] }, (outside) => {
      for (const tag of ['1.0.0', '1.10.0', '1.9.0', '2.0.0', 'latest', '1.11']) outside.pushImage(IMAGE, tag);
      outside.pushCommit(REPO, 'first');
      head = outside.pushCommit(REPO, 'second');
    });
    const [found] = await freight(world as WarehouseWorld);
    expect(found).toMatchObject({
      origin: { kind: 'Warehouse', name: 'app' },
      images: [{ repoURL: IMAGE, tag: '1.10.0' }],
      commits: [{ repoURL: REPO, id: head, message: 'second', subscriptionName: 'cfg' }],
    });
    const { status } = await expectSound(undefined);
    expect(status).toMatchObject({ lastFreightID: found?.metadata.name, observedGeneration: 1 });
    expect(status?.discoveredArtifacts?.images?.[0]?.references?.map(({ tag }) => tag)).toEqual(['1.10.0', '1.9.0', '1.0.0']);
    expect(await world?.condition('Ready')).toMatchObject({ status: 'True', reason: 'ArtifactsDiscovered' });
    expect(await world?.condition('Healthy')).toMatchObject({ status: 'True', reason: 'ReconciliationSucceeded' });
    expect(await world?.condition('FreightCreated')).toMatchObject({ status: 'True', reason: 'NewFreight' });
    expect(await world?.condition('Reconciling')).toBeUndefined();
    const { items } = await client.list(Event, { namespace: 'shop' });
    expect(items.map(({ reason, involvedObject }) => [reason, involvedObject.name])).toEqual([
      ['FreightCreated', found?.metadata.name],
    ]);
  });

  it('makes Freight in a second of its own, so that anybody can tell which is the newer', async () => {
    const { outside } = await start({ subscriptions: [image] }, (o) => o.pushImage(IMAGE, '1.0.0'));
    for (const tag of ['1.1.0', '1.2.0']) {
      outside.pushImage(IMAGE, tag);
      await refresh(world as WarehouseWorld, tag);
    }
    const found = await freight(world as WarehouseWorld);
    const made = found.toSorted((a, b) => ((a.discoveredAt ?? '') < (b.discoveredAt ?? '') ? -1 : 1));
    expect(made.map(({ images }) => images?.[0]?.tag)).toEqual(['1.0.0', '1.1.0', '1.2.0']);
    expect(new Set(made.map(({ discoveredAt }) => discoveredAt)).size).toBe(3);
  });

  it('makes Freight that is newer than what it made before, though the clock was set back', async () => {
    const { outside } = await start({ subscriptions: [image] }, (o) => o.pushImage(IMAGE, '1.0.0'));
    const { client } = world as WarehouseWorld;
    const [first] = await freight(world as WarehouseWorld);
    const ahead = { namespace: 'shop', name: first?.metadata.name ?? '' };
    await client.patch(Freight, ahead, { type: 'merge', body: { discoveredAt: '2099-01-01T00:00:00Z' } });
    for (const tag of ['1.1.0', '1.2.0']) {
      outside.pushImage(IMAGE, tag);
      await refresh(world as WarehouseWorld, tag);
    }
    const found = (await freight(world as WarehouseWorld)).map(({ images, discoveredAt }) => [images?.[0]?.tag, discoveredAt]);
    expect(Object.fromEntries(found)).toEqual({
      '1.0.0': '2099-01-01T00:00:00Z',
      '1.1.0': '2099-01-01T00:00:01Z',
      '1.2.0': '2099-01-01T00:00:02Z',
    });
  });

  it('looks again when its interval has passed, exactly then', async () => {
    const { outside, clock, manager } = await start({ interval: '5m0s', subscriptions: [image] }, (o) =>
      o.pushImage(IMAGE, '1.0.0'),
    );
    outside.pushImage(IMAGE, '1.1.0');
    outside.takeCalls();
    await clock.advanceBy(299_000);
    await manager.idle();
    expect(outside.takeCalls()).toEqual([]);
    const before = await expectSound(undefined);
    await clock.advanceBy(1_000);
    await manager.idle();
    expect((await freight(world as WarehouseWorld)).map(({ images }) => images?.[0]?.tag ?? '').toSorted()).toEqual([
      '1.0.0',
      '1.1.0',
    ]);
    await expectSound(before);
  });

  it('looks at once when a refresh is requested, and records the token', async () => {
    const { outside } = await start({ subscriptions: [image] }, (o) => o.pushImage(IMAGE, '1.0.0'));
    outside.pushImage(IMAGE, '1.2.0');
    await refresh(world as WarehouseWorld, 'now');
    expect(await freight(world as WarehouseWorld)).toHaveLength(2);
    expect((await expectSound(undefined)).status?.lastHandledRefresh).toBe('now');
  });

  it('does not count a refresh that failed as carried out, and tries again until it works', async () => {
    const { outside, clock, manager } = await start({ subscriptions: [image] }, (o) => o.pushImage(IMAGE, '1.0.0'));
    outside.broken = 'no route to host';
    outside.pushImage(IMAGE, '1.2.0');
    await refresh(world as WarehouseWorld, 'token');
    const { status } = await expectSound(undefined);
    expect(status?.lastHandledRefresh).toBeUndefined();
    expect(await world?.condition('Ready')).toMatchObject({ status: 'False', reason: 'DiscoveryFailure' });
    expect((await world?.condition('Healthy'))?.message).toContain(`spec.subscriptions[0] (image ${IMAGE}): no route to host`);
    outside.broken = undefined;
    await clock.advanceBy(60_000);
    await manager.idle();
    expect((await expectSound(undefined)).status?.lastHandledRefresh).toBe('token');
    expect(await freight(world as WarehouseWorld)).toHaveLength(2);
  });

  it('does not read the history of a repository whose head has not moved', async () => {
    const { outside } = await start({ subscriptions: [git] }, (o) => o.pushCommit(REPO, 'first'));
    outside.takeCalls();
    await refresh(world as WarehouseWorld, 'a');
    expect(outside.takeCalls()).toEqual([`refs ${REPO}`]);
    outside.pushCommit(REPO, 'second');
    await refresh(world as WarehouseWorld, 'b');
    expect(outside.takeCalls()).toEqual([`refs ${REPO}`, `commits ${REPO} 20`]);
  });

  it('reads everything anew when its spec has changed', async () => {
    const { outside, client, manager } = await start({ subscriptions: [git] }, (o) => o.pushCommit(REPO, 'first'));
    outside.takeCalls();
    await client.patch(Warehouse, { namespace: 'shop', name: 'app' }, { type: 'merge', body: { spec: { interval: '1h' } } });
    await manager.idle();
    expect(outside.takeCalls()).toEqual([`refs ${REPO}`, `commits ${REPO} 20`]);
    expect((await expectSound(undefined)).status?.observedGeneration).toBe(2);
  });

  it('finding the same again is all right and makes no second Freight', async () => {
    await start({ subscriptions: [image] }, (o) => o.pushImage(IMAGE, '1.0.0'));
    const [first] = await freight(world as WarehouseWorld);
    await refresh(world as WarehouseWorld, 'again');
    expect(await freight(world as WarehouseWorld)).toHaveLength(1);
    expect(await world?.condition('FreightCreated')).toMatchObject({ status: 'False', reason: 'AlreadyExists' });
    expect(await world?.condition('Ready')).toMatchObject({ status: 'True' });
    expect((await expectSound(undefined)).status?.lastFreightID).toBe(first?.metadata.name);
  });

  it('makes no Freight by itself when the policy is Manual', async () => {
    await start({ freightCreationPolicy: 'Manual', subscriptions: [image] }, (o) => o.pushImage(IMAGE, '1.0.0'));
    expect(await freight(world as WarehouseWorld)).toEqual([]);
    expect(await world?.condition('Ready')).toMatchObject({ status: 'True' });
  });

  it('makes none while a subscription finds nothing, and says which', async () => {
    await start({ subscriptions: [image, git] }, (o) => o.pushCommit(REPO, 'first'));
    expect(await freight(world as WarehouseWorld)).toEqual([]);
    await expectSound(undefined);
    expect(await world?.condition('Healthy')).toMatchObject({ status: 'False', reason: 'NoImageReferencesDiscovered' });
    expect(await world?.condition('Ready')).toMatchObject({ status: 'False', reason: 'MissingImageReferences' });
    expect(await world?.condition('Reconciling')).toBeUndefined();
  });

  it('waits for its author when a subscription cannot be looked at as it is written', async () => {
    const { manager } = await start(
      { subscriptions: [{ image: { repoURL: IMAGE, constraint: 'not a constraint' } }] },
      () => undefined,
    );
    expect((await world?.condition('Ready'))?.message).toContain('spec.subscriptions[0]');
    expect(manager.waitsOf(Warehouse, { namespace: 'shop', name: 'app' }).map(({ reason }) => reason)).toEqual([
      'InvalidSubscription',
    ]);
  });

  it('keeps what it found though annotations come while it looks', async () => {
    const { outside, client, manager } = await start({ subscriptions: [image] }, (o) => o.pushImage(IMAGE, '1.0.0'));
    outside.pushImage(IMAGE, '1.2.0');
    outside.takeCalls();
    outside.during = () => refresh(world as WarehouseWorld, 'second', false);
    await refresh(world as WarehouseWorld, 'first');
    await manager.idle();
    expect((await expectSound(undefined)).status?.lastHandledRefresh).toBe('second');
    expect((await client.list(Event, { namespace: 'shop' })).items).toHaveLength(2);
    expect(outside.takeCalls().filter((call) => call.startsWith('tags'))).toHaveLength(2);
  });

  describe('with three subscriptions', () => {
    const CHARTS = 'https://charts.acme.io';
    const chart = { chart: { repoURL: CHARTS, name: 'web', semverConstraint: '^2.0.0' } };
    const three = { subscriptions: [image, git, chart] };
    const fill = (o: Outside): void => {
      o.pushImage(IMAGE, '1.0.0');
      o.pushCommit(REPO, 'first');
      o.chartVersions.set(`${CHARTS} web`, ['1.9.0', '2.0.0', '2.1.0', 'not-a-version', '3.0.0']);
    };
    const tell = async (): Promise<string[]> =>
      (await freight(world as WarehouseWorld))
        .map(({ images, commits, charts }) => `${images?.[0]?.tag} ${commits?.[0]?.message} ${charts?.[0]?.version}`)
        .toSorted();

    it('makes Freight of all', async () => {
      await start(three, fill);
      expect(await tell()).toEqual(['1.0.0 first 2.1.0']);
      expect((await expectSound(undefined)).status?.discoveredArtifacts?.charts).toEqual([
        { repoURL: CHARTS, name: 'web', semverConstraint: '^2.0.0', versions: ['2.1.0', '2.0.0'] },
      ]);
    });

    it('goes on with the others while one is in trouble that passes, says which, and recovers', async () => {
      const { outside, clock, manager } = await start(three, fill);
      outside.failing.set(CHARTS, new ChartError('unreachable', 'no route to the charts'));
      outside.pushImage(IMAGE, '1.1.0');
      await refresh(world as WarehouseWorld, 'a');
      expect(await tell()).toEqual(['1.0.0 first 2.1.0', '1.1.0 first 2.1.0']);
      const { status } = await expectSound(undefined);
      expect(status?.lastHandledRefresh).toBeUndefined();
      expect(status?.conditions?.map(({ type, status: is, reason }) => `${type} ${is} ${reason}`).toSorted()).toEqual([
        'FreightCreated True NewFreight',
        'FreightCreationCriteriaSatisfied True CriteriaSatisfied',
        'Healthy False DiscoveryFailed',
        'Ready False DiscoveryFailure',
        'Reconciling True ScheduledDiscovery',
      ]);
      expect((await world?.condition('Ready'))?.message).toBe(
        `spec.subscriptions[2] (chart ${CHARTS}): no route to the charts (what it found before counts until then)`,
      );
      outside.failing.clear();
      outside.chartVersions.set(`${CHARTS} web`, ['2.2.0']);
      await clock.advanceBy(60_000);
      await manager.idle();
      expect(await tell()).toEqual(['1.0.0 first 2.1.0', '1.1.0 first 2.1.0', '1.1.0 first 2.2.0']);
      expect((await expectSound(undefined)).status?.lastHandledRefresh).toBe('a');
    });

    it('leaves one alone that says until when, and looks at the others meanwhile', async () => {
      const { outside, clock, manager } = await start(three, fill);
      const retryAt = clock.now() + 60 * 60_000;
      outside.failing.set(IMAGE, new RegistryError('rateLimited', 'it limits requests', { retryAt }));
      const looksAt = (what: string): number => outside.calls.filter((call) => call.includes(what)).length;
      await clock.advanceBy(5 * 60_000);
      outside.calls = [];
      outside.pushCommit(REPO, 'second');
      for (let minute = 0; minute < 30; minute += 1) await clock.advanceBy(60_000);
      await manager.idle();
      expect(await tell()).toEqual(['1.0.0 first 2.1.0', '1.0.0 second 2.1.0']);
      // Once in an interval, as ever: not more often, as it is with trouble of which nobody knows when it ends.
      expect([looksAt(`tags ${IMAGE}`), looksAt(`refs ${REPO}`)]).toEqual([6, 6]);
    });

    it('a single one is asked again when it said, and not before', async () => {
      const { outside, clock, manager } = await start({ subscriptions: [image], interval: '5m' }, fill);
      const retryAt = clock.now() + 60 * 60_000;
      outside.failing.set(IMAGE, new RegistryError('rateLimited', 'it limits requests', { retryAt }));
      await clock.advanceBy(5 * 60_000);
      await manager.idle();
      outside.calls = [];
      expect(manager.waits()).toMatchObject([
        { reason: 'RateLimited', until: [{ kind: 'poll', at: retryAt }, { kind: 'event' }] },
      ]);
      await clock.advanceBy(retryAt - clock.now() - 1);
      await manager.idle();
      expect(outside.calls).toEqual([]);
      outside.failing.clear();
      outside.pushImage(IMAGE, '1.1.0');
      await clock.advanceBy(1);
      await manager.idle();
      expect((await world?.condition('Ready'))?.status).toBe('True');
    });

    it('makes nothing by itself of what can no longer be there, but shows what the others found', async () => {
      const { outside } = await start(three, fill);
      outside.failing.set(REPO, new GitError('notFound', 'the repository is gone'));
      outside.pushImage(IMAGE, '1.1.0');
      await refresh(world as WarehouseWorld, 'a');
      expect(await tell()).toEqual(['1.0.0 first 2.1.0']);
      const { discoveredArtifacts } = (await expectSound(undefined)).status ?? {};
      expect(discoveredArtifacts?.git).toBeUndefined();
      expect(discoveredArtifacts?.images?.[0]?.references?.[0]?.tag).toBe('1.1.0');
      expect((await world?.condition('Healthy'))?.message).toContain('the repository is gone');
    });

    it('a bad one from the start keeps none of the others from being shown', async () => {
      await start({ subscriptions: [image, { chart: { repoURL: CHARTS, name: 'web', semverConstraint: '>>1' } }, git] }, fill);
      const { discoveredArtifacts } = (await expectSound(undefined)).status ?? {};
      expect(discoveredArtifacts?.images?.[0]?.references).toHaveLength(1);
      expect(discoveredArtifacts?.git?.[0]?.commits).toHaveLength(1);
      expect(await tell()).toEqual([]);
      expect((await world?.condition('Ready'))?.message).toContain('spec.subscriptions[1]');
    });

    it('one that hangs costs only itself', async () => {
      const { outside, clock, manager } = await start(three, fill);
      outside.pushImage(IMAGE, '1.1.0');
      outside.hanging.add(CHARTS);
      await clock.advanceBy(300_000);
      await clock.advanceBy(9 * 60_000);
      await manager.idle();
      expect(await tell()).toEqual(['1.0.0 first 2.1.0', '1.1.0 first 2.1.0']);
      expect((await world?.condition('Ready'))?.message).toContain('it took longer than 9 minutes');
    });
  });

  it('goes quietly', async () => {
    const { client, manager } = await start({ subscriptions: [image] }, (o) => o.pushImage(IMAGE, '1.0.0'));
    await client.delete(Warehouse, { namespace: 'shop', name: 'app' });
    await manager.idle();
    await expect(client.get(Warehouse, { namespace: 'shop', name: 'app' })).rejects.toSatisfy((error) =>
      isReason(error, 'NotFound'),
    );
    expect(await freight(world as WarehouseWorld)).toHaveLength(1);
    expect(manager.defects()).toEqual([]);
  });
});
