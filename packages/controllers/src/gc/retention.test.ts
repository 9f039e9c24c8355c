import { freightNames, type Freight, type FreightCollection, type Promotion, type Stage } from '@kargo/api';
import { seededRandom, type SeededRandom } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import { aPromotion, aStage, someFreight } from '../availability/fixtures.ts';
import { expiredFreight, expiredPromotions } from './retention.ts';

const NOW = Date.parse('2026-06-01T00:00:00Z');
const DAY = 86_400_000;
const daysAgo = (days: number): string => new Date(NOW - days * DAY).toISOString().replace('.000Z', 'Z');
const below = (random: SeededRandom, end: number): number => Math.floor(random.next() * end);

interface World {
  freight: Freight[];
  stages: Stage[];
  promotions: Promotion[];
}

/** A Project with a long past: everything is older than the age at which it may go. */
function aWorld(random: SeededRandom): World {
  // Mostly newer ones; `f0` is the newest.
  const any = (): string => `f${Math.floor(40 * random.next() ** 6)}`;
  const collection = (): FreightCollection => {
    const names = Array.from({ length: 1 + below(random, 2) }, any);
    return {
      id: `c${below(random, 1000)}`,
      items: Object.fromEntries(
        names.map((name, index) => [`Warehouse/w${index}`, { name, origin: { kind: 'Warehouse', name: 'app' } }]),
      ),
    };
  };
  const maybe = <T>(chance: number, make: () => T): T | undefined => (random.next() < chance ? make() : undefined);
  const freight = Array.from({ length: 40 }, (_, index) =>
    someFreight(
      `f${index}`,
      {
        ...maybe(0.05, () => ({ approvedFor: { prod: { approvedAt: daysAgo(50) } } })),
        ...maybe(0.05, () => ({ currentlyIn: { gate: { since: daysAgo(50) } } })),
        ...maybe(0.5, () => ({ verifiedIn: { test: { verifiedAt: daysAgo(50) } } })),
      },
      { discoveredAt: daysAgo(30 + index) },
    ),
  );
  const phases = ['', 'Pending', 'Running', 'Succeeded', 'Succeeded', 'Failed', 'Errored', 'Aborted'];
  const promotions = Array.from({ length: 60 }, (_, index) => {
    const phase = phases[index < 12 ? below(random, phases.length) : 3 + below(random, 5)] ?? '';
    return aPromotion(`p${index}`, {
      stage: `s${below(random, 3)}`,
      freight: any(),
      created: daysAgo(30 + index),
      status: { phase, ...maybe(0.3, () => ({ freightCollection: collection() })) },
    });
  });
  const stages = ['s0', 's1', 's2'].map((name) => {
    const last = promotions[below(random, promotions.length)];
    const hold = { freightName: any(), origin: { kind: 'Warehouse' as const, name: 'app' } };
    return aStage(name, undefined, {
      status: {
        freightHistory: Array.from({ length: below(random, 6) }, collection),
        ...maybe(0.8, () => ({
          lastPromotion: {
            name: last?.metadata.name ?? '',
            freight: { name: any() },
            status: { freightCollection: collection() },
          },
        })),
        ...maybe(0.3, () => ({ currentPromotion: { name: `p${below(random, 60)}`, freight: { name: any() } } })),
        ...maybe(0.2, () => ({ autoPromotionHolds: { 'Warehouse/app': hold } })),
      } as Stage['status'],
    });
  });
  return { freight, stages, promotions };
}

/** Whoever would miss a piece of Freight, told from the words of the documentation and not by the code that decides. */
function usersOf(name: string, { freight, stages, promotions }: World): string[] {
  const out: string[] = [];
  const own = freight.find(({ metadata }) => metadata.name === name)?.status;
  if (Object.keys(own?.approvedFor ?? {}).length > 0) out.push('an approval');
  if (Object.keys(own?.currentlyIn ?? {}).length > 0) out.push('a Stage that it is in');
  for (const { metadata, status } of stages) {
    if (status?.freightHistory?.some((each) => freightNames(each).includes(name))) out.push(`the history of ${metadata.name}`);
    if (status?.currentPromotion?.freight?.name === name) out.push(`what runs in ${metadata.name}`);
    const last = status?.lastPromotion;
    if (last?.freight?.name === name || freightNames(last?.status?.freightCollection ?? {}).includes(name))
      out.push(`the last Promotion of ${metadata.name}`);
    if (Object.values(status?.autoPromotionHolds ?? {}).some(({ freightName }) => freightName === name))
      out.push(`a hold in ${metadata.name}`);
  }
  for (const { metadata, spec, status } of promotions)
    if (
      ['', 'Pending', 'Running'].includes(status?.phase ?? '') &&
      (spec.freight === name || freightNames(status?.freightCollection ?? {}).includes(name))
    )
      out.push(`Promotion ${metadata.name}`);
  return out;
}

describe('what is collected', () => {
  it.each([0, 1, 5, 20])('is in nobody’s use, whatever the past of the Project, keeping %i', (keep) => {
    let freightGone = 0;
    let promotionsGone = 0;
    for (let seed = 0; seed < 80; seed++) {
      const world = aWorld(seededRandom(`${keep} ${seed}`));
      const retention = { keep, minimumAge: 14 * DAY };
      const freight = expiredFreight(world.freight, world, NOW, retention).map(({ metadata }) => metadata.name ?? '');
      freightGone += freight.length;
      for (const name of freight) expect({ seed, name, users: usersOf(name, world) }).toEqual({ seed, name, users: [] });
      for (const stage of world.stages) {
        const ofStage = world.promotions.filter(({ spec }) => spec.stage === stage.metadata.name);
        const expired = expiredPromotions(ofStage, stage, NOW, retention);
        promotionsGone += expired.length;
        expect(ofStage.length - expired.length).toBeGreaterThanOrEqual(Math.min(keep, ofStage.length));
        for (const { metadata, status } of expired) {
          expect(['Succeeded', 'Failed', 'Errored', 'Aborted']).toContain(status?.phase);
          expect([stage.status?.lastPromotion?.name, stage.status?.currentPromotion?.name]).not.toContain(metadata.name);
        }
      }
    }
    if (keep < 20) expect([freightGone > 0, promotionsGone > 0]).toEqual([true, true]);
  });
});
