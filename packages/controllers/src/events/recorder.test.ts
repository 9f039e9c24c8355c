import { allKinds, ApiError, Event, Freight, Namespace } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { seededRandom, silentLog, VirtualClock, type Client } from '@kargo/kube';
import { beforeEach, describe, expect, it } from 'vitest';
import { eventRecorder, type EventInput, type EventRecorder } from './recorder.ts';

let client: Client;
let clock: VirtualClock;
let calls = 0;
/** What happens to calls: thrown before anything is written, or after. */
let fault: { before?: ApiError | undefined; after?: ApiError | undefined } = {};
const about: Freight = {
  apiVersion: 'kargo.akuity.io/v1alpha1',
  kind: 'Freight',
  metadata: { namespace: 'shop', name: 'f1', uid: 'u1' },
  origin: { kind: 'Warehouse', name: 'app' },
};
const event = (more: Partial<EventInput> = {}): EventInput => ({
  kind: Freight,
  about,
  reason: 'FreightCreated',
  message: 'made',
  occurrence: 'created',
  ...more,
});

/** A recorder of a process of its own. */
function process(seed = 1, told = new Set<string>()): EventRecorder {
  return eventRecorder({
    client: {
      create: async (...args) => {
        calls += 1;
        if (fault.before !== undefined) throw fault.before;
        const created = await client.create(...args);
        if (fault.after !== undefined) throw fault.after;
        return created;
      },
    },
    clock,
    random: seededRandom(seed),
    log: silentLog,
    component: 'warehouse-controller',
    told,
  });
}

const events = async (): Promise<Event[]> => (await client.list(Event, { namespace: 'shop' })).items;

beforeEach(async () => {
  calls = 0;
  fault = {};
  clock = new VirtualClock('2026-01-01T00:00:00Z');
  client = openApiServer({ path: ':memory:', kinds: allKinds, clock: new VirtualClock(), random: seededRandom(1) }).client();
  await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
});

describe('an event', () => {
  it('says what it is about, who says so, and facts for machines without empty ones', async () => {
    await process().record(
      event({ facts: { actor: 'email:kim@acme.io', project: undefined }, related: { kind: Freight, name: 'x' } }),
    );
    expect((await events())[0]).toMatchObject({
      metadata: { namespace: 'shop', annotations: { 'event.kargo.akuity.io/actor': 'email:kim@acme.io' } },
      involvedObject: { apiVersion: 'kargo.akuity.io/v1alpha1', kind: 'Freight', namespace: 'shop', name: 'f1', uid: 'u1' },
      related: { kind: 'Freight', namespace: 'shop', name: 'x' },
      type: 'Normal',
      reason: 'FreightCreated',
      source: { component: 'warehouse-controller' },
    });
  });

  it('is told once, whoever tells it again, and at no cost by the same process', async () => {
    const recorder = process();
    for (let again = 0; again < 3; again++) await recorder.record(event());
    expect(calls).toBe(1);
    await process(2).record(event({ message: 'made, I think' }));
    expect((await events()).map(({ message }) => message)).toEqual(['made']);
  });

  it('of another occurrence, reason or object is another', async () => {
    const others: Partial<EventInput>[] = [
      { occurrence: 'again' },
      { reason: 'FreightApproved' },
      { about: { ...about, metadata: { ...about.metadata, uid: 'u2' } } },
      { occurrence: undefined },
      { occurrence: undefined },
    ];
    const recorder = process();
    for (const more of [{}, ...others]) await recorder.record(event(more));
    expect(await events()).toHaveLength(1 + others.length);
  });

  it('that can never be told again takes no room among those that can', async () => {
    const told = new Set<string>();
    const recorder = process(1, told);
    for (let i = 0; i < 3; i++) await recorder.record(event({ occurrence: undefined }));
    expect(told.size).toBe(0);
    await recorder.record(event());
    expect(told.size).toBe(1);
    expect(await events()).toHaveLength(4);
  });

  it('about an object with the longest name still has a name that is allowed', async () => {
    await process().record(event({ about: { ...about, metadata: { ...about.metadata, name: 'f'.repeat(253) } } }));
    expect((await events())[0]?.metadata.name).toHaveLength(253);
  });
});

describe('an event that cannot be written', () => {
  const away = new ApiError('ServiceUnavailable', 'the API cannot be reached');

  it('is tried again until it is, more and more rarely, and still tells when it happened', async () => {
    fault = { before: away };
    const recorder = process();
    await recorder.record(event());
    await recorder.record(event());
    expect(calls).toBe(1);
    await clock.advanceBy(10 * 60_000);
    expect(calls).toBeGreaterThan(10);
    expect(calls).toBeLessThan(20);
    fault = {};
    await clock.advanceBy(60_000);
    expect((await events()).map(({ firstTimestamp }) => firstTimestamp)).toEqual(['2026-01-01T00:00:00Z']);
    const before = calls;
    await recorder.record(event());
    await clock.advanceBy(60 * 60_000);
    expect(calls).toBe(before);
  });

  it('shows once though the answer was lost, also where nothing tells it from others', async () => {
    fault = { after: away };
    await process().record(event({ occurrence: undefined }));
    fault = {};
    await clock.advanceBy(60_000);
    expect(await events()).toHaveLength(1);
  });

  it('is given up an hour later, or at once where there is no namespace for it any more', async () => {
    fault = { before: away };
    const recorder = process();
    await recorder.record(event());
    await clock.advanceBy(70 * 60_000);
    const before = calls;
    await clock.advanceBy(60 * 60_000);
    expect(calls).toBe(before);
    fault = { before: new ApiError('NotFound', 'namespaces "shop" not found') };
    await recorder.record(event({ reason: 'FreightApproved' }));
    await clock.advanceBy(60 * 60_000);
    expect(calls).toBe(before + 1);
  });
});
