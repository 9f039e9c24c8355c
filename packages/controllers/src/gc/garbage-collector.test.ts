import { allKinds, apiVersionOf, ApiError, Freight, Namespace, Project, type Promotion, type Stage } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { type Client, Manager, seededRandom, silentLog, VirtualClock } from '@kargo/kube';
import { interceptClient } from '@kargo/kube/testing';
import { describe, expect, it } from 'vitest';
import { aPromotion, aStage, someFreight } from '../availability/fixtures.ts';
import { garbageCollector } from './garbage-collector.ts';
import { DEFAULT_RETENTION, expiredFreight, expiredPromotions } from './retention.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-06-01T00:00:00Z');
const daysAgo = (days: number): string => new Date(NOW - days * DAY).toISOString().replace('.000Z', 'Z');
/** `count` numbers, the first being the newest. */
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const holding = (...names: string[]): Stage =>
  aStage('qa', undefined, {
    status: { freightHistory: [{ id: 'c', items: Object.fromEntries(names.map((name) => [name, { name }])) }] },
  });

describe('old Promotions', () => {
  const promotions = (count: number, phase: (index: number) => string = () => 'Succeeded', firstDay = 100): Promotion[] =>
    range(count).map((index) => aPromotion(`p${index}`, { created: daysAgo(firstDay + index), status: { phase: phase(index) } }));
  const gone = (list: Promotion[], stage?: Stage): (string | undefined)[] =>
    expiredPromotions(list, stage, NOW, DEFAULT_RETENTION).map(({ metadata }) => metadata.name);

  it.each<[string, Promotion[], Stage | undefined, string[]]>([
    ['go beyond the newest twenty', promotions(22), undefined, ['p20', 'p21']],
    ['stay while there are no more than twenty', promotions(20), undefined, []],
    ['stay while they are young', promotions(22, undefined, -7), undefined, []],
    [
      'stay behind one that has not ended, twenty of them',
      promotions(24, (index) => (index === 2 ? 'Pending' : 'Failed')),
      undefined,
      ['p23'],
    ],
    [
      'stay if the Stage ended with them',
      promotions(22),
      aStage('qa', undefined, { status: { lastPromotion: { name: 'p21' } } }),
      ['p20'],
    ],
  ])('%s', (_, list, stage, want) => {
    expect(gone(list, stage)).toEqual(want);
  });
});

describe('old Freight', () => {
  const freight = (count: number, more: (index: number) => Freight['status'] = () => ({})): Freight[] =>
    range(count).map((index) => someFreight(`f${index}`, more(index), { discoveredAt: daysAgo(100 + index) }));
  const gone = (list: Freight[], stages: Stage[] = [], promotions: Promotion[] = []): (string | undefined)[] =>
    expiredFreight(list, { stages, promotions }, NOW, DEFAULT_RETENTION).map(({ metadata }) => metadata.name);

  it.each<[string, Freight[], Stage[], Promotion[], string[]]>([
    ['goes beyond the newest twenty', freight(22), [], [], ['f20', 'f21']],
    ['stays behind what a Stage holds, twenty pieces', freight(26), [holding('f4')], [], ['f25']],
    [
      'stays while it is being promoted',
      freight(26),
      [],
      [aPromotion('p', { freight: 'f4', status: { phase: 'Pending' } })],
      ['f25'],
    ],
    [
      'stays while it is approved for a Stage',
      freight(22, (index) => (index === 21 ? { approvedFor: { prod: {} } } : {})),
      [],
      [],
      ['f20'],
    ],
    [
      'stays if it was the last that was promoted',
      freight(22),
      [aStage('qa', undefined, { status: { lastPromotion: { name: 'p', freight: { name: 'f20' } } } })],
      [],
      ['f21'],
    ],
    [
      'goes though a Promotion that has ended names it',
      freight(22),
      [],
      [aPromotion('p', { freight: 'f21', status: { phase: 'Failed' } })],
      ['f20', 'f21'],
    ],
  ])('%s', (_, list, stages, promotions, want) => {
    expect(gone(list, stages, promotions)).toEqual(want);
  });
});

describe('the garbage collector', () => {
  async function world(count: number, wrap: (client: Client) => Client = (client) => client) {
    const clock = new VirtualClock('2026-01-01T10:20:00Z');
    const random = seededRandom(1);
    const api = openApiServer({ path: ':memory:', kinds: allKinds, clock, random });
    const client = wrap(api.client());
    const manager = new Manager({ client, clock, random, log: silentLog });
    manager.add(garbageCollector({ client, cache: manager.cache, clock, freight: { minimumAge: 30 * 60_000 } }));
    await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
    await client.create(Project, { apiVersion: apiVersionOf(Project), kind: 'Project', metadata: { name: 'shop' } });
    for (const index of range(count)) {
      const { metadata, ...fields } = someFreight(`f${index}`, {}, { discoveredAt: '2026-01-01T10:20:00Z' });
      await client.create(Freight, { ...fields, metadata: { name: metadata.name, namespace: 'shop' } });
    }
    await manager.start();
    await manager.idle();
    const left = async (): Promise<number> => (await client.list(Freight, { namespace: 'shop' })).items.length;
    const close = async (): Promise<void> => {
      await manager.stop();
      await api.close();
    };
    return { clock, manager, left, close };
  }

  it('looks at every full hour', async () => {
    const { clock, manager, left, close } = await world(23);
    expect(await left()).toBe(23);
    await clock.advanceTo('2026-01-01T10:59:59Z');
    await manager.idle();
    expect(await left()).toBe(23);
    await clock.advanceTo('2026-01-01T11:00:00Z');
    await manager.idle();
    expect(await left()).toBe(20);
    await close();
  });

  it('what cannot be deleted does not keep the rest, and is tried again', async () => {
    let failures = 0;
    const { clock, manager, left, close } = await world(23, (client) =>
      interceptClient(client, {
        around: (call, next) => {
          if (call.verb !== 'delete' || failures > 0) return next();
          failures += 1;
          throw new ApiError('InternalError', 'not now');
        },
      }),
    );
    await clock.advanceTo('2026-01-01T11:00:00Z');
    await manager.idle();
    expect(await left()).toBe(21);
    await clock.advanceBy(60_000);
    await manager.idle();
    expect(await left()).toBe(20);
    await close();
  });
});
