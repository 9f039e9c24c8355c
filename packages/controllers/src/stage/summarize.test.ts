import type { Condition, StageStatus } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { aStage } from '../availability/fixtures.ts';
import { aCollection, conditionText, runStep } from './fixtures.ts';
import { completed, failed, freightSummary, stagePhase, summarize } from './summarize.ts';

const condition = (type: string, status: Condition['status'], reason: string): Condition => ({
  type,
  status,
  reason,
  message: `${type} is ${status}`,
  lastTransitionTime: '2026-01-01T00:00:00Z',
});
const healthy = condition('Healthy', 'True', 'Healthy');
const verified = condition('Verified', 'True', 'Verified');

describe('[S26] whether a Stage is ready', () => {
  const cases: { name: string; status: StageStatus; want: string }[] = [
    {
      name: 'promoting',
      status: { conditions: [condition('Promoting', 'True', 'ActivePromotion'), healthy, verified] },
      want: 'False/ActivePromotion',
    },
    {
      name: 'the last Promotion failed',
      status: { lastPromotion: { name: 'p', status: { phase: 'Failed' } }, conditions: [healthy, verified] },
      want: 'False/LastPromotionFailed',
    },
    {
      name: 'unhealthy',
      status: { conditions: [condition('Healthy', 'False', 'Unhealthy'), verified] },
      want: 'False/Unhealthy',
    },
    { name: 'health not observed', status: { conditions: [verified] }, want: 'False/Unhealthy' },
    {
      name: 'health unknown',
      status: { conditions: [condition('Healthy', 'Unknown', 'NoFreight'), verified] },
      want: 'False/NoFreight',
    },
    {
      name: 'verification pending',
      status: { conditions: [healthy, condition('Verified', 'Unknown', 'VerificationPending')] },
      want: 'False/VerificationPending',
    },
    { name: 'verification not observed', status: { conditions: [healthy] }, want: 'False/PendingVerification' },
    {
      name: 'all well',
      status: { lastPromotion: { name: 'p', status: { phase: 'Succeeded' } }, conditions: [healthy, verified] },
      want: 'True/Verified',
    },
  ];
  it.each(cases)('$name', async ({ status, want }) => {
    const pass = await runStep(summarize, { status });
    expect(conditionText(pass, 'Ready')).toBe(want);
  });

  it('[S34] a complete pass is observed at its generation, ready or not', async () => {
    const reconciling = condition('Reconciling', 'True', 'RetryAfterError');
    const pass = await runStep(
      (each) => {
        summarize(each);
        completed(each);
      },
      { status: { conditions: [reconciling] } },
    );
    expect(pass.status.observedGeneration).toBe(1);
    expect(conditionText(pass, 'Reconciling')).toBeUndefined();
    expect(conditionText(pass, 'Ready')).toBe('False/Unhealthy');
  });

  it('a pass that failed says so', async () => {
    const pass = await runStep((each) => failed(each, new Error('the API is down')), {
      status: { conditions: [healthy, verified] },
    });
    expect([conditionText(pass, 'Ready'), conditionText(pass, 'Reconciling')]).toEqual([
      'False/ReconcileError',
      'True/RetryAfterError',
    ]);
    expect(pass.status.observedGeneration).toBeUndefined();
  });
});

describe('[S27] the phase of a Stage', () => {
  const cases: { name: string; status: StageStatus; want: string }[] = [
    { name: 'new', status: {}, want: 'Steady' },
    { name: 'promoting', status: { currentPromotion: { name: 'p' } }, want: 'Promoting' },
    { name: 'verifying', status: { freightHistory: [aCollection('f', [{ id: 'v', phase: 'Running' }])] }, want: 'Verifying' },
    {
      name: 'the last Promotion errored',
      status: { lastPromotion: { name: 'p', status: { phase: 'Errored' } } },
      want: 'Failed',
    },
    {
      name: 'the verification failed',
      status: { freightHistory: [aCollection('f', [{ id: 'v', phase: 'Failed' }])] },
      want: 'Failed',
    },
    {
      name: 'verified',
      status: {
        lastPromotion: { name: 'p', status: { phase: 'Succeeded' } },
        freightHistory: [aCollection('f', [{ id: 'v', phase: 'Successful' }])],
      },
      want: 'Steady',
    },
  ];
  it.each(cases)('$name', ({ status, want }) => expect(stagePhase(status)).toBe(want));
});

describe('the Freight in short', () => {
  const two = aStage('qa', [{ direct: true }, { origin: 'infra', direct: true }]);
  it.each([
    ['nothing of one', aStage('qa'), {}, '0/1 Fulfilled'],
    ['one of one', aStage('qa'), { freightHistory: [aCollection('f1')] }, 'f1'],
    ['one of two', two, { freightHistory: [aCollection('f1')] }, '1/2 Fulfilled'],
  ] as const)('%s', (_, stage, status, want) => {
    expect(freightSummary({ stage, status: status as StageStatus })).toBe(want);
  });
});
