/** `kargo explain` against a running Kargo. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROJECT, World } from '../e2e/world.ts';

let world: World;
let freight: string;

beforeAll(async () => {
  world = await World.start();
  world.registry.pushImage('nginx/nginx', '1.26.1');
  await world.applyPipeline({ sleep: '0' });
  freight = (await world.freightWithTag('1.26.1')).metadata.name ?? '';
  await world.verified(freight, 'uat');
}, 120_000);

afterAll(() => world?.close());

describe('kargo explain', () => {
  it('says that a stage waits for a person, and with which command it goes on', async () => {
    const said = await world.ok(`explain stage prod --project ${PROJECT}`);
    expect(said).toContain('is ready and waits for a person: auto-promotion is off');
    expect(said).toContain(`kargo promote --project ${PROJECT} --freight ${freight} --stage prod`);
  });

  it('says that a stage has everything there is for it, and what the controllers watch', async () => {
    const said = JSON.parse(await world.ok(`explain stage test --project ${PROJECT} -o json`)) as {
      standing: string;
      triggers: unknown[];
    };
    expect(said.standing).toBe('settled');
    expect(said.triggers).not.toEqual([]);
  });

  it('says where freight may go', async () => {
    const said = await world.ok(`explain freight ${freight} --project ${PROJECT}`);
    expect(said).toMatch(/ok {2}Stage prod +available: verified in uat/);
    expect(said).toMatch(/ok {2}Stage test +there now, verified/);
  });

  it('says how a promotion ended', async () => {
    const [promotion] = await world.promotionsOf('test');
    expect(await world.ok(`explain promotion ${promotion?.metadata.name} --project ${PROJECT}`)).toMatch(/ended Succeeded at/);
  });

  it('says what a warehouse found and when it looks again', async () => {
    const said = await world.ok(`explain warehouse my-warehouse --project ${PROJECT}`);
    expect(said).toContain('newest match is 1.26.1');
    expect(said).toMatch(/What moves it:\n {2}at 20/);
  });

  it('says which credentials a repository is asked with', async () => {
    expect(await world.ok(`explain credentials https://github.com/acme/deploy --project ${PROJECT}`)).toMatch(
      /^No Secret is about this repository: it is asked without credentials\./,
    );
  });

  it('refuses what does not exist, and types that cannot be explained', async () => {
    expect(await world.kargo(`explain stage nowhere --project ${PROJECT}`)).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('404 Not Found') as string,
    });
    expect(await world.kargo(`explain secret x --project ${PROJECT}`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('TYPE is stage, freight, promotion, warehouse or credentials') as string,
    });
  });
});
