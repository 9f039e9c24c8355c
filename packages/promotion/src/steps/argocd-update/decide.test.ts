import type { Application } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { anApplication, operationState } from '../../testing/application-fixture.ts';
import { decideOperation, type OperationDecision } from './decide.ts';

const ME = 'test.01j2w7a15cxjjgejresfyw6ysp.a1b2c3d';
const OTHER = 'test.01j2w7a15cxjjgejresfyw6ysq.a1b2c3d';
const LATER = Date.parse('2026-01-01T00:01:00Z');
const info = (value: string): Application['operation'] => ({ info: [{ name: 'kargo.akuity.io/promotion', value }] });

const cases: { name: string; app: Application; desired?: string[]; now?: number; want: Partial<OperationDecision> }[] = [
  { name: 'no operation ever', app: anApplication(), want: { kind: 'sync' } },
  { name: 'a status without an operation', app: anApplication({ status: {} }), want: { kind: 'sync' } },
  {
    name: 'our own request not taken up yet',
    app: anApplication({ operation: info(ME) }),
    want: { kind: 'wait', why: 'to start its sync' },
  },
  {
    name: "someone else's request",
    app: anApplication({ operation: {} }),
    want: { kind: 'wait', why: 'to start an operation requested by someone else' },
  },
  {
    name: 'our own request after an older operation ended',
    app: anApplication({ operation: info(ME), status: { operationState: operationState(OTHER, { phase: 'Succeeded' }) } }),
    want: { kind: 'wait', why: 'to start its sync' },
  },
  {
    name: "someone else's, running",
    app: anApplication({ status: { operationState: operationState(undefined) } }),
    want: { kind: 'wait' },
  },
  {
    name: "someone else's, ended",
    app: anApplication({ status: { operationState: operationState(undefined, { phase: 'Failed' }) } }),
    want: { kind: 'sync' },
  },
  {
    name: "another promotion's, running",
    app: anApplication({ status: { operationState: operationState(OTHER) } }),
    want: { kind: 'wait' },
  },
  {
    name: "another promotion's, ended",
    app: anApplication({ status: { operationState: operationState(OTHER, { phase: 'Succeeded' }) } }),
    want: { kind: 'sync' },
  },
  {
    name: 'ours, running',
    app: anApplication({ status: { operationState: operationState(ME) } }),
    want: { kind: 'wait', why: 'to finish its sync' },
  },
  {
    name: 'ours, terminating',
    app: anApplication({ status: { operationState: operationState(ME, { phase: 'Terminating' }) } }),
    want: { kind: 'wait' },
  },
  {
    name: 'ours, ended without a result',
    app: anApplication({ status: { operationState: operationState(ME, { phase: 'Error' }) } }),
    want: { kind: 'sync' },
  },
  {
    name: 'ours, ended without a result a moment ago',
    app: anApplication({ status: { operationState: operationState(ME, { phase: 'Error', message: 'git is down' }) } }),
    now: Date.parse('2026-01-01T00:00:11Z'),
    want: {
      kind: 'wait',
      why: 'to be synced again: it could not be synced: git is down',
      until: Date.parse('2026-01-01T00:00:13Z'),
    },
  },
  {
    name: 'ours, ended at another revision',
    app: anApplication({ status: { operationState: operationState(ME, { phase: 'Failed', syncResult: { revision: 'old' } }) } }),
    want: { kind: 'sync' },
  },
  {
    name: 'ours, ended at another revision a moment ago',
    app: anApplication({ status: { operationState: operationState(ME, { phase: 'Failed', syncResult: { revision: 'old' } }) } }),
    now: Date.parse('2026-01-01T00:00:11Z'),
    want: { kind: 'wait', until: Date.parse('2026-01-01T00:00:13Z') },
  },
  {
    name: 'ours, ended at the revision',
    app: anApplication({
      status: { operationState: operationState(ME, { phase: 'Succeeded', message: 'ok', syncResult: { revision: 'new' } }) },
    }),
    want: { kind: 'done', phase: 'Succeeded', message: 'ok' },
  },
  {
    name: 'ours, failed at the revision',
    app: anApplication({
      status: { operationState: operationState(ME, { phase: 'Failed', message: 'no', syncResult: { revision: 'new' } }) },
    }),
    want: { kind: 'done', phase: 'Failed', message: 'no' },
  },
  {
    name: 'ours, ended, no revision desired',
    app: anApplication({
      status: { operationState: operationState(ME, { phase: 'Succeeded', syncResult: { revision: 'any' } }) },
    }),
    desired: [''],
    want: { kind: 'done', phase: 'Succeeded' },
  },
  {
    name: 'several sources, one of them elsewhere',
    app: anApplication({
      status: { operationState: operationState(ME, { phase: 'Succeeded', syncResult: { revisions: ['x', 'old'] } }) },
    }),
    desired: ['', 'new'],
    want: { kind: 'sync' },
  },
  {
    name: 'several sources, more observed than desired',
    app: anApplication({
      status: { operationState: operationState(ME, { phase: 'Succeeded', syncResult: { revisions: ['new', 'y', 'z'] } }) },
    }),
    desired: ['new'],
    want: { kind: 'done' },
  },
];

describe('[20 2.23] [S18] argocd-update decides about an Application with', () => {
  it.each(cases)('$name', ({ app, desired = ['new'], now = LATER, want }) => {
    expect(decideOperation(app, ME, desired, now)).toMatchObject(want);
  });
});
