import { Stage } from '@kargo/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { World } from './world.ts';

let world: World;

beforeEach(async () => {
  world = await World.open();
  await world.warehouse();
  await world.policies({ stageSelector: {}, autoPromotionEnabled: true });
});

afterEach(async () => {
  expect(world.violations).toEqual([]);
  expect(world.manager.defects()).toEqual([]);
  await world.close();
});

const queue = async (): Promise<string[]> =>
  (await world.promotions('test')).map(({ spec, status }) => `${spec.freight} ${status?.phase ?? 'Pending'}`);

/** Freight arrives while the first is being promoted. */
async function pileUp(): Promise<void> {
  await world.freight('f1');
  await world.quiet();
  const [first] = await world.promotions('test');
  if (first !== undefined) await world.begin(first);
  for (const name of ['f2', 'f3', 'f4']) {
    await world.pass(1000);
    await world.freight(name);
    await world.quiet();
  }
}

describe('a Stage', () => {
  it('promotes everything in order if nothing else is said', async () => {
    await world.stage('test');
    await pileUp();
    expect(await queue()).toEqual(['f1 Running', 'f2 Pending', 'f3 Pending', 'f4 Pending']);
  });

  it('that takes the latest only goes from what runs straight to the latest, and tells what took the place of what', async () => {
    await world.stage('test', { promotionOrder: 'LatestOnly' });
    await pileUp();
    expect(await queue()).toEqual(['f1 Running', 'f2 Aborted', 'f3 Aborted', 'f4 Pending']);
    const [first, second, third, last] = await world.promotions('test');
    expect([second?.status?.supersededBy, third?.status?.supersededBy]).toEqual([third?.metadata.name, last?.metadata.name]);
    expect(second?.status?.message).toBe(
      `Superseded by Promotion ${third?.metadata.name} before its turn: the Stage takes the latest only`,
    );
    expect(second?.status?.finishedAt).toBeDefined();
    expect(world.told.filter((text) => text.startsWith('PromotionDiscarded'))).toEqual([
      'PromotionDiscarded: f2 in test (test)',
      'PromotionDiscarded: f3 in test (test)',
    ]);
    if (first !== undefined) await world.end(first);
    if (last !== undefined) await world.run(last);
    const { status } = await world.get('test');
    expect(status.freightHistory?.map(({ items }) => items?.['Warehouse/app']?.name)).toEqual(['f4', 'f1']);
    expect(status.lastPromotion?.name).toBe(last?.metadata.name);
  });

  it('that is told so with a queue already there cuts the queue short', async () => {
    const stage = await world.stage('test');
    await pileUp();
    await world.client.update(Stage, { ...(await world.get('test')), spec: { ...stage.spec, promotionOrder: 'LatestOnly' } });
    await world.quiet();
    expect(await queue()).toEqual(['f1 Running', 'f2 Aborted', 'f3 Aborted', 'f4 Pending']);
  });

  it('does not hold against Freight that it was overtaken: promoted again, it is promoted', async () => {
    await world.stage('test', { promotionOrder: 'LatestOnly' });
    await pileUp();
    await world.promote('test', 'f2');
    expect(await queue()).toEqual(['f1 Running', 'f2 Aborted', 'f3 Aborted', 'f4 Aborted', 'f2 Pending']);
    // Somebody chose f2, so automation leaves it there.
    expect((await world.get('test')).status.effectiveAutoPromotionHolds).toHaveProperty('Warehouse/app');
  });
});
