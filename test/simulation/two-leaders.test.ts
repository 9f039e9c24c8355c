/**
 * Random lives of two control planes on one API: they are killed and stopped at random calls, their clocks are wrong, and whoever was
 * stopped goes on believing to be the leader. Every Promotion runs once all the same.
 *
 * `SIMULATION_PAIR_SEED=17` repeats one life; `SIMULATION_PAIRS=1000` tells that many.
 */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import { commitOf } from './pipeline-simulation.ts';
import { IMAGE, PairSimulation } from './pair-simulation.ts';

interface Life {
  terms: number;
  promotions: number;
  wrong: string[];
}

async function live(seed: number): Promise<Life> {
  const random = seededRandom(`life ${seed}`);
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random.next() * choices.length)] as T;
  const pair = await PairSimulation.open(seed);
  try {
    pair.chaos = { death: pick([0, 0.0005, 0.002]), pause: pick([0.0005, 0.002, 0.005]) };
    const tags = ['1.26.1', '1.26.2'].slice(0, 1 + Math.floor(random.next() * 2));
    for (const tag of tags) {
      pair.world.images.push(IMAGE, tag);
      await pair.pass(random.next() * 60_000);
      const victim = pair.processes[Math.floor(random.next() * pair.processes.length)];
      if (victim !== undefined) {
        if (random.next() < 0.3) victim.process.crash('killed at random');
        else pair.pause(victim, random.next() * 60_000);
      }
    }
    await pair.pass(300_000 + random.next() * 300_000);
    pair.chaos = { death: 0, pause: 0 };
    await pair.verified(tags.at(-1) ?? '');
    // Whoever was stopped goes on, and what was on its way arrives.
    await pair.pass(180_000);
    return { terms: pair.terms.length, promotions: (await pair.promotions()).length, wrong: await mistakes(pair) };
  } catch (error) {
    const file = join(tmpdir(), `kargo-pair-${seed}.trace`);
    writeFileSync(file, pair.simulation.trace.toString());
    const again = `SIMULATION_PAIR_SEED=${seed} node node_modules/vitest/vitest.mjs run test/simulation/two-leaders.test.ts`;
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`life ${seed} went wrong. Its whole trace is in ${file}; to repeat it: ${again}\n${why}`, { cause: error });
  } finally {
    await pair.close();
  }
}

/** What says that something ran twice, or that somebody acted who did not lead. */
async function mistakes(pair: PairSimulation): Promise<string[]> {
  const wrong = await pair.strayWrites();
  const promotions = await pair.promotions();
  const commits = pair.commits();
  for (const { metadata, status } of promotions)
    if (status?.phase !== 'Succeeded') wrong.push(`${metadata.name} ended ${status?.phase}: ${status?.message}`);
  const freight = promotions.map(({ spec }) => spec.freight);
  if (new Set(freight).size !== freight.length) wrong.push(`Freight was promoted more than once: ${freight.join(', ')}`);
  const made = promotions.flatMap((promotion) => commitOf(promotion) ?? []);
  if (commits.toSorted().join() !== [...new Set(made)].toSorted().join())
    wrong.push(`the branch has ${commits.join(', ')}, the Promotions made ${made.join(', ')}`);
  const pushes = pair.world.effects.filter(({ branch }) => branch === 'stage/test').length;
  if (pushes !== commits.length + 1) wrong.push(`${commits.length} commits came with ${pushes} pushes`);
  return wrong;
}

const { SIMULATION_PAIR_SEED, SIMULATION_PAIRS = '12' } = process.env;
const seeds =
  SIMULATION_PAIR_SEED === undefined
    ? Array.from({ length: Number(SIMULATION_PAIRS) }, (_, index) => index + 1)
    : [Number(SIMULATION_PAIR_SEED)];

describe('two control planes that are killed and stopped at random', () => {
  it(`run every Promotion once (${seeds.length} lives)`, { timeout: 3600_000 }, async () => {
    let changes = 0;
    for (const seed of seeds) {
      const { terms, promotions, wrong } = await live(seed);
      changes += terms - 1;
      expect({ seed, wrong }).toEqual({ seed, wrong: [] });
      expect(promotions).toBeGreaterThan(0);
    }
    // Otherwise the lives show nothing.
    expect(changes).toBeGreaterThan(seeds.length / 4);
  });
});
