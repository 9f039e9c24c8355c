import { allKinds, apiVersionOf, Event, Namespace } from '@kargo/api';
import { seededRandom, VirtualClock } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import { openApiServer } from '../api-server.ts';

const MINUTE = 60_000;

/** An API with an event that is made at the beginning, and one that is said to have happened again after ten minutes. */
async function world(eventTTL?: number) {
  const clock = new VirtualClock('2026-01-01T00:00:00Z');
  const api = openApiServer({ path: ':memory:', kinds: allKinds, clock, random: seededRandom(1), eventTTL });
  const client = api.client();
  const namespace = 'shop';
  await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const make = (name: string): Promise<Event> =>
    client.create(Event, { apiVersion: apiVersionOf(Event), kind: 'Event', metadata: { namespace, name }, involvedObject: {} });
  await make('old');
  const again = await make('again');
  await clock.advanceBy(10 * MINUTE);
  await client.update(Event, { ...again, count: 2 });
  const left = async (): Promise<string[]> =>
    (await client.list(Event, { namespace })).items.map(({ metadata }) => metadata.name ?? '');
  const pass = async (ms: number): Promise<string[]> => {
    await clock.advanceBy(ms);
    await clock.settle();
    return left();
  };
  return { pass, close: () => api.close() };
}

describe('events', () => {
  it('go an hour after their last change', async () => {
    const { pass, close } = await world();
    expect(await pass(49 * MINUTE)).toEqual(['again', 'old']);
    expect(await pass(2 * MINUTE)).toEqual(['again']);
    expect(await pass(8 * MINUTE)).toEqual(['again']);
    expect(await pass(2 * MINUTE)).toEqual([]);
    await close();
  });

  it('or when the installation says', async () => {
    const { pass, close } = await world(15 * MINUTE);
    expect(await pass(6 * MINUTE)).toEqual(['again']);
    expect(await pass(10 * MINUTE)).toEqual([]);
    await close();
  });
});
