import type { Promotion, StageStatus } from '@kargo/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aPromotion } from '../availability/fixtures.ts';
import { isProcessed, markProcessed, REMEMBERED_PROMOTIONS, unprocessed } from './processed-promotions.ts';

const ended = (name: string, second: number, phase = 'Succeeded'): Promotion =>
  aPromotion(name, {
    status: { phase, finishedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString().replace('.000Z', 'Z') },
  });

describe('which Promotions were taken note of', () => {
  it('none that has not ended', () => {
    expect(unprocessed({}, [aPromotion('a'), aPromotion('b', { status: { phase: 'Running' } })])).toEqual([]);
  });

  it('in the order in which they ended, then by name', () => {
    const all = [ended('d', 1), ended('c', 3), ended('b', 2), ended('a', 2)];
    expect(unprocessed({ processedPromotions: [] }, all).map(({ metadata }) => metadata.name)).toEqual(['d', 'a', 'b', 'c']);
  });

  it('by name where a Stage was written by a version that kept no marks', () => {
    const marks: StageStatus = { lastPromotion: { name: 'b' } };
    const all = [ended('a', 1), ended('b', 2), ended('c', 3)];
    expect(unprocessed(marks, all).map(({ metadata }) => metadata.name)).toEqual(['c']);
    markProcessed(marks, unprocessed(marks, all), all);
    expect(marks.processedPromotions).toEqual(['a', 'b', 'c']);
  });

  it('each exactly once, whatever the order of names and ends, and however many there are', () => {
    const arbitrary = fc.uniqueArray(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 3 * REMEMBERED_PROMOTIONS });
    fc.assert(
      fc.property(arbitrary, (names) => {
        const marks: StageStatus = {};
        const all: Promotion[] = [];
        const seen: string[] = [];
        for (const [second, name] of names.entries()) {
          all.push(ended(`p${name}`, second));
          const finished = unprocessed(marks, all);
          seen.push(...finished.map(({ metadata }) => metadata.name ?? ''));
          markProcessed(marks, finished, all);
          expect(unprocessed(marks, all)).toEqual([]);
        }
        expect(seen).toEqual(names.map((name) => `p${name}`));
        expect(marks.processedPromotions?.length).toBeLessThanOrEqual(REMEMBERED_PROMOTIONS);
      }),
      { numRuns: 30 },
    );
  });

  it('also those whose names have been forgotten, by when they ended', () => {
    const all = Array.from({ length: REMEMBERED_PROMOTIONS + 5 }, (_, i) => ended(`p${i}`, i));
    const marks: StageStatus = {};
    markProcessed(marks, all, all);
    expect(marks.processedPromotionsUntil).toBe('2026-01-01T00:00:04Z');
    expect(all.every((promotion) => isProcessed(marks, promotion))).toBe(true);
  });
});
