import type { Application } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { anApplication, operationState } from '../testing/application-fixture.ts';
import { applicationOutput, applicationSummary, assessApplication } from './application.ts';

const check = { name: 'kargo-demo-test', namespace: 'argocd' };
const done = operationState('p', { phase: 'Succeeded' });
const fresh = { operationState: done, reconciledAt: '2026-01-01T00:00:10Z' };
const healthy = { ...fresh, health: { status: 'Healthy' }, sync: { status: 'Synced', revision: 'new' } };

const cases: { name: string; app: Application | undefined; desired?: string[]; want: object }[] = [
  { name: 'is not there', app: undefined, want: { status: 'Unknown', refresh: false } },
  {
    name: 'was never looked at since its operation',
    app: anApplication({ status: { operationState: done } }),
    want: { status: 'Unknown', refresh: true },
  },
  {
    name: 'was looked at before its operation ended',
    app: anApplication({ status: { ...healthy, reconciledAt: '2026-01-01T00:00:09Z' } }),
    want: { status: 'Unknown', refresh: true },
  },
  {
    name: 'was looked at in the same second',
    app: anApplication({ status: healthy }),
    want: { status: 'Healthy', refresh: false },
  },
  {
    name: 'has an error in its spec, even if that keeps it from being looked at',
    app: anApplication({
      status: { operationState: done, conditions: [{ type: 'InvalidSpecError', message: 'no such project' }] },
    }),
    want: { status: 'Unhealthy', refresh: false, issue: expect.stringContaining('InvalidSpecError: no such project') },
  },
  {
    name: 'has a warning only',
    app: anApplication({ status: { ...healthy, conditions: [{ type: 'OrphanedResourceWarning', message: 'x' }] } }),
    want: { status: 'Healthy' },
  },
  {
    name: 'has an operation requested',
    app: anApplication({ operation: {}, status: healthy }),
    desired: ['new'],
    want: { status: 'Unknown' },
  },
  {
    name: 'has never been synced',
    app: anApplication({ status: { health: { status: 'Healthy' } } }),
    desired: ['new'],
    want: { status: 'Unknown' },
  },
  {
    name: 'is being synced',
    app: anApplication({ status: { ...healthy, operationState: operationState('p') } }),
    desired: ['new'],
    want: { status: 'Unknown' },
  },
  {
    name: 'has more sources than expected',
    app: anApplication({ status: { ...healthy, sync: { status: 'Synced', revisions: ['new', 'x'] } } }),
    desired: ['new'],
    want: { status: 'Unknown' },
  },
  { name: 'is at another revision', app: anApplication({ status: healthy }), desired: ['newer'], want: { status: 'Unhealthy' } },
  {
    name: 'is at the desired revisions',
    app: anApplication({ status: { ...healthy, sync: { status: 'Synced', revisions: ['a', 'x'] } } }),
    desired: ['a', ''],
    want: { status: 'Healthy' },
  },
  {
    name: 'is out of sync, but at the revision',
    app: anApplication({ status: { ...healthy, sync: { status: 'OutOfSync', revision: 'new' } } }),
    desired: ['new'],
    want: { status: 'Healthy' },
  },
  ...[
    ['Progressing', 'Progressing'],
    ['Suspended', 'Progressing'],
    ['', 'Progressing'],
    ['Degraded', 'Unhealthy'],
    ['Missing', 'Unhealthy'],
    ['Unknown', 'Unhealthy'],
  ].map(([state = '', status]) => ({
    name: `is ${state === '' ? 'in no known state' : state}`,
    app: anApplication({ status: { ...healthy, health: { status: state } } }),
    want: { status },
  })),
];

describe('[40 C5.1] [40 C5.2] [S33] the health of an Application that', () => {
  it.each(cases)('$name', ({ app, desired, want }) => {
    const assessed = assessApplication({ ...check, desiredRevisions: desired }, app);
    expect(assessed).toMatchObject(want);
    expect(assessed.issue === undefined).toBe(assessed.status === 'Healthy');
  });
});

describe('what is shown of an Application', () => {
  it('does not change while nothing happens', () => {
    const condition = { type: 'SyncError', message: 'x', lastTransitionTime: '2026-01-01T00:00:00Z' };
    const seen = (at: string): unknown =>
      applicationOutput(
        check,
        anApplication({ status: { ...healthy, reconciledAt: at, conditions: [{ ...condition, lastTransitionTime: at }] } }),
      );
    expect(seen('2026-01-01T00:00:10Z')).toEqual(seen('2026-01-01T00:09:10Z'));
    expect(seen('2026-01-01T00:00:10Z')).toMatchObject({
      Name: 'kargo-demo-test',
      Namespace: 'argocd',
      health: { status: 'Healthy' },
      sync: { status: 'Synced', revision: 'new' },
      conditions: [{ type: 'SyncError', message: 'x' }],
    });
  });

  it('has the form a Stage shows', () => {
    expect(applicationSummary(check, anApplication({ status: healthy }))).toEqual({
      name: 'kargo-demo-test',
      namespace: 'argocd',
      healthStatus: { status: 'Healthy' },
      syncStatus: { status: 'Synced', revision: 'new' },
    });
    expect(applicationSummary(check, undefined)).toEqual(check);
  });
});
