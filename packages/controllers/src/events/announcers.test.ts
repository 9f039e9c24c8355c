import { allKinds, annotations, apiVersionOf, Event, Freight, Namespace, Promotion } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { Manager, nextTurn, seededRandom, silentLog, VirtualClock, type Client } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freightAnnouncer, promotionAnnouncer, recordApproval, recordFreightCreated } from './announcers.ts';
import { eventRecorder, type EventRecorder } from './recorder.ts';

let api: ReturnType<typeof openApiServer>;
let client: Client;
let clock: VirtualClock;
let manager: Manager;
/** Calls that create events, by whoever tells. */
let calls: number;
let recorder: (told?: Set<string>) => EventRecorder;

beforeEach(async () => {
  clock = new VirtualClock('2026-01-01T00:00:00Z');
  api = openApiServer({ path: ':memory:', kinds: allKinds, clock, random: seededRandom(1) });
  client = api.client();
  calls = 0;
  const create: Client['create'] = (...args) => ((calls += 1), client.create(...args));
  recorder = (told) =>
    eventRecorder({ client: { create }, clock, random: seededRandom(2), log: silentLog, component: 'test', told });
  await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
});
afterEach(async () => {
  await manager.stop();
  await api.close();
});

async function start(told?: Set<string>): Promise<void> {
  manager = new Manager({ client, clock, random: seededRandom(3), log: silentLog });
  const deps = { cache: manager.cache, clock, events: recorder(told) };
  manager.add(freightAnnouncer(deps));
  manager.add(promotionAnnouncer(deps));
  await manager.start();
}

async function pass(ms: number): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await nextTurn();
  await clock.advanceBy(ms);
}

const make = (name: string, actor?: string): Promise<Freight> =>
  client.create(Freight, {
    apiVersion: apiVersionOf(Freight),
    kind: 'Freight',
    metadata: {
      namespace: 'shop',
      name,
      ...(actor === undefined ? {} : { annotations: { [annotations.freightCreator]: actor } }),
    },
    origin: { kind: 'Warehouse', name: 'app' },
  });
const approve = (name: string, approval: Record<string, string>): Promise<Freight> =>
  client.patch(
    Freight,
    { namespace: 'shop', name },
    { type: 'merge', body: { status: { approvedFor: { prod: approval } } } },
    { subresource: 'status' },
  );
const told = async (): Promise<string[]> =>
  (await client.list(Event, { namespace: 'shop' })).items.map(({ message }) => message ?? '');

describe('what was made or approved', () => {
  it('is told of by controllers a few seconds later, if nobody did', async () => {
    await start();
    await make('f1', 'email:kim@acme.io');
    await make('f2', 'controller:warehouse-controller');
    await client.create(Promotion, {
      apiVersion: apiVersionOf(Promotion),
      kind: 'Promotion',
      metadata: { namespace: 'shop', name: 'p', annotations: { [annotations.createActor]: 'admin' } },
      spec: { stage: 'qa', freight: 'f1', steps: [{ uses: 'git-clear' }] },
    });
    await pass(4000);
    expect(await told()).toEqual([]);
    await pass(2000);
    expect((await told()).toSorted()).toEqual([
      'Promotion to Stage qa created by admin',
      'Warehouse app created Freight f2',
      'email:kim@acme.io created Freight f1',
    ]);
    await approve('f1', { approvedAt: '2026-01-01T00:00:06Z', approvedBy: 'admin' });
    await pass(10_000);
    expect(await told()).toContain('Freight f1 approved for Stage prod by admin');
    expect(await told()).toHaveLength(4);
  });

  it('is told of as it was, if somebody did, and at no cost within one process', async () => {
    const memory = new Set<string>();
    await start(memory);
    const made = await make('f1', 'admin');
    await recordFreightCreated(recorder(memory), { ...made, alias: 'brave-otter' });
    await approve('f1', { approvedAt: '2026-01-01T00:00:00Z', approvedBy: 'admin' });
    const approval = { freight: made, stage: 'prod', actor: 'email:kim@acme.io', at: '2026-01-01T00:00:00Z' };
    await recordApproval(recorder(memory), approval);
    await pass(60_000);
    expect(await told()).toEqual([
      'admin created Freight brave-otter',
      'Freight f1 approved for Stage prod by email:kim@acme.io',
    ]);
    expect(calls).toBe(2);
  });

  it('is told of by controllers that start within an hour, and not later, nor where nobody is said to have done it', async () => {
    await make('f1', 'admin');
    await make('f2');
    await clock.advanceBy(50 * 60_000);
    await start();
    await pass(0);
    expect(await told()).toEqual(['admin created Freight f1']);
    await manager.stop();
    await make('f3', 'admin');
    await clock.advanceBy(2 * 60 * 60_000);
    await start();
    await pass(60_000);
    // The other is gone by now.
    expect(await told()).toEqual([]);
  });
});
