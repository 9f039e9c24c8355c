import { ApiError, type Freight, type Promotion, type StageStatus } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { aPromotion, aStage, someFreight } from '../availability/fixtures.ts';
import { autoPromote, syncEffectiveHolds, type AutoPromoteDeps } from './auto-promote.ts';
import { aCollection, runStep, type PassInput } from './fixtures.ts';
import type { StagePass } from './pass.ts';

const ended = (name: string, phase: string, created: string): Promotion =>
  aPromotion(name, { created, status: { phase, finishedAt: created } });
const early = '2026-01-01T10:00:00Z';
const late = '2026-01-01T11:00:00Z';

async function promote(
  input: PassInput & { freight?: Freight[]; refuse?: ApiError; warehouses?: string[] },
): Promise<{ created: string[]; told: string[]; pass: StagePass }> {
  const created: string[] = [];
  const told: string[] = [];
  const { freight = [someFreight('f1')], refuse, warehouses = ['app', 'infra'] } = input;
  const deps: AutoPromoteDeps = {
    freightFrom: (_, origin) => freight.filter((each) => each.origin.name === origin.name),
    warehouseExists: (_, name) => warehouses.includes(name),
    createPromotion: async (_, stage, name) => {
      if (refuse !== undefined) throw refuse;
      created.push(name);
      const annotations = { 'kargo.akuity.io/create-actor': 'controller:stage-controller' };
      return aPromotion(`${stage}.${name}`, { stage, freight: name, annotations, created: '2026-01-01T12:00:00Z' });
    },
    promotionCreated: async ({ metadata }) => {
      told.push(metadata.name ?? '');
    },
  };
  const pass = await runStep(autoPromote(deps), { autoPromotionEnabled: true, ...input });
  for (const action of pass.afterwards) await action();
  return { created, told, pass };
}

describe('automation promotes the candidate', () => {
  const cases: { name: string; input: Parameters<typeof promote>[0]; want: string[] }[] = [
    { name: 'when it is available', input: {}, want: ['f1'] },
    { name: 'not while it is off', input: { autoPromotionEnabled: false }, want: [] },
    { name: 'not when it is deployed already', input: { status: { freightHistory: [aCollection('f1')] } }, want: [] },
    {
      name: 'not while it is held',
      input: {
        status: {
          effectiveAutoPromotionHolds: { 'Warehouse/app': { freightName: 'f0', origin: { kind: 'Warehouse', name: 'app' } } },
        },
      },
      want: [],
    },
    {
      name: 'not while it is being promoted',
      input: { promotions: [aPromotion('p', { status: { phase: 'Running' } })] },
      want: [],
    },
    { name: 'not while it is about to be promoted', input: { promotions: [aPromotion('p')] }, want: [] },
    { name: 'not when a success was not taken note of yet', input: { promotions: [ended('p', 'Succeeded', early)] }, want: [] },
    {
      name: 'when a success was taken note of and something else is deployed',
      input: { status: { processedPromotions: ['p'] }, promotions: [ended('p', 'Succeeded', early)] },
      want: ['f1'],
    },
    {
      name: 'not when the newest attempt failed',
      input: {
        status: { processedPromotions: ['a', 'b'] },
        promotions: [ended('b', 'Failed', late), ended('a', 'Succeeded', early)],
      },
      want: [],
    },
    {
      name: 'when the newest attempt succeeded',
      input: {
        status: { processedPromotions: ['a', 'b'] },
        promotions: [ended('a', 'Succeeded', late), ended('b', 'Failed', early)],
      },
      want: ['f1'],
    },
    {
      name: 'not when somebody aborted it',
      input: { status: { processedPromotions: ['a'] }, promotions: [ended('a', 'Aborted', late)] },
      want: [],
    },
    {
      name: 'not while what overtook it waits for its turn: it would be overtaken again, without end',
      input: {
        promotions: [
          aPromotion('a', { created: late, status: { phase: 'Aborted', supersededBy: 'b', finishedAt: late } }),
          aPromotion('b', { freight: 'f0', created: early }),
        ],
      },
      want: [],
    },
    {
      name: 'when what overtook it had its turn',
      input: {
        status: { processedPromotions: ['b'] },
        promotions: [
          aPromotion('a', { created: late, status: { phase: 'Aborted', supersededBy: 'b', finishedAt: late } }),
          aPromotion('b', { freight: 'f0', created: early, status: { phase: 'Succeeded', finishedAt: late } }),
        ],
      },
      want: ['f1'],
    },
    {
      name: 'of each origin in one pass',
      input: {
        stage: aStage('qa', [{ direct: true }, { origin: 'infra', direct: true }]),
        freight: [someFreight('f1'), someFreight('i1', {}, { from: 'infra' })],
      },
      want: ['f1', 'i1'],
    },
    {
      name: 'once, though it is reachable through several sources',
      input: {
        stage: aStage('qa', [{ direct: true, stages: ['up'] }]),
        freight: [someFreight('f1', { verifiedIn: { up: {} } })],
      },
      want: ['f1'],
    },
    {
      name: 'of one origin while another is held',
      input: {
        stage: aStage('qa', [{ direct: true }, { origin: 'infra', direct: true }]),
        freight: [someFreight('f1'), someFreight('i1', {}, { from: 'infra' })],
        status: {
          effectiveAutoPromotionHolds: { 'Warehouse/app': { freightName: 'f0', origin: { kind: 'Warehouse', name: 'app' } } },
        },
      },
      want: ['i1'],
    },
  ];
  it.each(cases)('$name', async ({ input, want }) => {
    const { created, told } = await promote(input);
    expect(created).toEqual(want);
    expect(told).toEqual(want.map((name) => `qa.${name}`));
  });

  it('adds what it created to the pass', async () => {
    expect((await promote({})).pass.promotions.map(({ metadata }) => metadata.name)).toEqual(['qa.f1']);
  });

  it('bears being forbidden, and nothing else', async () => {
    expect((await promote({ refuse: new ApiError('Forbidden', 'no') })).created).toEqual([]);
    await expect(promote({ refuse: new ApiError('InternalError', 'oh') })).rejects.toThrow('oh');
  });

  it('looks at all origins before it complains about a missing Warehouse', async () => {
    const stage = aStage('qa', [{ origin: 'infra', direct: true }, { direct: true }]);
    const { created, pass } = await promote({ stage, warehouses: ['app'] });
    expect(created).toEqual(['f1']);
    expect(pass.problems.map(String)).toEqual([expect.stringContaining('Warehouse infra does not exist in Project shop')]);
  });

  it('notes when time alone will bring something', async () => {
    const stage = aStage('qa', [{ stages: ['up'], requiredSoakTime: '1h' }]);
    const freight = [someFreight('f1', { verifiedIn: { up: {} }, currentlyIn: { up: { since: '2026-01-01T11:30:00Z' } } })];
    expect((await promote({ stage, freight })).pass.notes.soakEnds).toBe(Date.parse('2026-01-01T12:30:00Z'));
  });
});

describe('the effective holds', () => {
  const origin = { kind: 'Warehouse' as const, name: 'app' };
  const hold = (name: string, phase: string): Promotion =>
    aPromotion(name, {
      created: late,
      annotations: { 'kargo.akuity.io/auto-promotion-hold': 'Warehouse/app' },
      status: { phase, finishedAt: late },
    });

  const cases: { name: string; status: StageStatus; promotions: Promotion[]; enabled: boolean; want: unknown }[] = [
    { name: 'of a hold that is submitted', status: {}, promotions: [hold('p', 'Pending')], enabled: true, want: 'p' },
    {
      name: 'of one that was taken note of and released since',
      status: { processedPromotions: ['p'] },
      promotions: [hold('p', 'Succeeded')],
      enabled: true,
      want: undefined,
    },
    {
      name: 'of a durable hold',
      status: { autoPromotionHolds: { 'Warehouse/app': { freightName: 'f', origin, promotionName: 'gone' } } },
      promotions: [],
      enabled: true,
      want: 'gone',
    },
    { name: 'without auto-promotion', status: {}, promotions: [hold('p', 'Pending')], enabled: false, want: undefined },
  ];
  it.each(cases)('$name', async ({ status, promotions, enabled, want }) => {
    const pass = await runStep(syncEffectiveHolds, { status, promotions, autoPromotionEnabled: enabled });
    expect(pass.status.effectiveAutoPromotionHolds?.['Warehouse/app']?.promotionName).toBe(want);
    expect(pass.status.autoPromotionEnabled).toBe(enabled);
  });
});
