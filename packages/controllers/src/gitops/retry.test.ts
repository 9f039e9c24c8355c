import type { OperationState } from '@kargo/api';
import { expect, it } from 'vitest';
import { healPause, mayRetry, retryAt } from './retry.ts';

const state = (retry: object | undefined, retryCount?: number): OperationState =>
  ({
    phase: 'Running',
    startedAt: '2026-01-02T03:04:00Z',
    finishedAt: '2026-01-02T03:04:05Z',
    operation: retry === undefined ? {} : { retry },
    ...(retryCount === undefined ? {} : { retryCount }),
  }) as OperationState;

it.each<[object | undefined, number | undefined, boolean]>([
  [undefined, undefined, false],
  [{ limit: 0 }, undefined, false],
  [{ limit: 1 }, undefined, true],
  [{ limit: 1 }, 1, false],
  [{ limit: -1 }, 99, true],
])('with %j and %s retries so far, another one: %s', (retry, count, want) => {
  expect(mayRetry(state(retry, count))).toBe(want);
});

it.each<[object, number, number]>([
  [{ limit: 5 }, 1, 10],
  [{ limit: 5 }, 2, 20],
  [{ limit: 9 }, 9, 180],
  [{ backoff: { duration: '1s', factor: 3, maxDuration: '20s' } }, 1, 3],
  [{ backoff: { duration: '1s', factor: 3, maxDuration: '20s' } }, 2, 9],
  [{ backoff: { duration: '1s', factor: 3, maxDuration: '20s' } }, 3, 20],
  [{ backoff: { duration: '2', factor: 1 } }, 1, 2],
  [{ backoff: { duration: 'nonsense' } }, 1, 10],
])('with %j the retry number %d comes %d s after the failure', (retry, count, seconds) => {
  expect(retryAt(state(retry, count)) - Date.parse('2026-01-02T03:04:05Z')).toBe(seconds * 1000);
});

it.each([
  [0, 0],
  [1, 2],
  [2, 6],
  [3, 18],
  [9, 300],
])('after %d tries to heal it waits %d s', (attempts, seconds) => {
  expect(healPause(attempts)).toBe(seconds * 1000);
});
