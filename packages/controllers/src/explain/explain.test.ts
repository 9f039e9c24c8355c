import type { Freight, ProjectConfig, Promotion, Stage, Warehouse } from '@kargo/api';
import type { Wait } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import { TO_BE_ANNOUNCED } from '../events/announcers.ts';
import { explainFreight, explainPromotion, explainStage, explainWarehouse, shortcomings } from './index.ts';

const NOW = Date.parse('2026-01-02T12:00:00Z');
const API = 'kargo.akuity.io/v1alpha1';
const none = (): readonly Wait[] => [];

const freight = (name: string, status: Freight['status'] = {}): Freight => ({
  apiVersion: API,
  kind: 'Freight',
  metadata: { namespace: 'shop', name },
  alias: `alias-${name}`,
  discoveredAt: `2026-01-0${name.slice(1)}T00:00:00Z`,
  origin: { kind: 'Warehouse', name: 'web' },
  status,
});

const stage = (
  name: string,
  status: Stage['status'] = {},
  sources: Stage['spec']['requestedFreight'][number]['sources'] = { direct: true },
): Stage => ({
  apiVersion: API,
  kind: 'Stage',
  metadata: { namespace: 'shop', name },
  spec: {
    requestedFreight: [{ origin: { kind: 'Warehouse', name: 'web' }, sources }],
    promotionTemplate: { spec: { steps: [{ uses: 'git-clone' }] } },
  },
  status,
});

const promotion = (name: string, status: Promotion['status'] = {}, freightName = 'f2'): Promotion => ({
  apiVersion: API,
  kind: 'Promotion',
  metadata: { namespace: 'shop', name },
  spec: { stage: 'test', freight: freightName, steps: [{ uses: 'git-clone' }, { uses: 'git-push', as: 'push' }] },
  status,
});

const holds = (name: string): Stage['status'] => ({ freightHistory: [{ id: 'c', items: { 'Warehouse/web': { name } } }] });
const automatic: ProjectConfig = {
  apiVersion: API,
  kind: 'ProjectConfig',
  metadata: { namespace: 'shop', name: 'shop' },
  spec: { promotionPolicies: [{ stage: 'test', autoPromotionEnabled: true }] },
};

describe('why a Stage does not move', () => {
  it.each<{
    name: string;
    stage: Stage;
    freight?: Freight[];
    promotions?: Promotion[];
    config?: ProjectConfig;
    standing: string;
    says: RegExp;
    command?: string;
  }>([
    { name: 'nothing found yet', stage: stage('test'), standing: 'waiting', says: /Warehouse\/web has not made any Freight yet/ },
    {
      name: 'automation is off',
      stage: stage('test'),
      freight: [freight('f1')],
      standing: 'stuck',
      says: /alias-f1 is ready and waits for a person/,
      command: 'kargo promote --project shop --freight f1 --stage test',
    },
    {
      name: 'automation has to match the upstream Stage, where there is nothing',
      stage: stage('test', {}, { direct: true, stages: ['up'], autoPromotionOptions: { selectionPolicy: 'MatchUpstream' } }),
      freight: [freight('f1')],
      config: automatic,
      standing: 'waiting',
      says: /no Freight of Warehouse\/web that is available is in the upstream Stage/,
      command: 'kargo promote --project shop --freight f1 --stage test',
    },
    {
      name: 'automation is on',
      stage: stage('test'),
      freight: [freight('f1')],
      config: automatic,
      standing: 'waiting',
      says: /will be promoted automatically/,
    },
    {
      name: 'on its way',
      stage: stage('test'),
      freight: [freight('f2')],
      promotions: [promotion('p1', { phase: 'Pending' })],
      config: automatic,
      standing: 'waiting',
      says: /alias-f2 is on its way: Promotion p1 is Pending/,
    },
    {
      name: 'failed before',
      stage: stage('test'),
      freight: [freight('f2')],
      promotions: [promotion('p1', { phase: 'Errored' })],
      config: automatic,
      standing: 'stuck',
      says: /last Promotion ended Errored; automation does not try again/,
    },
    {
      name: 'held',
      stage: stage('test', {
        effectiveAutoPromotionHolds: {
          'Warehouse/web': { freightName: 'f1', actor: 'email:kim@acme.io', origin: { kind: 'Warehouse', name: 'web' } },
        },
      }),
      freight: [freight('f2')],
      config: automatic,
      standing: 'stuck',
      says: /auto-promotion is held since email:kim@acme.io promoted f1/,
    },
    {
      name: 'not verified upstream',
      stage: stage('test', {}, { stages: ['dev'] }),
      freight: [freight('f1')],
      standing: 'waiting',
      says: /no Freight of Warehouse\/web is available/,
    },
    {
      name: 'up to date',
      stage: stage('test', { ...holds('f2'), conditions: [condition('Healthy', 'True'), condition('Verified', 'True')] }),
      freight: [freight('f2')],
      standing: 'settled',
      says: /steady and has everything/,
    },
    {
      name: 'promoting',
      stage: stage('test', { currentPromotion: { name: 'p1' } }),
      freight: [freight('f2')],
      standing: 'moving',
      says: /Promotion p1 is running/,
    },
  ])('$name', ({ stage: given, freight: all = [], promotions = [], config, standing, says, command }) => {
    const answer = explainStage({ stage: given, freight: all, promotions, projectConfig: config, waitsOf: none, now: NOW });
    expect(answer.standing).toBe(standing);
    expect(`${answer.summary} ${answer.gates.map(({ fact }) => fact).join(' ')}`).toMatch(says);
    if (command !== undefined) expect(answer.actions.map((action) => action.command)).toContain(command);
  });

  it('tells exactly when soak time opens the way', () => {
    const soaking = freight('f1', {
      currentlyIn: { dev: { since: '2026-01-02T11:30:00Z' } },
      verifiedIn: { dev: { verifiedAt: '2026-01-02T11:40:00Z' } },
    });
    const answer = explainStage({
      stage: stage('test', {}, { stages: ['dev'], requiredSoakTime: '1h' }),
      freight: [soaking],
      promotions: [],
      projectConfig: automatic,
      waitsOf: none,
      now: NOW,
    });
    expect(answer.earliest).toBe('2026-01-02T12:30:00Z');
  });

  it('says what is with the newest that it cannot have, and how a person can let it in', () => {
    const answer = explainStage({
      stage: stage('test', {}, { stages: ['dev'] }),
      freight: [freight('f1')],
      promotions: [],
      projectConfig: automatic,
      waitsOf: none,
      now: NOW,
    });
    expect(answer).toMatchObject({
      standing: 'waiting',
      summary: expect.stringMatching(/: freight of Warehouse\/web: no Freight/),
    });
    expect(answer.summary).toMatch(/the newest, .*, is not verified in Stage dev/);
    expect(answer.actions.map(({ command }) => command)).toEqual(['kargo approve --project shop --freight f1 --stage test']);
    expect(shortcomings(answer)).toEqual([]);
  });

  it('names what it takes Freight from that does not exist', () => {
    const facts = { promotions: [], projectConfig: automatic, waitsOf: none, now: NOW, exists: () => false };
    const direct = explainStage({ ...facts, stage: stage('test'), freight: [] });
    expect(direct.gates[0]?.fact).toBe('Warehouse web does not exist');
    expect(direct.gates[0]?.awaits).toBe('Warehouse web is created, and Warehouse/web makes Freight');
    const behind = explainStage({ ...facts, stage: stage('test', {}, { stages: ['dev', 'qa'] }), freight: [freight('f1')] });
    expect(behind.gates[0]?.fact).toMatch(/; Warehouse web does not exist; Stages dev, qa do not exist$/);
    const [gate] = explainFreight(freight('f1'), [stage('test', {}, { stages: ['dev'] })], NOW).gates;
    expect(gate?.fact).toBe('not verified in Stage dev; Stage dev does not exist');
  });

  it('says how the verification of Freight ended where it is', () => {
    const inside = freight('f1', { currentlyIn: { test: { since: '2026-01-02T11:30:00Z' } } });
    const whose = (phase?: string): Stage =>
      stage('test', {
        freightHistory: [
          {
            id: 'c',
            items: { 'Warehouse/web': { name: 'f1', origin: { kind: 'Warehouse', name: 'web' } } },
            ...(phase === undefined ? {} : { verificationHistory: [{ id: 'v', phase }] }),
          },
        ],
      } as Stage['status']);
    const facts = [undefined, 'Running', 'Error', 'Failed'].map(
      (phase) => explainFreight(inside, [whose(phase)], NOW).gates[0]?.fact,
    );
    expect(facts).toEqual([
      'there now, not verified yet',
      'there now, being verified',
      'there now, its verification ended Error',
      'there now, its verification ended Failed',
    ]);
  });

  it('does not take who tells of it for something that it waits for', () => {
    const until: Wait['until'] = [{ kind: 'deadline', at: NOW + 1000, why: 'it is told of' }];
    const wait = { controller: 'promotion-announcer', kind: 'Stage', message: '', since: NOW, until, reason: TO_BE_ANNOUNCED };
    const waits: Wait[] = [{ ...wait, key: { namespace: 'shop', name: 'test' } }];
    const facts = { freight: [], promotions: [], projectConfig: undefined, now: NOW };
    const answer = explainStage({ ...facts, stage: stage('test'), waitsOf: () => waits });
    expect(answer.triggers).toEqual([{ kind: 'event', what: 'Warehouse/web makes Freight' }]);
    expect(answer.earliest).toBeUndefined();
  });

  it('says what the controllers wait for', () => {
    const wait: Wait = {
      controller: 'stage',
      kind: 'Stage',
      key: { namespace: 'shop', name: 'test' },
      reason: 'Verifying',
      message: '',
      since: NOW,
      until: [
        { kind: 'event', on: 'AnalysisRun r makes progress' },
        { kind: 'deadline', at: NOW + 60_000, why: 'it ought to have begun' },
      ],
    };
    const answer = explainStage({
      stage: stage('test', { phase: 'Verifying' }),
      freight: [],
      promotions: [],
      projectConfig: undefined,
      waitsOf: () => [wait],
      now: NOW,
    });
    expect(answer.triggers).toEqual([
      { kind: 'deadline', what: 'it ought to have begun', at: '2026-01-02T12:01:00Z' },
      { kind: 'event', what: 'AnalysisRun r makes progress' },
    ]);
  });
});

function condition(type: string, status: 'True' | 'False'): NonNullable<NonNullable<Stage['status']>['conditions']>[number] {
  return { type, status, reason: type, message: '', lastTransitionTime: '2026-01-01T00:00:00Z' };
}

describe('where Freight may go', () => {
  it('names every Stage that requests it, with reason, time and the way out', () => {
    const given = freight('f1', {
      currentlyIn: { dev: { since: '2026-01-02T11:30:00Z' } },
      verifiedIn: { dev: { verifiedAt: '2026-01-02T11:40:00Z' } },
    });
    const stages = [
      stage('dev'),
      stage('soak', {}, { stages: ['dev'], requiredSoakTime: '1h' }),
      stage('prod', {}, { stages: ['soak'] }),
      stage('open', {}, { stages: ['dev'] }),
    ];
    const answer = explainFreight(given, stages, NOW);
    expect(answer.gates.map(({ name, met, fact, opensAt }) => [name, met, fact, opensAt])).toEqual([
      ['Stage dev', true, 'there now, verified 2026-01-02T11:40:00Z', undefined],
      ['Stage open', true, 'available: verified in dev', undefined],
      ['Stage prod', false, 'not verified in Stage soak', undefined],
      ['Stage soak', false, 'verified in Stage dev, but not yet there for 1h', '2026-01-02T12:30:00Z'],
    ]);
    expect(answer.gates[2]?.action?.command).toBe('kargo approve --project shop --freight f1 --stage prod');
    expect(answer.earliest).toBe('2026-01-02T12:30:00Z');
  });
});

describe('why a Promotion does not move', () => {
  it('says how to end one that runs and is stuck, to whoever waits behind it', () => {
    const { actions } = explainPromotion({
      promotion: promotion('test.2', { phase: 'Pending' }),
      stage: stage('test', { currentPromotion: { name: 'test.1' } }),
      freight: freight('f1'),
      siblings: [],
      waitsOf: none,
      now: NOW,
    });
    expect(actions.map(({ command }) => command)).toEqual([
      'kargo promote --project shop --abort --name test.2',
      'kargo promote --project shop --abort --name test.1',
    ]);
  });

  it.each<{ name: string; given: Promotion; stage?: Stage; siblings?: Promotion[]; says: RegExp; standing: string }>([
    {
      name: 'another runs',
      given: promotion('test.2', { phase: 'Pending' }),
      stage: stage('test', { currentPromotion: { name: 'test.1' } }),
      says: /Promotion test\.1 runs in this Stage; one runs at a time/,
      standing: 'waiting',
    },
    {
      name: 'others are ahead',
      given: promotion('test.3', { phase: 'Pending' }),
      stage: stage('test', { currentPromotion: { name: 'test.1' } }),
      siblings: [promotion('test.2', { phase: 'Pending' })],
      says: /1 Promotion is ahead: test\.2/,
      standing: 'waiting',
    },
    {
      name: 'a verification comes first',
      given: promotion('test.2', { phase: 'Pending' }),
      stage: stage('test', { phase: 'Verifying' }),
      says: /being verified first/,
      standing: 'waiting',
    },
    {
      name: 'at a step',
      given: promotion('test.1', {
        phase: 'Running',
        currentStep: 1,
        stepExecutionMetadata: [
          { alias: 'step-1', status: 'Succeeded' },
          { alias: 'push', status: 'Errored', errorCount: 2, message: 'refused' },
        ],
      }),
      stage: stage('test'),
      says: /step 2 of 2 \(git-push\).*Errored, 2 errors: refused/,
      standing: 'moving',
    },
    {
      name: 'failed',
      given: promotion('test.1', { phase: 'Failed', finishedAt: '2026-01-02T11:00:00Z', message: 'merge conflict' }),
      stage: stage('test'),
      says: /ended Failed at 2026-01-02T11:00:00Z: merge conflict/,
      standing: 'settled',
    },
    {
      name: 'its Stage is gone',
      given: promotion('test.1', { phase: 'Pending' }),
      says: /Stage test does not exist/,
      standing: 'waiting',
    },
  ])('$name', ({ given, stage: of, siblings = [], says, standing }) => {
    const answer = explainPromotion({
      promotion: given,
      stage: of,
      freight: freight('f2'),
      siblings: [given, ...siblings],
      waitsOf: none,
      now: NOW,
    });
    expect(`${answer.summary} ${answer.gates.map(({ fact }) => fact).join(' ')}`).toMatch(says);
    expect(answer.standing).toBe(standing);
  });
});

describe('why a Warehouse makes nothing', () => {
  it('says what failed, and what was found', () => {
    const warehouse: Warehouse = {
      apiVersion: API,
      kind: 'Warehouse',
      metadata: { namespace: 'shop', name: 'web' },
      spec: { subscriptions: [] },
      status: {
        conditions: [
          condition('Ready', 'False'),
          { ...condition('Healthy', 'False'), message: 'registry.example.org cannot be reached' },
        ],
        discoveredArtifacts: {
          discoveredAt: '2026-01-02T11:00:00Z',
          images: [{ repoURL: 'registry.example.org/web', references: [] }],
        },
      },
    };
    const answer = explainWarehouse({ warehouse, waitsOf: none });
    expect(answer.standing).toBe('stuck');
    // Looking again alone brings nothing.
    expect(answer.earliest).toBeUndefined();
    expect(answer.summary).toContain('registry.example.org cannot be reached');
    expect(answer.gates).toContainEqual({
      name: 'Image registry.example.org/web',
      met: false,
      fact: 'nothing found that matches',
      awaits: 'something that matches is pushed',
    });
  });

  const whose = (more: Partial<Warehouse['spec']>, conditions: object[]): Warehouse =>
    ({
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Warehouse',
      metadata: { namespace: 'shop', name: 'web' },
      spec: { subscriptions: [{ git: { repoURL: 'https://a' } }, { chart: { repoURL: 'oci://b/c' } }], ...more },
      status: { conditions, discoveredArtifacts: { discoveredAt: '2026-01-02T11:58:00Z' } },
    }) as Warehouse;

  it('says how to find out about credentials, of the subscription that lacks them', () => {
    const message = 'spec.subscriptions[0] (git https://a): gone; spec.subscriptions[1] (chart oci://b/c): it wants credentials';
    const failing = whose({}, [condition('Ready', 'False'), { ...condition('Healthy', 'False'), message }]);
    const { actions } = explainWarehouse({ warehouse: failing, waitsOf: none });
    expect(actions.map(({ command }) => command)).toEqual([
      'kargo explain credentials oci://b/c --type helm --project shop',
      'kargo refresh warehouse web --project shop',
    ]);
  });

  it('waits where it is left alone until an instant, and says so', () => {
    const failing = whose({}, [condition('Ready', 'False'), { ...condition('Healthy', 'False'), message: 'it limits requests' }]);
    const until: Wait['until'] = [{ kind: 'poll', at: NOW + 3_600_000, why: 'it may be asked again' }];
    const key = { namespace: 'shop', name: 'web' };
    const wait: Wait = { controller: 'warehouse', kind: 'Warehouse', key, reason: 'RateLimited', message: '', since: NOW, until };
    const answer = explainWarehouse({ warehouse: failing, waitsOf: () => [wait] });
    expect(answer).toMatchObject({ standing: 'waiting', earliest: '2026-01-02T13:00:00Z' });
  });

  it('says why there is no Freight where nothing is wrong', () => {
    const fine = [condition('Ready', 'True'), condition('Healthy', 'True')];
    const manual = explainWarehouse({ warehouse: whose({ freightCreationPolicy: 'Manual' }, fine), waitsOf: none });
    expect(manual.summary).toMatch(/no Freight made yet, as it is put together by hand\.$/);
    expect(manual.actions[0]?.command).toBe('kargo create -f freight.yaml');
    const unsatisfied = { ...condition('FreightCreationCriteriaSatisfied', 'False'), message: 'the artifacts do not satisfy it' };
    const held = explainWarehouse({ warehouse: whose({}, [...fine, unsatisfied]), waitsOf: none });
    expect(held.summary).toMatch(/no Freight made yet; the artifacts do not satisfy it\.$/);
  });
});
