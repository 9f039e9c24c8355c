/** Events that never arrive, watches that break, calls that fail: the pipeline comes to its end all the same. */
import { Event } from '@kargo/api';
import { RELIST_AFTER } from '@kargo/controlplane';
import type { Client } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import type { ClientFaults } from './faults.ts';
import { commitOf, PipelineSimulation } from './pipeline-simulation.ts';
import { followProgress, longestStandstill } from './progress.ts';

const cases: { name: string; faults: ClientFaults }[] = [
  { name: 'one of ten events never arrives', faults: { lostEvent: 0.1 } },
  { name: 'half of all events never arrive', faults: { lostEvent: 0.5 } },
  { name: 'watches break', faults: { brokenWatch: 0.2 } },
  { name: 'history is gone', faults: { expiredWatch: 0.1 } },
  { name: 'the API cannot be reached now and then', faults: { unreachable: 0.1 } },
  { name: 'answers of writes are lost', faults: { lostAnswer: 0.1 } },
  { name: 'others write at the same time', faults: { conflict: 0.2 } },
  {
    name: 'everything at once',
    faults: { lostEvent: 0.03, brokenWatch: 0.03, expiredWatch: 0.02, unreachable: 0.03, lostAnswer: 0.03, conflict: 0.05 },
  },
];

/** The events about Freight and Promotions, by name, with their reasons; they outlive their time to live here. */
function followEvents(client: Client, signal: AbortSignal): Map<string, string> {
  const told = new Map<string, string>();
  void (async () => {
    for await (const event of client.watch(Event, { signal }))
      if (event.type === 'ADDED' && ['Freight', 'Promotion'].includes(event.object.involvedObject.kind ?? ''))
        told.set(event.object.metadata.name ?? '', event.object.reason ?? '');
  })().catch(() => undefined);
  return told;
}

function countsOf(told: ReadonlyMap<string, string>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const reason of told.values()) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

describe.each(cases)('when $name', ({ faults }) => {
  it.each([1, 2, 3])('every tag still arrives once, and is told of once, with seed %i', async (seed) => {
    const simulation = await PipelineSimulation.open({ seed, stages: ['test', 'uat'] });
    const stop = new AbortController();
    try {
      const told = followEvents(simulation.client, stop.signal);
      simulation.faults = faults;
      for (const tag of ['1.26.1', '1.26.2']) {
        simulation.pushTag(tag);
        await simulation.verified(tag, 'uat');
      }
      for (const stage of ['test', 'uat']) {
        const promotions = await simulation.promotions(stage);
        expect(promotions.map(({ status }) => status?.phase)).toEqual(['Succeeded', 'Succeeded']);
        expect(simulation.commits(`stage/${stage}`).map(({ id }) => id)).toEqual(promotions.map(commitOf));
        expect(simulation.observer.operationsOf(`kargo-demo-${stage}`)).toBe(2);
      }
      simulation.faults = {};
      // What could not be told is tried again at least once a minute.
      await simulation.pass(2 * 60_000);
      expect(countsOf(told)).toEqual({
        FreightCreated: 2,
        PromotionCreated: 4,
        PromotionSucceeded: 4,
        FreightVerificationSucceeded: 4,
      });
    } finally {
      stop.abort();
      await simulation.close();
    }
  });
});

describe('within one poll interval', () => {
  const interval = 5 * 60_000;
  /** How long git, the registry, syncs and the verification itself take here at most. */
  const work = 60_000;

  it.each([
    { lostEvent: 1, name: 'no event ever arrives' },
    { lostEvent: 0.5, name: 'half of all events never arrive' },
    { lostEvent: 0.1, name: 'one of ten never arrives' },
  ])('of a pushed tag the next thing happens, though $name, no webhook comes and nobody refreshes', async ({ lostEvent }) => {
    const simulation = await PipelineSimulation.open({ seed: 1, stages: ['test', 'uat'] });
    const stop = new AbortController();
    try {
      const milestones = followProgress(simulation.client, () => simulation.now, stop.signal);
      simulation.faults = { lostEvent };
      for (const tag of ['1.26.1', '1.26.2', '1.26.3']) {
        const pushed = simulation.now;
        simulation.pushTag(tag);
        await simulation.verified(tag, 'uat');
        const standstill = longestStandstill(milestones, pushed, simulation.now);
        expect(standstill.ms, `waited for ${standstill.until}`).toBeLessThanOrEqual(interval + work);
      }
      expect(RELIST_AFTER).toBeLessThanOrEqual(interval);
    } finally {
      stop.abort();
      await simulation.close();
    }
  });
});
