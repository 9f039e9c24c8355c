import {
  annotations,
  ClusterPromotionTask,
  Event,
  Freight,
  labels,
  ProjectConfig,
  Promotion,
  PromotionTask,
  Stage,
} from '@kargo/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { admissionWorld, type AdmissionWorld, freight, object, promotion, refusal, stage } from './testing/admission-world.ts';

let world: AdmissionWorld;
let names: string[];
beforeEach(async () => {
  world = await admissionWorld();
  names = [];
  for (const tag of ['1.0.0', '2.0.0']) {
    names.push((await world.system.create(Freight, freight(tag))).metadata.name ?? '');
    await world.clock.advanceBy(60_000);
  }
});
afterEach(() => world.close());

const old = (): string => names[0] ?? '';
const newest = (): string => names[1] ?? '';

async function autoPromote(): Promise<void> {
  const policies = [{ stageSelector: { name: 'test' }, autoPromotionEnabled: true }];
  await world.system.create(
    ProjectConfig,
    object(ProjectConfig, { name: 'shop', namespace: 'shop' }, { spec: { promotionPolicies: policies } }),
  );
}

describe('a Promotion', () => {
  it('[S35] is named, filled in from its Stage, and tied to it', async () => {
    const spec = {
      shard: 'east',
      vars: [{ name: 'a', value: '1' }],
      promotionTemplate: {
        spec: { vars: [{ name: 'b', value: '2' }], steps: [{ uses: 'git-clone' }, { uses: 'git-push', as: 'push' }] },
      },
    };
    const owner = await world.kim.create(Stage, stage('test', spec));
    const sent = promotion({ freight: old(), steps: [{ uses: 'argocd-update' }], vars: [{ name: 'evil', value: 'x' }] });
    const created = await world.kim.create(Promotion, sent);
    expect(created.metadata.name).toMatch(new RegExp(`^test\\.[0-9a-z]{26}\\.${old().slice(0, 7)}$`));
    expect(created.spec).toEqual({
      stage: 'test',
      freight: old(),
      vars: [
        { name: 'a', value: '1' },
        { name: 'b', value: '2' },
      ],
      steps: [
        { uses: 'git-clone', as: 'step-1' },
        { uses: 'git-push', as: 'push' },
      ],
    });
    expect(created.metadata.labels).toEqual({ [labels.shard]: 'east', [labels.stage]: 'test' });
    expect(created.metadata.annotations).toEqual({ [annotations.createActor]: 'kubernetes:kim', [annotations.stage]: 'test' });
    expect(created.metadata.ownerReferences).toMatchObject([
      { kind: 'Stage', name: 'test', uid: owner.metadata.uid, controller: true },
    ]);
    const { items } = await world.system.list(Event, { namespace: 'shop' });
    expect(items.map(({ reason }) => reason)).toEqual(['PromotionCreated']);
  });

  it('takes the candidate of an origin', async () => {
    await world.kim.create(Stage, stage('test'));
    const created = await world.kim.create(Promotion, promotion({ origin: { kind: 'Warehouse', name: 'app' } }));
    expect(created.spec).toMatchObject({ freight: newest() });
    expect(created.spec.origin).toBeUndefined();
  });

  it('names of one Stage sort in order of creation', async () => {
    await world.kim.create(Stage, stage('test'));
    const made: string[] = [];
    for (let i = 0; i < 5; i += 1)
      made.push((await world.kim.create(Promotion, promotion({ freight: old() }))).metadata.name ?? '');
    expect(made).toEqual(made.toSorted());
  });

  it.each<[string, Partial<Stage['spec']> | undefined, Partial<Promotion['spec']>, number, string]>([
    ['of a Stage there is not', undefined, {}, 422, 'spec.stage: Not found: "test"'],
    ['of a Stage without steps', { promotionTemplate: undefined }, {}, 422, 'defines no promotion steps'],
    ['of Freight there is not', {}, { freight: 'gone' }, 422, 'spec.freight: Not found: "gone"'],
    [
      'of an origin without a candidate',
      {},
      { origin: { kind: 'Warehouse', name: 'other' } },
      422,
      'no auto-promotion candidate',
    ],
    [
      'of Freight that is not available',
      { requestedFreight: [{ origin: { kind: 'Warehouse', name: 'app' }, sources: { stages: ['dev'] } }] },
      { freight: 'old' },
      422,
      'Freight is not available to this Stage: not verified in Stage dev',
    ],
    ['of neither Freight nor origin', {}, {}, 422, 'name either the freight or the origin'],
    [
      'with a task there is not',
      { promotionTemplate: { spec: { steps: [{ task: { name: 'gone' } }] } } },
      { freight: 'old' },
      404,
      'promotiontasks.kargo.akuity.io "gone" not found',
    ],
  ])('is refused %s', async (_, spec, wanted, code, text) => {
    if (spec !== undefined) await world.system.create(Stage, stage('test', spec));
    const sent = promotion({ ...wanted, ...(wanted.freight === 'old' ? { freight: old() } : {}) });
    const refused = await refusal(world.kim.create(Promotion, sent));
    expect([refused.code, refused.problems.join('\n')]).toEqual([code, expect.stringContaining(text)]);
  });

  it('is refused with 403 to those who may not promote, also changes and deletion', async () => {
    await world.kim.create(Stage, stage('test'));
    const { metadata } = await world.kim.create(Promotion, promotion({ freight: old() }));
    const key = { namespace: 'shop', name: metadata.name ?? '' };
    world.denied.add('test');
    const calls = [
      world.kim.create(Promotion, promotion({ freight: old() })),
      world.kim.patch(Promotion, key, {
        type: 'merge',
        body: { metadata: { annotations: { [annotations.abort]: 'terminate' } } },
      }),
      world.kim.delete(Promotion, key),
    ];
    for (const call of calls) {
      const { code, problems } = await refusal(call);
      expect([code, problems[0]]).toEqual([
        403,
        expect.stringContaining('lacks the verb "promote" on stages.kargo.akuity.io "test"'),
      ]);
    }
  });

  it('cannot be changed, and keeps its actor; an abort notes who asks', async () => {
    await world.kim.create(Stage, stage('test'));
    const { metadata } = await world.kim.create(Promotion, promotion({ freight: old() }));
    const key = { namespace: 'shop', name: metadata.name ?? '' };
    expect(
      (await refusal(world.kim.patch(Promotion, key, { type: 'merge', body: { spec: { freight: newest() } } }))).problems,
    ).toEqual([expect.stringMatching(/^spec: Forbidden: spec is immutable/)]);
    const asked = await world.kim.patch(Promotion, key, {
      type: 'merge',
      body: {
        metadata: {
          annotations: {
            [annotations.createActor]: 'admin',
            [annotations.autoPromotionHold]: 'x',
            [annotations.abort]: 'terminate',
          },
        },
      },
    });
    expect(asked.metadata.annotations?.[annotations.createActor]).toBe('kubernetes:kim');
    expect(asked.metadata.annotations?.[annotations.autoPromotionHold]).toBeUndefined();
    expect(JSON.parse(asked.metadata.annotations?.[annotations.abort] ?? '')).toEqual({
      action: 'terminate',
      actor: 'kubernetes:kim',
    });
  });
});

describe('what a Promotion means for automation', () => {
  const intent = ({ metadata }: Promotion) => [
    metadata.annotations?.[annotations.autoPromotionHold],
    metadata.annotations?.[annotations.autoPromotionResume],
  ];

  it.each<[string, boolean, 'kim' | 'system', string | undefined, () => string, (string | undefined)[]]>([
    ['the candidate resumes', true, 'kim', undefined, newest, [undefined, 'Warehouse/app']],
    ['other Freight holds', true, 'kim', undefined, old, ['Warehouse/app', undefined]],
    ['nothing where nothing is automatic', false, 'kim', undefined, old, [undefined, undefined]],
    ['nothing when automation itself promotes', true, 'system', undefined, old, [undefined, undefined]],
    ['nothing when a controller promotes', true, 'system', 'controller:stage', old, [undefined, undefined]],
    ['a person promoting through the API server', true, 'system', 'email:kim@acme.io', old, ['Warehouse/app', undefined]],
  ])('%s', async (_, automatic, client, actor, name, want) => {
    await world.system.create(Stage, stage('test'));
    if (automatic) await autoPromote();
    const sent = promotion({ freight: name() }, actor === undefined ? {} : { annotations: { [annotations.createActor]: actor } });
    expect(intent(await world[client].create(Promotion, sent))).toEqual(want);
  });
});

describe('tasks', () => {
  const task = {
    vars: [{ name: 'repo' }, { name: 'branch', value: 'main' }],
    steps: [
      { uses: 'git-clone', vars: [{ name: 'own', value: 'x' }] },
      { uses: 'git-push', as: 'push' },
    ],
  };
  const template = (...steps: object[]): Partial<Stage['spec']> => ({ promotionTemplate: { spec: { steps: steps as never } } });

  beforeEach(async () => {
    await world.system.create(PromotionTask, object(PromotionTask, { name: 't', namespace: 'shop' }, { spec: task }));
    await world.system.create(
      ClusterPromotionTask,
      object(ClusterPromotionTask, { name: 'ct' }, { spec: { steps: [{ uses: 'git-push' }] } }),
    );
  });

  it('[20 6.1.18] their steps take the place of references, each with variables of its own', async () => {
    const reference = { task: { name: 't' }, as: 'deliver', vars: [{ name: 'repo', value: 'u' }] };
    await world.system.create(
      Stage,
      stage('test', template({ uses: 'git-clone' }, reference, { task: { name: 'ct', kind: 'ClusterPromotionTask' } })),
    );
    const { spec } = await world.kim.create(Promotion, promotion({ freight: old() }));
    const given = [
      { name: 'branch', value: 'main' },
      { name: 'repo', value: 'u' },
    ];
    expect(spec.steps).toEqual([
      { uses: 'git-clone', as: 'step-1' },
      { uses: 'git-clone', as: 'deliver::step-1', vars: [...given, { name: 'own', value: 'x' }] },
      { uses: 'git-push', as: 'deliver::push', vars: given },
      { uses: 'git-push', as: 'task-3::step-1' },
    ]);
  });

  it('[20 6.1.18] a default gives way to a value of the promotion', async () => {
    const vars = [
      { name: 'repo', value: 'u' },
      { name: 'branch', value: 'dev' },
    ];
    await world.system.create(Stage, stage('test', { ...template({ task: { name: 't' } }), vars }));
    const { spec } = await world.kim.create(Promotion, promotion({ freight: old() }));
    expect(spec.steps[1]?.vars).toBeUndefined();
  });

  it('a variable without a value is missed by name', async () => {
    await world.system.create(Stage, stage('test', template({ task: { name: 't' }, vars: [{ name: 'repo', value: '' }] })));
    const { code, problems } = await refusal(world.kim.create(Promotion, promotion({ freight: old() })));
    expect([code, problems[0]]).toEqual([422, expect.stringContaining('missing value for variable "repo" of PromotionTask t')]);
  });
});
