/** Events that never arrive, watches that break, calls that fail: the pipeline comes to its end all the same. */
import { RELIST_AFTER } from '@kargo/controlplane';
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

describe.each(cases)('when $name', ({ faults }) => {
  it.each([1, 2, 3])('every tag still arrives once, with seed %i', async (seed) => {
    const simulation = await PipelineSimulation.open({ seed, stages: ['test', 'uat'] });
    try {
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
    } finally {
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
