/** The pipeline of the documentation on virtual time, from a pushed tag to production. */
import { afterEach, describe, expect, it } from 'vitest';
import { commitOf, IMAGE, PipelineSimulation, REPOSITORY } from './pipeline-simulation.ts';

const TAGS = ['1.26.1', '1.26.2'];
const STAGES = ['test', 'uat', 'prod'];

let simulation: PipelineSimulation;
afterEach(() => simulation.close());

/** Two tags travel to production: to the first stages by themselves, to the last because somebody promotes them. */
async function twoTags(seed: number): Promise<string> {
  simulation = await PipelineSimulation.open({ seed });
  for (const tag of TAGS) {
    simulation.pushTag(tag);
    const freight = await simulation.discovered(tag);
    await simulation.verified(tag, 'uat');
    await simulation.promote('prod', freight);
    await simulation.verified(tag, 'prod');
  }
  await simulation.until('everything to be steady', async () => {
    const stages = await Promise.all(STAGES.map((name) => simulation.stage(name)));
    return stages.every(({ status }) => status?.phase === 'Steady');
  });
  return simulation.record();
}

describe('the pipeline', () => {
  it.each([1, 2, 3])('[S04] [S05] [S06] brings two tags to production, with seed %i', async (seed) => {
    await twoTags(seed);
    for (const stage of STAGES) {
      const promotions = await simulation.promotions(stage);
      expect(promotions.map(({ status }) => status?.phase)).toEqual(['Succeeded', 'Succeeded']);
      expect(simulation.commits(`stage/${stage}`).map(({ id }) => id)).toEqual(promotions.map(commitOf));
      expect(simulation.observer.operationsOf(`kargo-demo-${stage}`)).toBe(2);
      const files = simulation.world.remotes.files(REPOSITORY, `stage/${stage}`);
      expect(files['manifests.yaml']).toContain(`image: ${IMAGE}:1.26.2`);
      const { status } = await simulation.stage(stage);
      expect(status?.freightHistory?.map(({ verificationHistory }) => verificationHistory?.map(({ phase }) => phase))).toEqual([
        ['Successful'],
        ['Successful'],
      ]);
    }
    expect(simulation.world.effects).toHaveLength(STAGES.length * (TAGS.length + 1));
    expect(simulation.jobs.attempts).toHaveLength(STAGES.length * TAGS.length);
  });

  it('happens again byte for byte with the same seed, and otherwise with another one', async () => {
    const first = await twoTags(7);
    await simulation.close();
    expect(await twoTags(7)).toBe(first);
    await simulation.close();
    expect(await twoTags(8)).not.toBe(first);
  });
});
