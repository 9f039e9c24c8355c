import {
  annotations as names,
  originKey,
  type AnalysisRun,
  type Application,
  type Freight,
  type Kind,
  type KubeObject,
  type ObjectKey,
  type ProjectConfig,
  type Promotion,
  type Stage,
  type Warehouse,
} from '@kargo/api';
import type { Cache } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import { aPromotion, aStage, someFreight } from '../availability/fixtures.ts';
import {
  analysisRunChanged,
  applicationChanged,
  freightChanged,
  inNamespace,
  projectConfigChanged,
  promotionChanged,
  stageChanged,
  stageIndexes,
  warehouseChanged,
} from './sources.ts';

const stages = [
  aStage('test'),
  aStage('uat', [{ stages: ['test'] }]),
  aStage('prod', [{ stages: ['uat', 'test'] }, { origin: 'infra', direct: true }]),
];

const cache: Pick<Cache, 'byIndex' | 'list'> = {
  byIndex: <T extends KubeObject>(_: Kind<T>, name: string, value: string): readonly T[] => {
    const index = (stageIndexes() as unknown as { name: string; keys: (stage: Stage) => string[] }[]).find(
      (each) => each.name === name,
    );
    return stages.filter((stage) => index?.keys(stage).includes(value)) as unknown as T[];
  },
  list: <T extends KubeObject>(): T[] => stages as unknown as T[],
};
const woken = (keys: readonly ObjectKey[]): string[] => keys.map(({ name }) => name);

describe('Freight wakes', () => {
  const f = someFreight;
  const at = { since: '2026-01-01T00:00:00Z' };
  const cases: { name: string; old?: Freight; object?: Freight; want: string[] }[] = [
    { name: 'the Stages that take it from its origin, when it is new', object: f('f'), want: ['test'] },
    { name: 'those of its own origin only', object: f('f', {}, { from: 'infra' }), want: ['prod'] },
    {
      name: 'the Stages behind one in which it is verified',
      old: f('f'),
      object: f('f', { verifiedIn: { test: {} } }),
      want: ['uat', 'prod'],
    },
    {
      name: 'the Stages behind one in which it arrives verified',
      old: f('f', { verifiedIn: { test: {} } }),
      object: f('f', { verifiedIn: { test: {} }, currentlyIn: { test: at } }),
      want: ['uat', 'prod'],
    },
    { name: 'nobody when it arrives unverified', old: f('f'), object: f('f', { currentlyIn: { test: at } }), want: [] },
    {
      name: 'the Stages behind one that it left after a longer stay',
      old: f('f', { verifiedIn: { uat: {} } }),
      object: f('f', { verifiedIn: { uat: { longestSoak: '1h' } } }),
      want: ['prod'],
    },
    { name: 'the Stage it is approved for', old: f('f'), object: f('f', { approvedFor: { prod: {} } }), want: ['prod'] },
    { name: 'nobody when other things change', old: f('f'), object: f('f', { metadata: { a: 1 } }), want: [] },
    { name: 'nobody when it goes', old: f('f'), want: [] },
  ];
  it.each(cases)('$name', ({ old, object, want }) => {
    const change = { ...(object === undefined ? {} : { object }), ...(old === undefined ? {} : { old }) };
    expect(woken(freightChanged(cache, change))).toEqual(want);
  });
});

describe('a Stage wakes', () => {
  const with_ = (metadata: Stage['metadata'], status: Stage['status'] = {}): Stage =>
    aStage('qa', undefined, { metadata: { namespace: 'shop', name: 'qa', ...metadata }, status });
  const asked = (name: string, value: string): Stage => with_({ annotations: { [name]: value } });
  const cases: { name: string; old?: Stage; object?: Stage; wakes: boolean }[] = [
    { name: 'when it is new', object: with_({}), wakes: true },
    { name: 'when its spec changes', old: with_({ generation: 1 }), object: with_({ generation: 2 }), wakes: true },
    { name: 'when it is being deleted', old: with_({}), object: with_({ deletionTimestamp: 'now' }), wakes: true },
    { name: 'when its labels change', old: with_({}), object: with_({ labels: { a: 'b' } }), wakes: true },
    { name: 'when a refresh is asked for', old: with_({}), object: asked(names.refresh, '1'), wakes: true },
    { name: 'when another refresh is asked for', old: asked(names.refresh, '1'), object: asked(names.refresh, '2'), wakes: true },
    { name: 'not when a request is removed', old: asked(names.refresh, '1'), object: with_({}), wakes: false },
    {
      name: 'when another verification is asked for',
      old: asked(names.reverify, 'a'),
      object: asked(names.reverify, 'b'),
      wakes: true,
    },
    {
      name: 'not when only the actor changes',
      old: asked(names.reverify, 'a'),
      object: asked(names.reverify, '{"id":"a","actor":"x"}'),
      wakes: false,
    },
    { name: 'when an abort is asked for', old: with_({}), object: asked(names.abort, '{"id":"a"}'), wakes: true },
    { name: 'not when an abort asks for nothing', old: with_({}), object: asked(names.abort, '{"id":""}'), wakes: false },
    { name: 'not by its own status', old: with_({}), object: with_({}, { phase: 'Steady' }), wakes: false },
    { name: 'not when it is gone', old: with_({}), wakes: false },
  ];
  it.each(cases)('$name', ({ old, object, wakes }) => {
    const change = { ...(object === undefined ? {} : { object }), ...(old === undefined ? {} : { old }) };
    expect(stageChanged(change)).toHaveLength(wakes ? 1 : 0);
  });
});

describe('the Stage of a Promotion wakes', () => {
  const p = (phase?: string): Promotion => aPromotion('p', phase === undefined ? {} : { status: { phase } });
  it.each([
    ['when it is new', undefined, p(), true],
    ['when its phase changes', p('Pending'), p('Running'), true],
    ['not when its phase stays', p('Running'), p('Running'), false],
    ['when it goes unfinished', p('Running'), undefined, true],
    ['not when it goes finished', p('Failed'), undefined, false],
  ] as const)('%s', (_, old, object, wakes) => {
    const change = { ...(object === undefined ? {} : { object }), ...(old === undefined ? {} : { old }) };
    expect(promotionChanged(change)).toEqual(wakes ? [{ namespace: 'shop', name: 'qa' }] : []);
  });
});

describe('an Application wakes', () => {
  const app = (authorized: string | undefined, status: Application['status'] = {}): Application => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      namespace: 'argocd',
      name: 'a',
      ...(authorized === undefined ? {} : { annotations: { [names.authorizedStage]: authorized } }),
    },
    spec: { project: 'default', destination: {} },
    status,
  });
  const both = 'shop:test, shop:uat';
  const operation = (finishedAt: string): NonNullable<Application['status']>['operationState'] => ({
    operation: {},
    phase: 'Succeeded',
    startedAt: finishedAt,
    finishedAt,
  });
  const cases: { name: string; old?: Application; object?: Application; want: string[] }[] = [
    { name: 'all Stages it is entrusted to', object: app(both), want: ['test', 'uat'] },
    { name: 'nobody without the annotation', object: app(undefined), want: [] },
    { name: 'nobody with a malformed annotation', object: app('shop:test,shop:*'), want: [] },
    {
      name: 'when its health changes',
      old: app(both),
      object: app(both, { health: { status: 'Degraded' } }),
      want: ['test', 'uat'],
    },
    {
      name: 'when its revision changes',
      old: app(both),
      object: app(both, { sync: { status: 'Synced', revision: 'b' } }),
      want: ['test', 'uat'],
    },
    {
      name: 'not when nothing changes that matters',
      old: app(both),
      object: app(both, { summary: { images: ['x'] } }),
      want: [],
    },
    {
      name: 'when it is looked at after an operation has ended',
      old: app(both, { operationState: operation('2026-01-01T00:00:05Z'), reconciledAt: '2026-01-01T00:00:04Z' }),
      object: app(both, { operationState: operation('2026-01-01T00:00:05Z'), reconciledAt: '2026-01-01T00:00:05Z' }),
      want: ['test', 'uat'],
    },
    {
      name: 'not each time it is looked at',
      old: app(both, { reconciledAt: '2026-01-01T00:00:04Z' }),
      object: app(both, { reconciledAt: '2026-01-01T00:00:05Z' }),
      want: [],
    },
    { name: 'when it goes', old: app(both), want: ['test', 'uat'] },
  ];
  it.each(cases)('$name', ({ old, object, want }) => {
    const change = { ...(object === undefined ? {} : { object }), ...(old === undefined ? {} : { old }) };
    expect(woken(applicationChanged(cache, change))).toEqual(want);
  });
});

describe('an Application whose health a Stage has for its own', () => {
  const checked = aStage('qa', undefined, {
    status: {
      lastPromotion: {
        name: 'p',
        status: {
          phase: 'Succeeded',
          healthChecks: [{ uses: 'argocd-update', config: { apps: [{ namespace: 'argocd', name: 'a' }] } }],
        },
      },
    },
  });
  const withChecks: Pick<Cache, 'byIndex'> = {
    byIndex: <T extends KubeObject>(_: Kind<T>, name: string, value: string): readonly T[] => {
      const index = (stageIndexes() as unknown as { name: string; keys: (stage: Stage) => string[] }[]).find(
        (each) => each.name === name,
      );
      return (index?.keys(checked).includes(value) === true ? [checked] : []) as unknown as T[];
    },
  };
  const app = (name: string, status: Application['status'] = {}, labels: Record<string, string> = {}): Application => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { namespace: 'argocd', name, labels },
    spec: { project: 'default', destination: {} },
    status,
  });
  const admitted = (admits: string): Application => ({
    ...app('a'),
    metadata: { ...app('a').metadata, annotations: { [names.authorizedStage]: admits } },
  });
  it.each<[string, { object?: Application; old?: Application }, string[]]>([
    ['when it is created, though it admits nobody', { object: app('a') }, ['qa']],
    ['when it changes', { old: app('a'), object: app('a', { health: { status: 'Healthy' } }) }, ['qa']],
    ['when it is relabelled', { old: app('a'), object: app('a', {}, { team: 'x' }) }, ['qa']],
    ['when it is deleted', { old: app('a') }, ['qa']],
    ['not when another one changes', { object: app('b') }, []],
    ['and the Stages it no longer admits', { old: admitted('shop:test'), object: admitted('shop:uat') }, ['qa', 'uat', 'test']],
  ])('wakes it %s', (_, change, want) => {
    expect(woken(applicationChanged(withChecks, change))).toEqual(want);
  });
});

describe('others', () => {
  const run = (
    phase: string | undefined,
    labels: Record<string, string>,
    annotations: Record<string, string> = {},
  ): AnalysisRun =>
    ({
      metadata: { namespace: 'shop', name: 'r', labels, annotations },
      ...(phase === undefined ? {} : { status: { phase } }),
    }) as unknown as AnalysisRun;
  const ours = { 'kargo.akuity.io/stage': 'qa', 'kargo.akuity.io/freight-collection': 'c' };

  it('an AnalysisRun wakes its Stage when its phase changes', () => {
    expect(woken(analysisRunChanged({ old: run(undefined, ours), object: run('Running', ours) }))).toEqual(['qa']);
    expect(analysisRunChanged({ old: run('Running', ours), object: run('Running', ours) })).toEqual([]);
    expect(woken(analysisRunChanged({ old: run('Running', ours) }))).toEqual(['qa']);
    expect(woken(analysisRunChanged({ object: run('Running', ours, { 'kargo.akuity.io/stage': 'a-long-name' }) }))).toEqual([
      'a-long-name',
    ]);
    expect(analysisRunChanged({ object: run('Running', {}) })).toEqual([]);
  });

  it('policies of a Project wake all its Stages', () => {
    const config = (enabled: boolean): ProjectConfig =>
      ({
        metadata: { namespace: 'shop', name: 'shop' },
        spec: { promotionPolicies: [{ stage: 'qa', autoPromotionEnabled: enabled }] },
      }) as ProjectConfig;
    expect(projectConfigChanged(cache, { old: config(false), object: config(true) })).toHaveLength(3);
    expect(projectConfigChanged(cache, { old: config(true), object: config(true) })).toEqual([]);
    expect(projectConfigChanged(cache, { old: config(true) })).toHaveLength(3);
  });

  it('a Warehouse wakes the Stages of its origin when it comes or goes', () => {
    const warehouse = { metadata: { namespace: 'shop', name: 'app' } } as Warehouse;
    expect(woken(warehouseChanged(cache, { object: warehouse }))).toEqual(['test', 'uat', 'prod']);
    expect(warehouseChanged(cache, { object: warehouse, old: warehouse })).toEqual([]);
  });

  it('indexes tell Projects apart', () => {
    expect(inNamespace('shop', originKey({ kind: 'Warehouse', name: 'a' }))).toBe('shop/Warehouse/a');
  });
});
