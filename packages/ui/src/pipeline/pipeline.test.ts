import type { Freight, Promotion, Stage } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { cellOf, versionOf } from './cells.ts';
import { indexFreight, newestAvailable } from './freight-index.ts';
import { headlinesOf } from './headline.ts';
import { ranksOf } from './ranks.ts';
import { lookOfPromotion, lookOfStage, lookOfVerification } from './state.ts';

const API = 'kargo.akuity.io/v1alpha1';

const stage = (name: string, upstreams: string[] = [], status: Stage['status'] = {}, origin = 'web'): Stage => ({
  apiVersion: API,
  kind: 'Stage',
  metadata: { name },
  spec: {
    requestedFreight: [
      { origin: { kind: 'Warehouse', name: origin }, sources: upstreams.length === 0 ? { direct: true } : { stages: upstreams } },
    ],
  },
  status,
});

const freight = (name: string, status: Freight['status'] = {}, discoveredAt = '2026-01-01T00:00:00Z'): Freight => ({
  apiVersion: API,
  kind: 'Freight',
  metadata: { name },
  alias: `alias-${name}`,
  origin: { kind: 'Warehouse', name: 'web' },
  discoveredAt,
  images: [{ tag: '1.0.0' }],
  status,
});

const promotion = (name: string, phase: string, freightName = 'f1'): Promotion => ({
  apiVersion: API,
  kind: 'Promotion',
  metadata: { name },
  spec: { stage: 'test', freight: freightName, steps: [{ uses: 'a' }, { uses: 'b' }] },
  status: { phase, currentStep: 1, finishedAt: '2026-01-01T10:00:00Z' },
});

const runs = (name: string, more: Stage['status'] = {}): Stage['status'] => ({
  phase: 'Steady',
  freightHistory: [{ id: 'c', items: { 'Warehouse/web': { name } } }],
  ...more,
});

describe('the columns of the board', () => {
  it.each<[string, Stage[], string[][]]>([
    ['a chain', [stage('prod', ['uat']), stage('uat', ['test']), stage('test')], [['test'], ['uat'], ['prod']]],
    ['a fan', [stage('eu', ['test']), stage('us', ['test']), stage('test')], [['test'], ['eu', 'us']]],
    [
      'the longest way counts',
      [stage('test'), stage('uat', ['test']), stage('prod', ['test', 'uat'])],
      [['test'], ['uat'], ['prod']],
    ],
    ['a cycle', [stage('a', ['b']), stage('b', ['a'])], [['b'], ['a']]],
    ['an upstream that does not exist', [stage('a', ['gone'])], [['a']]],
    ['another warehouse', [stage('test'), stage('other', [], {}, 'db')], [['test']]],
  ])('%s', (_name, stages, want) => {
    expect(ranksOf(stages, 'web').map((column) => column.map(({ metadata }) => metadata.name))).toEqual(want);
  });
});

describe('what the board says about Freight in a Stage', () => {
  const f = freight('f1');
  it.each<{
    name: string;
    freight?: Freight;
    stage: Stage;
    promotions?: Promotion[];
    others?: Freight[];
    want: Partial<ReturnType<typeof cellOf>>;
  }>([
    { name: 'not there yet', stage: stage('test', ['dev']), want: { word: 'After dev', promote: false, here: false } },
    {
      name: 'ready, nobody promotes',
      stage: stage('test'),
      want: { word: 'Ready, needs a person', shape: 'person', promote: true },
    },
    {
      name: 'ready, automation promotes',
      stage: stage('test', [], { autoPromotionEnabled: true }),
      want: { word: 'Next', promote: true },
    },
    {
      name: 'ready, but there is newer freight',
      stage: stage('test'),
      others: [freight('f2', {}, '2026-01-02T00:00:00Z')],
      want: { word: 'Ready, not the newest', promote: true },
    },
    {
      name: 'older than what runs',
      stage: stage('test', [], runs('f2')),
      others: [freight('f2', {}, '2026-01-02T00:00:00Z')],
      want: { word: 'Passed over', promote: true },
    },
    {
      name: 'held',
      stage: stage('test', [], {
        autoPromotionEnabled: true,
        effectiveAutoPromotionHolds: { 'Warehouse/web': { freightName: 'f0', origin: { kind: 'Warehouse', name: 'web' } } },
      }),
      want: { word: 'Held', tone: 'hold' },
    },
    {
      name: 'soaking',
      freight: freight('f1', {
        currentlyIn: { dev: { since: '2026-01-01T00:00:00Z' } },
        verifiedIn: { dev: { verifiedAt: '2026-01-01T00:00:00Z' } },
      }),
      stage: {
        ...stage('test'),
        spec: {
          requestedFreight: [
            { origin: { kind: 'Warehouse', name: 'web' }, sources: { stages: ['dev'], requiredSoakTime: '72h' } },
          ],
        },
      },
      want: { shape: 'clock', word: expect.stringMatching(/^Opens /) as string, approve: true },
    },
    {
      name: 'upstream has gone past it',
      stage: stage('test', ['dev']),
      others: [freight('f2', {}, '2026-01-02T00:00:00Z')],
      want: { word: 'Not verified in dev', approve: true },
    },
    {
      name: 'being promoted',
      stage: stage('test', [], { currentPromotion: { name: 'p' } }),
      promotions: [promotion('p', 'Running')],
      want: { word: 'Promoting', detail: 'step 2 of 2', here: true },
    },
    {
      name: 'queued',
      stage: stage('test'),
      promotions: [promotion('p', 'Pending')],
      want: { word: 'Queued', promote: false },
    },
    {
      name: 'there and verified',
      freight: freight('f1', { verifiedIn: { test: { verifiedAt: '2026-01-01T10:00:00Z' } } }),
      stage: stage('test', [], runs('f1')),
      want: { word: 'Running', tone: 'ok', here: true },
    },
    {
      name: 'there, being verified',
      stage: stage('test', [], runs('f1', { phase: 'Verifying' })),
      want: { word: 'Verifying', here: true },
    },
    {
      name: 'there, verification failed',
      stage: stage('test', [], {
        freightHistory: [{ id: 'c', items: { 'Warehouse/web': { name: 'f1' } }, verificationHistory: [{ phase: 'Failed' }] }],
      }),
      want: { word: 'Verification failed', tone: 'bad', here: true },
    },
    {
      name: 'was there, verified',
      freight: freight('f1', { verifiedIn: { test: { verifiedAt: '2026-01-01T10:00:00Z' } } }),
      stage: stage('test', [], runs('f2')),
      want: { word: 'Verified', here: false },
    },
    {
      name: 'failed',
      stage: stage('test'),
      promotions: [promotion('p', 'Failed')],
      want: { word: 'Failed', tone: 'bad', promote: true },
    },
    {
      name: 'was there, never verified',
      stage: stage('test', [], runs('f2')),
      promotions: [promotion('p', 'Succeeded')],
      want: { word: 'Not verified' },
    },
    {
      name: 'passes through',
      stage: stage('test', [], { phase: 'NotApplicable' }),
      want: { word: 'Passes through', promote: false },
    },
  ])('$name', ({ freight: given = f, stage: of, promotions = [], others = [], want }) => {
    const index = indexFreight(new Map([given, ...others].map((each) => [each.metadata.name ?? '', each])));
    const now = Date.parse('2026-01-02T12:00:00Z');
    const newest = newestAvailable(index, of, 'web', now);
    const stages = new Map([['dev', stage('dev', [], runs('f2'))]]);
    expect(
      cellOf({
        freight: given,
        stage: of,
        promotions,
        origin: 'web',
        now,
        place: index.place,
        newest,
        stages: others.length > 0 ? stages : undefined,
      }),
    ).toMatchObject(want);
  });

  it('lists Freight of the origin, newest first', () => {
    const all = [
      freight('a', {}, '2026-01-01T00:00:00Z'),
      freight('b', {}, '2026-01-03T00:00:00Z'),
      { ...freight('c'), origin: { kind: 'Warehouse' as const, name: 'db' } },
    ];
    const { byOrigin } = indexFreight(new Map(all.map((each) => [each.metadata.name ?? '', each])));
    expect(byOrigin.get('web')?.map(({ metadata }) => metadata.name)).toEqual(['b', 'a']);
  });

  it.each<[string, Stage, string | undefined]>([
    ['straight from the warehouse: the newest', stage('test'), 'c'],
    ['from upstream: the newest that is verified there', stage('uat', ['test']), 'b'],
    ['approved by hand: as if it was verified', stage('prod', ['uat']), 'a'],
    ['nothing', stage('far', ['nowhere']), undefined],
  ])('finds what a Stage may have now, %s', (_name, of, want) => {
    const all = [
      freight('a', { approvedFor: { prod: {} } }, '2026-01-01T00:00:00Z'),
      freight('b', { verifiedIn: { test: {} } }, '2026-01-02T00:00:00Z'),
      freight('c', {}, '2026-01-03T00:00:00Z'),
    ];
    const index = indexFreight(new Map(all.map((each) => [each.metadata.name ?? '', each])));
    expect(newestAvailable(index, of, 'web', Date.now())?.metadata.name).toBe(want);
  });

  it('names the content of Freight by what it has', () => {
    expect(versionOf({ images: [{ tag: '1' }] })).toBe('1');
    expect(versionOf({ charts: [{ version: '2' }] })).toBe('2');
    expect(versionOf({ commits: [{ id: '0123456789' }] })).toBe('0123456');
    expect(versionOf({})).toBe('');
  });
});

describe('the sentence on top', () => {
  const ready = [{ stage: stage('prod', ['test']), freight: freight('f1') }];
  it.each<[string, Stage[], typeof ready, RegExp]>([
    ['a failure comes first', [stage('test', [], { phase: 'Failed' })], ready, /test failed/],
    [
      'then what waits for a person',
      [stage('test', [], { currentPromotion: { name: 'p' } })],
      ready,
      /alias-f1 is ready for prod/,
    ],
    ['then what moves', [stage('test', [], { currentPromotion: { name: 'p' } })], [], /test is being promoted/],
    ['then what is checked', [stage('test', [], { phase: 'Verifying' })], [], /test is being verified/],
    ['else all is well', [stage('test', [], { phase: 'Steady' })], [], /Everything is where it can be/],
  ])('%s', (_name, stages, waiting, want) => {
    expect(headlinesOf(stages, new Map(), waiting)[0]?.text).toMatch(want);
  });
});

describe('words for states', () => {
  it('shows what the server says where it is not known', () => {
    expect(lookOfStage(stage('a', [], { phase: 'Levitating' }))).toMatchObject({ shape: 'unknown', word: 'Levitating' });
    expect(lookOfPromotion(promotion('p', 'Dancing'))).toMatchObject({ shape: 'unknown', word: 'Dancing' });
    expect(lookOfVerification('Dreaming')).toMatchObject({ shape: 'unknown', word: 'Dreaming' });
  });
});
