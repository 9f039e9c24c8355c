import type { Freight, Promotion } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { aPromotion, someFreight } from '../availability/fixtures.ts';
import { overtaken } from './supersede.ts';

const freight = new Map<string, Freight>(
  [someFreight('f1'), someFreight('f2'), someFreight('i1', {}, { from: 'infra' })].map((each) => [
    each.metadata.name ?? '',
    each,
  ]),
);
const freightOf = ({ spec }: Promotion): Freight | undefined => freight.get(spec.freight ?? '');
const promotion = (name: string, of = 'f1', phase?: string): Promotion =>
  aPromotion(name, { freight: of, status: phase === undefined ? undefined : { phase } });

describe('which Promotions are overtaken', () => {
  const cases: { name: string; promotions: Promotion[]; current?: string; want: string[] }[] = [
    { name: 'none of one', promotions: [promotion('p1')], want: [] },
    {
      name: 'all but the one submitted last',
      promotions: [promotion('p2', 'f2', 'Pending'), promotion('p3'), promotion('p1')],
      want: ['p1 by p3', 'p2 by p3'],
    },
    {
      name: 'not one that runs, nor one that has its turn, nor one that ended',
      promotions: [promotion('p1', 'f1', 'Running'), promotion('p2'), promotion('p3', 'f1', 'Failed'), promotion('p4')],
      current: 'p2',
      want: [],
    },
    {
      name: 'each origin is a queue of its own',
      promotions: [promotion('p1'), promotion('p2', 'i1'), promotion('p3'), promotion('p4', 'i1')],
      want: ['p1 by p3', 'p2 by p4'],
    },
    { name: 'none of Freight that nobody knows', promotions: [promotion('p1', 'x'), promotion('p2', 'x')], want: [] },
  ];
  it.each(cases)('$name', ({ promotions, current, want }) => {
    const status = current === undefined ? {} : { currentPromotion: { name: current } };
    const found = overtaken({ promotions, status }, freightOf).map(([old, by]) => `${old.metadata.name} by ${by.metadata.name}`);
    expect(found.toSorted()).toEqual(want);
  });
});
