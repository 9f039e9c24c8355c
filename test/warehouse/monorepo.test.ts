import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Monorepo, monorepo } from './monorepo-world.ts';

const SERVICES = 57;
const COMMITS = 1200;
let world: Monorepo;

beforeAll(async () => {
  world = await monorepo({ services: SERVICES, commits: COMMITS });
}, 60_000);
afterAll(() => world?.close());

/** Subject of the newest commit that touched a service, of those that were there from the start. */
const newestOf = (service: number): string => {
  for (let number = COMMITS; number > 0; number -= 1) if (number % SERVICES === service) return `change ${number}`;
  return '';
};

describe('a repository that many Warehouses look at', () => {
  it('is fetched once for all of them, and its history is read once', async () => {
    await world.start();
    const commands = world.takeCommands();
    expect(commands['fetch']).toBe(1);
    expect(commands['ls-remote']).toBeLessThanOrEqual(2);
    expect(commands['log']).toBeLessThanOrEqual(20);
    expect(await world.freight()).toBe(SERVICES);
    for (const [service, subject] of await world.newest()) expect([service, subject]).toEqual([service, newestOf(service)]);
  });

  it('is fetched once after a push, which makes Freight for those alone whose paths it changed', async () => {
    await world.push([3, 14]);
    await world.announce('one');
    const commands = world.takeCommands();
    // Small changes are asked for without `git fetch`; then git takes over what came.
    expect((commands['fetch'] ?? 0) + (commands['index-pack'] ?? 0)).toBe(1);
    expect(commands['ls-remote'] ?? 0).toBeLessThanOrEqual(2);
    expect(commands['log']).toBeLessThanOrEqual(2);
    expect(await world.freight()).toBe(SERVICES + 2);
    const newest = await world.newest();
    expect([newest.get(3), newest.get(14), newest.get(15)]).toEqual([
      `change ${COMMITS + 1}`,
      `change ${COMMITS + 1}`,
      newestOf(15),
    ]);
  });

  it('is not fetched when nothing has changed', async () => {
    await world.announce('two');
    const { 'ls-remote': listings = 0, ...others } = world.takeCommands();
    expect(listings).toBeLessThanOrEqual(2);
    expect(others).toEqual({});
    expect(await world.freight()).toBe(SERVICES + 2);
  });
});
