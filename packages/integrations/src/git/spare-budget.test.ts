import { describe, expect, it } from 'vitest';
import { SpareBudget } from './spare-budget.ts';

describe('work trees that are kept ready', () => {
  it.each<[string, { trees: number; bytes: number }, number[], number[]]>([
    ['all of few', { trees: 3, bytes: 100 }, [10, 20, 30], [10, 20, 30]],
    ['the latest of many', { trees: 2, bytes: 100 }, [10, 20, 30], [20, 30]],
    ['the latest of large ones', { trees: 9, bytes: 100 }, [60, 30, 50], [30, 50]],
    ['as many as have to', { trees: 9, bytes: 100 }, [10, 20, 30, 95], [95]],
    ['none that is too large by itself', { trees: 9, bytes: 100 }, [10, 101], [10]],
    ['none at all if told so', { trees: 0, bytes: 100 }, [10], []],
  ])('are %s', (_, limits, made, want) => {
    const budget = new SpareBudget(limits);
    const kept = new Map<object, number>();
    for (const bytes of made) {
      const tree = {};
      if (budget.admit(tree, bytes, () => kept.delete(tree))) kept.set(tree, bytes);
    }
    expect([...kept.values()]).toEqual(want);
  });

  it('make room when they are taken', () => {
    const budget = new SpareBudget({ trees: 1, bytes: 100 });
    const evicted: string[] = [];
    const first = {};
    budget.admit(first, 100, () => evicted.push('first'));
    budget.release(first);
    expect(budget.admit({}, 100, () => evicted.push('second'))).toBe(true);
    expect(evicted).toEqual([]);
  });
});
