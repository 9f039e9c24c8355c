import type { AnalysisRun } from '@kargo/api';
import { expect, it } from 'vitest';
import { expiryOf } from './expire-run.ts';

const COMPLETED = '2026-01-02T03:04:05Z';
const after = (seconds: number): number => Date.parse(COMPLETED) + seconds * 1000;

it.each<{ ttl: AnalysisRun['spec']['ttlStrategy']; phase: string; want: number | undefined }>([
  { ttl: undefined, phase: 'Successful', want: undefined },
  { ttl: {}, phase: 'Successful', want: undefined },
  { ttl: { secondsAfterCompletion: 10 }, phase: 'Successful', want: after(11) },
  { ttl: { secondsAfterCompletion: 10 }, phase: 'Error', want: after(11) },
  { ttl: { secondsAfterCompletion: 10, secondsAfterSuccess: 5 }, phase: 'Successful', want: after(6) },
  { ttl: { secondsAfterCompletion: 10, secondsAfterFailure: 5 }, phase: 'Failed', want: after(6) },
  { ttl: { secondsAfterSuccess: 5 }, phase: 'Failed', want: undefined },
  { ttl: { secondsAfterFailure: 5 }, phase: 'Successful', want: undefined },
  { ttl: { secondsAfterFailure: 5 }, phase: 'Inconclusive', want: undefined },
  { ttl: { secondsAfterSuccess: 0 }, phase: 'Successful', want: after(1) },
])('[40 C1.21] deletes a run that ended $phase with $ttl one second over the limit', ({ ttl, phase, want }) => {
  expect(expiryOf({ spec: { metrics: [], ttlStrategy: ttl }, status: { phase, completedAt: COMPLETED } })).toBe(want);
});

it('keeps a run whose end is not known', () => {
  expect(expiryOf({ spec: { metrics: [], ttlStrategy: { secondsAfterCompletion: 1 } }, status: { phase: 'Failed' } })).toBe(
    undefined,
  );
});
