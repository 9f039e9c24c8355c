import { annotations as names, type Promotion } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { aPromotion, aStage } from './fixtures.ts';
import { effectiveHolds, replayHolds, type Holds } from './holds.ts';

const APP = 'Warehouse/app';
const stage = aStage('qa', [{ direct: true }, { origin: 'infra', direct: true }]);
const at = (minute: number): string => `2026-01-01T10:${String(minute).padStart(2, '0')}:00Z`;
const hold = (name: string, minute: number, phase = 'Succeeded', origin = APP): Promotion =>
  aPromotion(name, {
    created: at(minute),
    annotations: { [names.autoPromotionHold]: origin, [names.createActor]: 'email:kim@acme.io' },
    status: { phase },
  });
const resume = (name: string, minute: number, phase = 'Succeeded', origin = APP): Promotion =>
  aPromotion(name, { created: at(minute), annotations: { [names.autoPromotionResume]: origin }, status: { phase } });
const held = (promotionName: string, minute: number): Holds => ({
  [APP]: { freightName: 'f', origin: { kind: 'Warehouse', name: 'app' }, promotionName, createdAt: at(minute) },
});

describe('durable holds after replay', () => {
  const cases: {
    name: string;
    before?: Holds;
    finished?: Promotion[];
    earlier?: Promotion[];
    enabled?: boolean;
    want: string[];
  }[] = [
    { name: 'a succeeded hold holds', finished: [hold('p1', 1)], want: ['p1'] },
    { name: 'a failed hold holds', finished: [hold('p1', 1, 'Failed')], want: ['p1'] },
    { name: 'an aborted hold does not', finished: [hold('p1', 1, 'Aborted')], want: [] },
    { name: 'a resume releases', before: held('p1', 1), finished: [resume('p2', 2)], want: [] },
    { name: 'a failed resume releases', before: held('p1', 1), finished: [resume('p2', 2, 'Failed')], want: [] },
    { name: 'an aborted resume does not', before: held('p1', 1), finished: [resume('p2', 2, 'Aborted')], want: ['p1'] },
    {
      name: 'without auto-promotion all are cleared and none made',
      before: held('p0', 0),
      finished: [hold('p1', 1)],
      enabled: false,
      want: [],
    },
    { name: 'the newest intent wins, whatever ended first', finished: [resume('p2', 2), hold('p1', 1)], want: [] },
    { name: 'names decide between intents of the same second', finished: [hold('p2', 1), resume('p1', 1)], want: ['p2'] },
    { name: 'a hold older than a resume taken note of before', finished: [hold('p1', 1)], earlier: [resume('p2', 2)], want: [] },
    {
      name: 'an older resume cannot release a newer hold whose Promotion is gone',
      before: held('p3', 3),
      finished: [resume('p2', 2)],
      want: ['p3'],
    },
    {
      name: 'of an origin that is not requested is ignored',
      finished: [hold('p1', 1, 'Succeeded', 'Warehouse/other')],
      want: [],
    },
    { name: 'of an origin that is malformed is ignored', finished: [hold('p1', 1, 'Succeeded', 'app')], want: [] },
    {
      name: 'of an origin no longer requested goes',
      before: { 'Warehouse/gone': { freightName: 'f', origin: { kind: 'Warehouse', name: 'gone' }, promotionName: 'p0' } },
      want: [],
    },
    { name: 'survives the deletion of its Promotion', before: held('p1', 1), want: ['p1'] },
    {
      name: 'one origin is set while another is released',
      before: held('p1', 1),
      finished: [resume('p2', 2), hold('p3', 3, 'Succeeded', 'Warehouse/infra')],
      want: ['p3'],
    },
  ];
  it.each(cases)('$name', ({ before = {}, finished = [], earlier = [], enabled = true, want }) => {
    const after = replayHolds(stage, before, finished, { enabled, earlier });
    expect(Object.values(after).map(({ promotionName }) => promotionName)).toEqual(want);
  });

  it('say who holds what since when', () => {
    expect(replayHolds(stage, {}, [hold('p1', 1)], { enabled: true })).toEqual({
      [APP]: {
        freightName: 'f1',
        origin: { kind: 'Warehouse', name: 'app' },
        promotionName: 'p1',
        actor: 'email:kim@acme.io',
        createdAt: at(1),
      },
    });
  });
});

describe('effective holds', () => {
  const cases: { name: string; durable?: Holds; unprocessed: Promotion[]; enabled?: boolean; want: string[] }[] = [
    { name: 'a running hold holds already', unprocessed: [hold('p1', 1, 'Running')], want: ['p1'] },
    { name: 'a running resume releases already', durable: held('p1', 1), unprocessed: [resume('p2', 2, 'Running')], want: [] },
    {
      name: 'the newest wins: hold',
      durable: held('p1', 1),
      unprocessed: [resume('p2', 2, 'Running'), hold('p3', 3, '')],
      want: ['p3'],
    },
    { name: 'the newest wins: resume', unprocessed: [hold('p2', 2, 'Running'), resume('p3', 3, '')], want: [] },
    { name: 'an aborted newest is ignored', unprocessed: [hold('p2', 2, 'Running'), resume('p3', 3, 'Aborted')], want: ['p2'] },
    {
      name: 'none without auto-promotion',
      durable: held('p1', 1),
      unprocessed: [hold('p2', 2, 'Running')],
      enabled: false,
      want: [],
    },
    {
      name: 'an older resume cannot release a newer durable hold',
      durable: held('p3', 3),
      unprocessed: [resume('p2', 2, 'Running')],
      want: ['p3'],
    },
  ];
  it.each(cases)('$name', ({ durable = {}, unprocessed, enabled = true, want }) => {
    const effective = effectiveHolds(stage, durable, unprocessed, enabled);
    expect(Object.values(effective).map(({ promotionName }) => promotionName)).toEqual(want);
  });
});
