import { annotations, Stage } from '@kargo/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { admissionWorld, type AdmissionWorld, refusal, stage } from './testing/admission-world.ts';

let world: AdmissionWorld;
beforeEach(async () => {
  world = await admissionWorld();
});
afterEach(() => world.close());

const app = { kind: 'Warehouse', name: 'app' } as const;
const at = 'spec.requestedFreight[0]';
const steps = 'spec.promotionTemplate.spec.steps';
const withSteps = (...list: object[]): Partial<Stage['spec']> => ({ promotionTemplate: { spec: { steps: list as never } } });

describe('Stages are admitted', () => {
  it.each<[string, Partial<Stage['spec']>, string[]]>([
    ['as in the document', {}, []],
    ['without steps', { promotionTemplate: undefined }, []],
    [
      '[S03] not with another kind of origin',
      { requestedFreight: [{ origin: { kind: 'Depot' as never, name: 'x' }, sources: { direct: true } }] },
      [`${at}.origin.kind`],
    ],
    [
      '[S08] with several origins',
      {
        requestedFreight: [
          { origin: app, sources: { direct: true } },
          { origin: { ...app, name: 'infra' }, sources: { direct: true } },
        ],
      },
      [],
    ],
    [
      'not with an origin three times',
      { requestedFreight: Array.from({ length: 3 }, () => ({ origin: app, sources: { direct: true } })) },
      ['spec.requestedFreight[1].origin'],
    ],
    ['not without a source', { requestedFreight: [{ origin: app, sources: {} }] }, [`${at}.sources`]],
    ['not from themselves', { requestedFreight: [{ origin: app, sources: { stages: ['test'] } }] }, [`${at}.sources.stages[0]`]],
    [
      'not with a soak time nowhere',
      { requestedFreight: [{ origin: app, sources: { direct: true, requiredSoakTime: '1h' } }] },
      [`${at}.sources.requiredSoakTime`],
    ],
    [
      'not matching an upstream there is not',
      {
        requestedFreight: [
          { origin: app, sources: { direct: true, autoPromotionOptions: { selectionPolicy: 'MatchUpstream' } } },
        ],
      },
      [`${at}.sources.autoPromotionOptions.selectionPolicy`, `${at}.sources.autoPromotionOptions.selectionPolicy`],
    ],
    ['not with an alias twice', withSteps({ uses: 'git-clone', as: 'a' }, { uses: 'git-push', as: ' a ' }), [`${steps}[1].as`]],
    ['not with a reserved alias', withSteps({ uses: 'git-clone', as: 'step-1' }), [`${steps}[0].as`]],
    [
      'not with a condition and configuration of a task',
      withSteps({ task: { name: 't' }, if: '${{ true }}', config: {} }),
      [`${steps}[0].if`, `${steps}[0].config`],
    ],
    ['not with a step there is not', withSteps({ uses: 'git-clon' }), [`${steps}[0].uses`]],
    [
      'not with expressions that do not end',
      withSteps({ uses: 'git-clone', config: { a: [{ b: '${{ x' }] } }),
      [`${steps}[0].config.a[0].b`],
    ],
    [
      'not with several problems, all of them told',
      {
        ...withSteps({ uses: 'git-clon', as: 'step-1' }),
        requestedFreight: [{ origin: app, sources: {} }],
        vars: [{ name: 'v', value: '${{ x' }],
      },
      [`${at}.sources`, `${steps}[0].as`, `${steps}[0].uses`, 'spec.vars[0].value'],
    ],
  ])('%s', async (_, spec, want) => {
    const { code, problems } = await refusal(world.kim.create(Stage, stage('test', spec)));
    expect(problems.map((problem) => problem.slice(0, problem.indexOf(': ')))).toEqual(want);
    expect(code).toBe(want.length === 0 ? 0 : 422);
  });

  it('what is wrong comes with what would be right', async () => {
    const { problems } = await refusal(world.kim.create(Stage, stage('test', withSteps({ uses: 'git-clon' }))));
    expect(problems[0]).toBe(
      `${steps}[0].uses: Unsupported value: "git-clon": there is no such step: did you mean "git-clone"?; there are: argocd-update, git-clone, git-push`,
    );
  });

  it('only in Projects', async () => {
    const elsewhere = { ...stage('test'), metadata: { name: 'test', namespace: 'default' } };
    expect((await refusal(world.kim.create(Stage, elsewhere))).problems).toEqual([
      expect.stringContaining('metadata.namespace: Invalid value: "default"'),
    ]);
  });

  it('with a label for their shard', async () => {
    const created = await world.kim.create(Stage, stage('test', { shard: 'east' }));
    expect(created.metadata.labels).toEqual({ 'kargo.akuity.io/shard': 'east' });
    const moved = await world.kim.patch(
      Stage,
      { namespace: 'shop', name: 'test' },
      { type: 'merge', body: { spec: { shard: null } } },
    );
    expect(moved.metadata.labels).toBeUndefined();
  });

  it('with warnings about upstreams that are not there or lead in a circle', async () => {
    const warnings: string[] = [];
    const options = { onWarning: (warning: string) => warnings.push(warning) };
    const from = (...stages: string[]): Partial<Stage['spec']> => ({ requestedFreight: [{ origin: app, sources: { stages } }] });
    await world.kim.create(Stage, stage('a', from('b')), options);
    await world.kim.create(Stage, stage('b', from('a')), options);
    await world.kim.create(
      Stage,
      stage('c', { requestedFreight: [{ origin: { ...app, name: 'gone' }, sources: { direct: true } }] }),
      options,
    );
    expect(warnings).toEqual([
      'there is no Stage b yet: Freight of Warehouse/app cannot arrive through it before there is',
      'Stage a takes Freight of Warehouse/app from this Stage in turn: they wait for each other',
      'there is no Warehouse gone yet: its Freight cannot arrive before there is',
    ]);
  });
});

describe('requests to verify again', () => {
  const key = { namespace: 'shop', name: 'test' };
  const ask = (client: AdmissionWorld['kim'], value: string) =>
    client.patch(Stage, key, { type: 'merge', body: { metadata: { annotations: { [annotations.reverify]: value } } } });

  it('[S42] note who asks, whatever the request says', async () => {
    await world.kim.create(Stage, stage('test'));
    const asked = await ask(world.kim, '{"id":"v1","actor":"admin","controlPlane":true}');
    expect(JSON.parse(asked.metadata.annotations?.[annotations.reverify] ?? '')).toEqual({ id: 'v1', actor: 'kubernetes:kim' });
    const again = await ask(world.system, '{"id":"v2","actor":"email:kim@acme.io"}');
    expect(JSON.parse(again.metadata.annotations?.[annotations.reverify] ?? '')).toEqual({
      id: 'v2',
      actor: 'email:kim@acme.io',
      controlPlane: true,
    });
  });

  it('stay as they are when nothing new is asked', async () => {
    await world.kim.create(Stage, stage('test'));
    const asked = await ask(world.kim, 'v1');
    const touched = await world.system.patch(Stage, key, { type: 'merge', body: { metadata: { labels: { a: 'b' } } } });
    expect(touched.metadata.annotations).toEqual(asked.metadata.annotations);
    expect((await ask(world.kim, '[]')).metadata.annotations?.[annotations.reverify]).toBe('[]');
  });
});
