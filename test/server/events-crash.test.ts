/**
 * The API server dies at every call that it makes for what people ask of it. Whatever was written by then is told of once, with who did it:
 * if not by the server, then by the controllers, which run on.
 */
import { Event, Freight, Promotion, Stage } from '@kargo/api';
import { eventRecorder, freightAnnouncer, promotionAnnouncer } from '@kargo/controllers';
import { Manager, nextTurn, seededRandom, silentLog, type VirtualClock } from '@kargo/kube';
import { SimulatedProcess, Trace } from '@kargo/kube/testing';
import { describe, expect, it } from 'vitest';
import { addFreight, aStage, openPipeline, someFreight, type Harness } from './harness.ts';

const IMAGES = [{ repoURL: 'registry/app', tag: 'made' }];
const freight = {
  apiVersion: 'kargo.akuity.io/v1alpha1',
  kind: 'Freight',
  origin: { kind: 'Warehouse', name: 'w' },
  images: IMAGES,
};
const promotion = { apiVersion: 'kargo.akuity.io/v1alpha1', kind: 'Promotion', spec: { stage: 'test', freight: 'f1' } };

/** What people ask for, by a name for the title, and how many events it has once it is done. */
const ACTIONS: [string, number, (harness: Harness) => Promise<unknown>][] = [
  [
    'Freight by manifest',
    1,
    ({ call }) => call('POST', '/resources', { ...freight, metadata: { name: 'made', namespace: 'demo' } }),
  ],
  [
    'a Promotion by manifest',
    1,
    ({ call }) => call('POST', '/resources', { ...promotion, metadata: { name: 'p', namespace: 'demo' } }),
  ],
  ['a Promotion', 1, ({ call }) => call('POST', '/projects/demo/stages/test/promotions', { freight: 'f1' })],
  ['Promotions downstream', 2, ({ call }) => call('POST', '/projects/demo/stages/test/promotions/downstream', { freight: 'f1' })],
  ['an approval', 1, ({ call }) => call('POST', '/projects/demo/freight/f1/approve?stage=prod')],
];

interface Told {
  /** What was written that people are to be told of. */
  written: string[];
  /** What they were told, with the actor. */
  told: string[];
  points: number;
}

async function act(action: (harness: Harness) => Promise<unknown>, crash?: number): Promise<Told> {
  let process: SimulatedProcess | undefined;
  let armedAt = Number.POSITIVE_INFINITY;
  const harness = await openPipeline({
    as(client) {
      process ??= new SimulatedProcess({
        name: 'server',
        clock: { now: () => Date.parse('2026-01-01T00:00:00Z') } as VirtualClock,
        random: seededRandom(1),
        trace: new Trace({ now: () => 0 } as VirtualClock),
        plan: ({ n }) => n - armedAt === crash,
      });
      return process.client(client);
    },
  });
  const { client, clock } = harness;
  await client.create(Stage, aStage('uat-2', { stages: ['test'] }));
  await addFreight(client, someFreight('f1', '1', { verifiedIn: { test: {} } }));
  armedAt = process?.points ?? 0;
  await Promise.race([action(harness), process?.death]);
  const points = (process?.points ?? 0) - armedAt;

  const manager = new Manager({ client, clock, random: seededRandom(2), log: silentLog });
  const events = eventRecorder({ client, clock, random: seededRandom(3), log: silentLog, component: 'management-controller' });
  manager.add(freightAnnouncer({ cache: manager.cache, clock, events }));
  manager.add(promotionAnnouncer({ cache: manager.cache, clock, events }));
  await manager.start();
  for (let turn = 0; turn < 20; turn += 1) await nextTurn();
  await clock.advanceBy(10_000);

  const written: string[] = [];
  for (const { metadata } of (await client.list(Promotion, { namespace: 'demo' })).items)
    written.push(`PromotionCreated ${metadata.name}`);
  for (const { metadata, status } of (await client.list(Freight, { namespace: 'demo' })).items) {
    if (metadata.annotations?.['kargo.akuity.io/freight-creator'] !== undefined) written.push(`FreightCreated ${metadata.name}`);
    if (status?.approvedFor !== undefined) written.push(`FreightApproved ${metadata.name}`);
  }
  const told = (await client.list(Event, { namespace: 'demo' })).items.map(
    ({ reason, involvedObject, metadata }) =>
      `${reason} ${involvedObject.name} by ${metadata.annotations?.['event.kargo.akuity.io/actor']}`,
  );
  await manager.stop();
  await harness.server.close();
  await harness.api.close();
  return { written: written.toSorted(), told: told.toSorted(), points };
}

describe('an API server that dies while it is asked for', () => {
  it.each(ACTIONS)('%s: what was written is told of once, by whom', { timeout: 60_000 }, async (_name, count, action) => {
    const calm = await act(action);
    expect(calm.told).toHaveLength(count);
    let untold = 0;
    for (let crash = 1; crash <= calm.points; crash += 1) {
      const { written, told } = await act(action, crash);
      expect({ crash, told }).toEqual({ crash, told: written.map((each) => `${each} by admin`) });
      if (told.length > 0) untold += 1;
    }
    expect(untold).toBeGreaterThan(0);
  });
});
