import { expect, it } from 'vitest';
import { seededRandom } from './seeded-random.ts';

it('repeats its sequence for the same seed and differs for another', () => {
  const draw = (seed: number): (number | string)[] => {
    const random = seededRandom(seed);
    return [random.next(), random.uuid(), random.next()];
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});

it('is uniform in [0, 1)', () => {
  const random = seededRandom('uniform');
  const buckets = Array.from({ length: 10 }, () => 0);
  for (let i = 0; i < 10_000; i++) {
    const value = random.next();
    expect(value >= 0 && value < 1).toBe(true);
    const bucket = Math.floor(value * 10);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  for (const count of buckets) expect(count).toBeGreaterThan(850);
});

it('makes version 4 UUIDs', () => {
  const random = seededRandom(1);
  const all = Array.from({ length: 1000 }, () => random.uuid());
  for (const uuid of all) expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(all).size).toBe(1000);
});

it('forks sequences that do not depend on what was drawn', () => {
  const used = seededRandom(1);
  used.next();
  expect(used.fork('x').next()).toBe(seededRandom(1).fork('x').next());
  expect(used.fork('x').next()).not.toBe(used.fork('y').next());
});
