import { ConfigMap, Service, type Application, type Kind, type Workload } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { autoSync } from './auto-sync.ts';
import type { Comparison } from './compare.ts';

const source = { repoURL: 'http://git/repo', path: '.' };
const FINISHED = '2026-01-02T03:04:05Z';
const NOW = Date.parse('2026-01-02T04:00:00Z');

const object = (name: string): Workload => ({ apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'web', name } });
const changed: Comparison = {
  kind: Service,
  target: object('a'),
  live: object('a'),
  synced: false,
  requiresPruning: false,
  counted: true,
};
const surplus: Comparison = {
  kind: ConfigMap as unknown as Kind<Workload>,
  target: undefined,
  live: object('b'),
  synced: false,
  requiresPruning: true,
  counted: true,
};

interface Case {
  name: string;
  automated?: object;
  sync?: string;
  operation?: object;
  last?: object;
  comparisons?: Comparison[];
  deleting?: boolean;
  /** No file that its manifests are made of has changed since what was tried last. */
  unchanged?: boolean;
  want: object;
}

function app({ automated, sync = 'OutOfSync', operation, last, deleting }: Case): Application {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'web', ...(deleting === true ? { deletionTimestamp: FINISHED } : {}) },
    spec: { project: 'default', destination: {}, source, ...(automated === undefined ? {} : { syncPolicy: { automated } }) },
    ...(operation === undefined ? {} : { operation }),
    status: {
      sync: { status: sync, revision: 'new' },
      ...(last === undefined ? {} : { operationState: { operation: {}, startedAt: FINISHED, finishedAt: FINISHED, ...last } }),
    },
  } as Application;
}

const done = (revision: string, phase = 'Succeeded', rest: object = {}): object => ({
  phase,
  syncResult: { revision, source },
  ...rest,
});
const none = { kind: 'none' };

describe('[40 C4.1] [40 C4.2] an automated sync', () => {
  it.each<Case>([
    { name: 'without a policy', want: none },
    { name: 'for the first time, without an operation before', automated: {}, want: { kind: 'sync' } },
    {
      name: 'after one that ended well without a result, which counts as tried',
      automated: {},
      last: { phase: 'Succeeded' },
      want: none,
    },
    { name: 'switched off', automated: { enabled: false }, want: none },
    { name: 'while an operation is asked for', automated: {}, operation: { sync: {} }, want: none },
    { name: 'while deleting', automated: {}, deleting: true, want: none },
    { name: 'when synced', automated: {}, sync: 'Synced', want: none },
    { name: 'when nothing is known', automated: {}, sync: 'Unknown', want: none },
    {
      name: 'of a new revision',
      automated: {},
      last: done('old'),
      want: { kind: 'sync', operation: { sync: { revision: 'new' }, initiatedBy: { automated: true }, retry: { limit: 5 } } },
    },
    { name: 'when only pruning is left and not allowed', automated: {}, comparisons: [surplus], want: none },
    {
      name: 'that prunes',
      automated: { prune: true },
      comparisons: [changed, surplus],
      want: { kind: 'sync', operation: { sync: { prune: true } } },
    },
    { name: 'of what has succeeded already', automated: {}, last: done('new'), want: none },
    {
      name: 'of what has failed already',
      automated: {},
      last: done('new', 'Failed', { message: 'boom' }),
      want: { kind: 'refuse', message: 'Failed last sync attempt to [new]: boom' },
    },
    { name: 'after an error without a result', automated: {}, last: { phase: 'Error', message: 'x' }, want: { kind: 'refuse' } },
    { name: 'of what has failed at another revision', automated: {}, last: done('old', 'Failed'), want: { kind: 'sync' } },
    {
      name: 'of a new revision in which no relevant file has changed',
      automated: {},
      last: done('old'),
      unchanged: true,
      want: none,
    },
    {
      name: 'of a new revision in which no relevant file has changed since one that failed',
      automated: {},
      last: done('old', 'Failed', { message: 'boom' }),
      unchanged: true,
      want: { kind: 'refuse', message: 'Failed last sync attempt to [old]: boom' },
    },
    {
      name: 'of other sources, though no relevant file has changed',
      automated: {},
      last: { phase: 'Succeeded', syncResult: { revision: 'old', source: { ...source, path: 'other' } } },
      unchanged: true,
      want: { kind: 'sync' },
    },
    {
      name: 'of other parameters at the same revision',
      automated: {},
      last: { phase: 'Succeeded', syncResult: { revision: 'new', source: { ...source, helm: { parameters: [] } } } },
      want: { kind: 'sync' },
    },
    {
      name: 'that would take everything away',
      automated: { prune: true },
      comparisons: [surplus],
      want: { kind: 'refuse', message: expect.stringContaining('auto-sync will wipe out all resources') as string },
    },
    {
      name: 'that may take everything away',
      automated: { prune: true, allowEmpty: true },
      comparisons: [surplus],
      want: { kind: 'sync' },
    },
    {
      name: 'that heals, at once the first time, and only what differs',
      automated: { selfHeal: true },
      last: done('new'),
      want: {
        kind: 'sync',
        operation: { sync: { resources: [{ kind: 'Service', name: 'a', namespace: 'web' }], autoHealAttemptsCount: 1 } },
      },
    },
    {
      name: 'that heals later the next time',
      automated: { selfHeal: true },
      last: done('new', 'Succeeded', {
        finishedAt: '2026-01-02T03:59:59Z',
        operation: { sync: { autoHealAttemptsCount: 1 } },
      }),
      want: { kind: 'wait', at: Date.parse('2026-01-02T04:00:01Z') },
    },
  ])('$name', (given) => {
    const application = app(given);
    const tried = application.status?.operationState?.syncResult?.revision;
    const isNew = given.unchanged !== true && tried !== undefined && tried !== 'new';
    expect(autoSync(application, given.comparisons ?? [changed], { now: NOW, isNew })).toMatchObject(given.want);
  });
});
