import { ClusterConfig, Namespace, Project, ProjectConfig, PromotionTask, Warehouse } from '@kargo/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { admissionWorld, type AdmissionWorld, IMAGE, object, refusal, warehouse } from './testing/admission-world.ts';

let world: AdmissionWorld;
beforeEach(async () => {
  world = await admissionWorld();
});
afterEach(() => world.close());

async function fields(call: Promise<unknown>): Promise<string[]> {
  return (await refusal(call)).problems.map((problem) => problem.slice(0, problem.indexOf(': ')));
}

describe('Warehouses are admitted', () => {
  const REPO = 'https://github.com/acme/config';

  it('with the defaults of their subscriptions', async () => {
    const { spec } = await world.kim.create(
      Warehouse,
      warehouse('w', [{ git: { repoURL: REPO } }, { name: 'i', image: { repoURL: IMAGE, strictSemvers: false } }]),
    );
    expect(spec).toEqual({
      interval: '5m0s',
      freightCreationPolicy: 'Automatic',
      subscriptions: [
        { git: { repoURL: REPO, commitSelectionStrategy: 'NewestFromBranch', strictSemvers: true, discoveryLimit: 20 } },
        { name: 'i', image: { repoURL: IMAGE, imageSelectionStrategy: 'SemVer', strictSemvers: false, discoveryLimit: 20 } },
      ],
    });
  });

  const s = 'spec.subscriptions';
  it.each<[string, Warehouse['spec']['subscriptions'], string[]]>([
    ['not without a type', [{}], [`${s}[0]`]],
    ['not with two types', [{ git: { repoURL: REPO }, image: { repoURL: IMAGE } }], [`${s}[0]`]],
    ['not with an unknown type', [{ name: 'x', s3: {} }], [`${s}[0]`]],
    ['not with an unknown field', [{ image: { repoURL: IMAGE, constrain: '1' } }], [`${s}[0].image.constrain`]],
    [
      'not with bad URLs',
      [{ git: { repoURL: 'nonsense' } }, { image: { repoURL: 'https://x' } }],
      [`${s}[0].git.repoURL`, `${s}[1].image.repoURL`],
    ],
    [
      'not with an unknown strategy',
      [{ image: { repoURL: IMAGE, imageSelectionStrategy: 'Newest' } }],
      [`${s}[0].image.imageSelectionStrategy`],
    ],
    ['not with limits out of range', [{ image: { repoURL: IMAGE, discoveryLimit: 101 } }], [`${s}[0].image.discoveryLimit`]],
    [
      'not with bad constraints and patterns',
      [{ image: { repoURL: IMAGE, constraint: 'x.y.z.w', allowTagsRegexes: ['('] } }],
      [`${s}[0].image.allowTagsRegexes[0]`, `${s}[0].image.constraint`],
    ],
    [
      'not with a Digest strategy without a tag',
      [{ image: { repoURL: IMAGE, imageSelectionStrategy: 'Digest' } }],
      [`${s}[0].image.constraint`],
    ],
    ['not with a bad platform', [{ image: { repoURL: IMAGE, platform: 'linux' } }], [`${s}[0].image.platform`]],
    [
      'not with a name twice, or a bad one',
      [
        { name: 'a', git: { repoURL: REPO } },
        { name: 'a', image: { repoURL: IMAGE } },
        { name: 'A.b', image: { repoURL: 'x' } },
      ],
      [`${s}[1].name`, `${s}[2].name`],
    ],
    [
      'not with a repository twice, however it is spelled',
      [{ git: { repoURL: REPO } }, { git: { repoURL: `${REPO}.git` } }],
      [`${s}[1].git`],
    ],
    [
      'not with charts that are misnamed',
      [{ chart: { repoURL: 'https://charts.acme.io' } }, { chart: { repoURL: 'oci://ghcr.io/acme/web', name: 'web' } }],
      [`${s}[0].chart.name`, `${s}[1].chart.name`],
    ],
    [
      'with two charts of one HTTP repository',
      [{ chart: { repoURL: 'https://charts.acme.io', name: 'a' } }, { chart: { repoURL: 'https://charts.acme.io', name: 'b' } }],
      [],
    ],
  ])('%s', async (_, subscriptions, want) => {
    expect(await fields(world.kim.create(Warehouse, warehouse('w', subscriptions)))).toEqual(want);
  });

  it('unknown fields come with the nearest known one', async () => {
    const { problems } = await refusal(
      world.kim.create(Warehouse, warehouse('w', [{ image: { repoURL: IMAGE, constrain: '1' } }])),
    );
    expect(problems[0]).toContain('unknown field: did you mean "constraint"?');
  });

  it('not with criteria that cannot be read', async () => {
    const made = warehouse('w', [{ image: { repoURL: IMAGE } }]);
    made.spec.freightCreationCriteria = { expression: "imageForm('x').Tag == 'y'" };
    expect(await fields(world.kim.create(Warehouse, made))).toEqual(['spec.freightCreationCriteria.expression']);
  });
});

describe('Projects', () => {
  it('have their namespace at once', async () => {
    await world.kim.create(Project, object(Project, { name: 'other' }));
    const { metadata } = await world.system.get(Namespace, { name: 'other' });
    expect(metadata).toMatchObject({ labels: { 'kargo.akuity.io/project': 'true' }, finalizers: ['kargo.akuity.io/finalizer'] });
  });

  it('do not take a namespace that is not meant for them', async () => {
    await world.system.create(Namespace, object(Namespace, { name: 'mine' }));
    expect((await refusal(world.kim.create(Project, object(Project, { name: 'mine' })))).code).toBe(409);
    await world.system.patch(
      Namespace,
      { name: 'mine' },
      { type: 'merge', body: { metadata: { labels: { 'kargo.akuity.io/project': 'true' } } } },
    );
    await world.kim.create(Project, object(Project, { name: 'mine' }));
  });
});

describe('configurations', () => {
  const config = (spec: object, name = 'shop') => object(ProjectConfig, { name, namespace: 'shop' }, { spec });

  it.each<[string, object, string[]]>([
    ['nothing special', { promotionPolicies: [{ stageSelector: { name: 'regex:^test$' }, autoPromotionEnabled: true }] }, []],
    [
      'a bad pattern',
      { promotionPolicies: [{ stageSelector: { name: 'regex:(' } }] },
      ['spec.promotionPolicies[0].stageSelector.name'],
    ],
    [
      'an unknown prefix',
      { promotionPolicies: [{ stageSelector: { name: 're:x' } }] },
      ['spec.promotionPolicies[0].stageSelector.name'],
    ],
    [
      'a Stage twice',
      { promotionPolicies: [{ stage: 'a' }, { stageSelector: { name: 'a' } }] },
      ['spec.promotionPolicies[1].stageSelector.name'],
    ],
    ['a Stage in two ways', { promotionPolicies: [{ stage: 'a', stageSelector: {} }] }, ['spec.promotionPolicies[0]']],
    [
      'receivers of one name',
      {
        webhookReceivers: [
          { name: 'r', github: { secretRef: { name: 's' } } },
          { name: 'r', quay: { secretRef: { name: 's' } } },
        ],
      },
      ['spec.webhookReceivers[1].name'],
    ],
    [
      'a receiver of two types',
      { webhookReceivers: [{ name: 'r', harbor: { secretRef: { name: 's' } }, quay: { secretRef: { name: 's' } } }] },
      ['spec.webhookReceivers[0]'],
    ],
    [
      'a target without a selector',
      {
        webhookReceivers: [
          {
            name: 'r',
            generic: {
              secretRef: { name: 's' },
              actions: [{ action: 'Refresh', targetSelectionCriteria: [{ kind: 'Warehouse' }] }],
            },
          },
        ],
      },
      ['spec.webhookReceivers[0].generic.actions[0].targetSelectionCriteria[0]'],
    ],
  ])('of a Project: %s', async (_, spec, want) => {
    expect(await fields(world.kim.create(ProjectConfig, config(spec)))).toEqual(want);
  });

  it('have the name they must have', async () => {
    expect(await fields(world.kim.create(ProjectConfig, config({}, 'other')))).toEqual(['metadata.name']);
    expect(await fields(world.kim.create(ClusterConfig, object(ClusterConfig, { name: 'mine' })))).toEqual(['metadata.name']);
    expect(await fields(world.kim.create(ClusterConfig, object(ClusterConfig, { name: 'cluster' })))).toEqual([]);
  });
});

describe('tasks', () => {
  it('have steps that are there, under aliases of their own', async () => {
    const steps = [
      { uses: 'git-clone', as: 'a' },
      { uses: 'nope', as: 'a' },
    ];
    expect(
      await fields(world.kim.create(PromotionTask, object(PromotionTask, { name: 't', namespace: 'shop' }, { spec: { steps } }))),
    ).toEqual(['spec.steps[1].as', 'spec.steps[1].uses']);
  });

  it('do not refer to other tasks', async () => {
    const steps = [{ task: { name: 'x' } }];
    expect(
      await fields(world.kim.create(PromotionTask, object(PromotionTask, { name: 't', namespace: 'shop' }, { spec: { steps } }))),
    ).toEqual(['spec.steps[0]']);
  });
});
