/**
 * Random stories from seeds: people promote and abort, engines end things in any order, time passes, controllers restart. What must
 * always hold is checked after every event, and at the end nothing may be left behind.
 */
import type { Promotion, Stage } from '@kargo/api';
import { seededRandom } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import { World } from './world.ts';

const EVENTS = 60;
const FREIGHT = ['f1', 'f2', 'f3'];
const ENDS = ['Succeeded', 'Succeeded', 'Failed', 'Errored', 'Aborted'];
const VERDICTS = ['Successful', 'Successful', 'Failed', 'Inconclusive', 'Error'];

/** Freight by the order in which successful Promotions ended: what the history of the Stage must say. */
type Expected = string[];

class Story {
  readonly world: World;
  readonly expected: Expected = [];
  readonly #random: ReturnType<typeof seededRandom>;

  constructor(world: World, seed: number) {
    this.world = world;
    this.#random = seededRandom(seed);
  }

  async event(): Promise<string> {
    const { world } = this;
    const promotions = await world.promotions('test');
    const pending = promotions.filter(({ status }) => status?.phase === undefined);
    const run = (await world.runs()).find(({ status }) => status === undefined || status.phase === 'Running');
    switch (Math.floor(this.#random.next() * 8)) {
      case 0:
      case 1: {
        const freight = this.#one(FREIGHT);
        await world.promote('test', freight);
        return `promote ${freight}`;
      }
      case 2: {
        // The engine aborts what waits; what was granted may have been picked up already.
        const victim = pending.length === 0 ? undefined : this.#one(pending);
        if (victim !== undefined) await world.end(victim, 'Aborted');
        return `abort ${victim?.metadata.name ?? 'nothing'}`;
      }
      case 3:
      case 4:
        return this.engine(promotions);
      case 5:
        if (run !== undefined)
          await world.analysis(run.metadata.name ?? '', { phase: run.status === undefined ? 'Running' : this.#one(VERDICTS) });
        return `analysis of ${run?.metadata.name ?? 'nothing'}`;
      case 6:
        await world.restart();
        return 'restart';
      default:
        await world.pass(this.#one([10, 1000, 7000]));
        return 'time passes';
    }
  }

  /** Begins or ends what was granted. */
  async engine(promotions: readonly Promotion[], phase?: string): Promise<string> {
    const { world } = this;
    const current = (await world.get('test')).status.currentPromotion?.name;
    const granted = promotions.find(({ metadata, status }) => metadata.name === current && status?.finishedAt === undefined);
    if (granted === undefined) return 'the engine has nothing to do';
    if (granted.status?.phase !== 'Running') {
      await world.begin(granted);
      return `begin ${granted.metadata.name}`;
    }
    const end = phase ?? this.#one(ENDS);
    if (end === 'Succeeded') this.expected.unshift(granted.spec.freight ?? '');
    await world.end(granted, end);
    return `end ${granted.metadata.name} ${end}`;
  }

  /** Ends everything that is open. False when it cannot be ended, because the Stage is stuck. */
  async finish(): Promise<boolean> {
    const { world } = this;
    for (let round = 0; round < 300; round++) {
      const promotions = await world.promotions('test');
      for (const run of await world.runs()) {
        if (run.status === undefined || run.status.phase === 'Running')
          await world.analysis(run.metadata.name ?? '', { phase: 'Successful' });
      }
      if (promotions.every(({ status }) => status?.finishedAt !== undefined)) return true;
      await this.engine(promotions, 'Succeeded');
      await world.pass(1000);
    }
    return false;
  }

  #one<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random.next() * from.length)]!;
  }
}

function historyOf({ status }: Stage): string[] {
  return (status?.freightHistory ?? []).map(({ items }) => items?.['Warehouse/app']?.name ?? '');
}

async function check({ world, expected }: Story): Promise<void> {
  const stage = await world.get('test');
  const promotions = await world.promotions('test');
  expect(promotions.filter(({ status }) => status?.phase === 'Running').length).toBeLessThanOrEqual(1);
  expect(historyOf(stage)).toEqual(expected.slice(0, 10));
  const here = await Promise.all(
    FREIGHT.map(async (name) => ((await world.getFreight(name)).status?.currentlyIn?.['test'] === undefined ? [] : [name])),
  );
  expect(here.flat()).toEqual(expected.slice(0, 1));
  expect(world.violations).toEqual([]);
  expect(world.manager.defects()).toEqual([]);
}

describe('whatever happens to a Stage', () => {
  it.each(Array.from({ length: 12 }, (_, seed) => seed + 1))('nothing is lost, doubled or stuck (seed %i)', async (seed) => {
    const world = await World.open();
    const story = new Story(world, seed);
    const told: string[] = [];
    try {
      await world.warehouse();
      await world.template('smoke');
      for (const name of FREIGHT) await world.freight(name);
      await world.stage('test', { verification: { analysisTemplates: [{ name: 'smoke' }] } });
      for (let i = 0; i < EVENTS; i++) {
        told.push(await story.event());
        await check(story);
      }
      expect(await story.finish()).toBe(true);
      await check(story);
      const { status } = await world.get('test');
      expect(status.currentPromotion).toBeUndefined();
      const ended = (await world.promotions('test')).map(({ metadata }) => metadata.name);
      expect(new Set(status.processedPromotions)).toEqual(new Set(ended));
    } catch (error) {
      throw new Error(`seed ${seed}, after: ${told.join('; ')}`, { cause: error });
    } finally {
      await world.close();
    }
  });
});
