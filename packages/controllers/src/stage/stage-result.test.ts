import type { StageStatus } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { aPromotion } from '../availability/fixtures.ts';
import { aCollection, aPass, NOW } from './fixtures.ts';
import { HEALTH_POLL, SETTLING_TIME, stageResult } from './stage-result.ts';

const checked = { lastPromotion: { name: 'p', status: { phase: 'Succeeded', healthChecks: [{ uses: 'argocd-update' }] } } };

describe('what a Stage waits for', () => {
  const cases: { name: string; status: StageStatus; pending?: boolean; soakEnds?: number; want: object }[] = [
    { name: 'nothing, when all is done', status: {}, want: { kind: 'settled' } },
    {
      name: 'the Promotion that runs',
      status: { currentPromotion: { name: 'p' } },
      want: { reason: 'ActivePromotion', until: [{ kind: 'event' }] },
    },
    {
      name: 'the verification that runs',
      status: { freightHistory: [aCollection('f', [{ id: 'v', phase: 'Running' }])] },
      want: { reason: 'Verifying', until: [{ kind: 'event' }] },
    },
    {
      name: 'what holds up pending Promotions',
      status: { health: { status: 'Unknown' } },
      pending: true,
      want: { reason: 'PromotionsPending', until: [{ kind: 'poll', at: NOW + SETTLING_TIME }, { kind: 'event' }] },
    },
    {
      name: 'health',
      status: { ...checked, health: { status: 'Progressing' } },
      want: { reason: 'Progressing', until: [{ kind: 'event' }, { kind: 'poll', at: NOW + HEALTH_POLL }] },
    },
    {
      name: 'changes of Applications, when all is well',
      status: { ...checked, health: { status: 'Healthy' } },
      want: { reason: 'Steady', until: [{ kind: 'event' }, { kind: 'poll' }] },
    },
    {
      name: 'the end of a soak',
      status: {},
      soakEnds: NOW + 5,
      want: { reason: 'Soaking', until: [{ kind: 'deadline', at: NOW + 5 }] },
    },
    {
      name: 'the end of a soak among others',
      status: { currentPromotion: { name: 'p' } },
      soakEnds: NOW + 5,
      want: { reason: 'ActivePromotion', until: [{ kind: 'event' }, { kind: 'deadline', at: NOW + 5 }] },
    },
  ];
  it.each(cases)('$name', ({ status, pending, soakEnds, want }) => {
    const pass = aPass({ status, promotions: pending === true ? [aPromotion('q')] : [] });
    if (soakEnds !== undefined) pass.notes.soakEnds = soakEnds;
    expect(stageResult(pass)).toMatchObject(want);
  });
});
