import { annotations, Application, Freight, Promotion, Stage } from '@kargo/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { World } from './world.ts';

const MINUTE = 60_000;
let world: World;

beforeEach(async () => {
  world = await World.open();
  await world.warehouse();
});

afterEach(async () => {
  expect(world.violations).toEqual([]);
  expect(world.manager.defects()).toEqual([]);
  await world.close();
});

const upstream = (stages: string[], more: object = {}): object => ({
  requestedFreight: [{ origin: { kind: 'Warehouse', name: 'app' }, sources: { stages, ...more } }],
});
const verification = { verification: { analysisTemplates: [{ name: 'smoke' }] } };
const everywhere = { stageSelector: {}, autoPromotionEnabled: true };

describe('a Promotion to a Stage', () => {
  it('[S29] is shown while it runs, and is what the Stage waits for', async () => {
    await world.freight('f1');
    await world.stage('test');
    expect(await world.conditions('test')).toEqual({
      Ready: 'False/NoFreight',
      Healthy: 'Unknown/NoFreight',
      Verified: 'Unknown/NoFreight',
    });

    const promotion = await world.promote('test', 'f1');
    expect((await world.get('test')).status).toMatchObject({
      phase: 'Promoting',
      currentPromotion: { name: promotion.metadata.name, freight: { name: 'f1', origin: { kind: 'Warehouse', name: 'app' } } },
    });
    expect(await world.conditions('test')).toMatchObject({
      Promoting: 'True/ActivePromotion',
      Healthy: 'Unknown/ActivePromotion',
      Ready: 'False/ActivePromotion',
    });
    expect(world.manager.waits()).toMatchObject([{ reason: 'ActivePromotion' }]);
  });

  it('[S26] [S27] [S28] [S30] [S31] leaves its outcome, its Freight and a steady Stage', async () => {
    await world.freight('f1');
    await world.freight('f2');
    await world.stage('test');
    for (const freight of ['f1', 'f2']) await world.run(await world.promote('test', freight));

    const { status } = await world.get('test');
    expect(status).toMatchObject({
      phase: 'Steady',
      freightSummary: 'f2',
      lastPromotion: {
        freight: { name: 'f2' },
        finishedAt: '2026-01-01T00:00:00Z',
        status: {
          phase: 'Succeeded',
          finishedAt: '2026-01-01T00:00:00Z',
          freight: { name: 'f2', origin: { kind: 'Warehouse', name: 'app' } },
          freightCollection: { items: { 'Warehouse/app': { name: 'f2' } }, verificationHistory: [{ phase: 'Successful' }] },
        },
      },
    });
    expect(status.currentPromotion).toBeUndefined();
    expect(status.freightHistory?.map(({ items }) => items?.['Warehouse/app']?.name)).toEqual(['f2', 'f1']);
    expect(status.freightHistory?.[0]?.id).toMatch(/^[0-9a-f]{40}$/);
    expect(await world.conditions('test')).toEqual({
      Ready: 'True/Verified',
      Healthy: 'True/Healthy',
      Verified: 'True/Verified',
    });
    expect((await world.getFreight('f2')).status).toEqual({
      currentlyIn: { test: { since: '2026-01-01T00:00:00Z' } },
      verifiedIn: { test: { verifiedAt: '2026-01-01T00:00:00Z' } },
    });
    expect((await world.getFreight('f1')).status?.currentlyIn).toEqual({});
  });

  it('[S34] is observed at the generation of the Stage, also while it is not ready', async () => {
    await world.stage('test');
    const { spec } = await world.get('test');
    await world.client.patch(
      Stage,
      { namespace: 'shop', name: 'test' },
      { type: 'merge', body: { spec: { vars: [{ name: 'a', value: 'b' }] } } },
    );
    await world.quiet();
    const stage = await world.get('test');
    expect(spec.vars).toBeUndefined();
    expect([stage.metadata.generation, stage.status.observedGeneration]).toEqual([2, 2]);
  });

  it('waits for its turn: one after another, in the order in which they were asked for', async () => {
    for (const freight of ['f1', 'f2', 'f3']) await world.freight(freight);
    await world.stage('test');
    const promotions = [await world.promote('test', 'f1'), await world.promote('test', 'f2'), await world.promote('test', 'f3')];
    for (const promotion of promotions) await world.run(promotion);
    expect((await world.get('test')).status.freightHistory?.map(({ items }) => items?.['Warehouse/app']?.name)).toEqual([
      'f3',
      'f2',
      'f1',
    ]);
  });

  it('is not lost when a newer one was aborted before it ran', async () => {
    for (const freight of ['f1', 'f2', 'f3']) await world.freight(freight);
    await world.stage('test');
    const [x, b, d] = [await world.promote('test', 'f1'), await world.promote('test', 'f2'), await world.promote('test', 'f3')];
    await world.begin(x);
    await world.pass(1000);
    await world.end(d, 'Aborted');
    await world.pass(1000);
    await world.end(x);
    await world.pass(1000);
    await world.run(b);
    const { status } = await world.get('test');
    expect(status.freightHistory?.map(({ items }) => items?.['Warehouse/app']?.name)).toEqual(['f2', 'f1']);
    expect(status.lastPromotion?.name).toBe(b.metadata.name);
    expect(status.processedPromotions).toEqual([d, x, b].map(({ metadata }) => metadata.name));
  });

  it('that fails is shown, deploys nothing, and lets the next one be the cure', async () => {
    await world.freight('f1');
    await world.freight('f2');
    await world.stage('test');
    await world.run(await world.promote('test', 'f1'));
    const [bad, cure] = [await world.promote('test', 'f2'), await world.promote('test', 'f1')];
    await world.begin(bad);
    await world.end(bad, 'Errored', { message: 'push was rejected' });
    expect((await world.get('test')).status.currentPromotion?.name).toBe(cure.metadata.name);
    await world.run(cure, 'Failed');
    const { status } = await world.get('test');
    expect(status).toMatchObject({ phase: 'Failed', lastPromotion: { name: cure.metadata.name, status: { phase: 'Failed' } } });
    expect(status.freightHistory).toHaveLength(1);
    expect(await world.conditions('test')).toMatchObject({
      Ready: 'False/LastPromotionFailed',
      Healthy: 'Unknown/LastPromotionFailed',
    });
    expect((await world.getFreight('f1')).status?.currentlyIn).toHaveProperty('test');
  });

  it('that is aborted before it began keeps what the one before it deployed', async () => {
    await world.freight('f1');
    await world.stage('test');
    await world.run(await world.promote('test', 'f1'));
    const aborted = await world.promote('test', 'f1');
    await world.end(aborted, 'Aborted');
    expect((await world.get('test')).status.lastPromotion).toMatchObject({
      name: aborted.metadata.name,
      status: { phase: 'Aborted', freightCollection: { items: { 'Warehouse/app': { name: 'f1' } } } },
    });
  });

  it('that disappears while it runs frees the Stage', async () => {
    await world.freight('f1');
    await world.stage('test');
    const promotion = await world.promote('test', 'f1');
    await world.begin(promotion);
    await world.client.delete(Promotion, { namespace: 'shop', name: promotion.metadata.name ?? '' });
    await world.quiet();
    const { status } = await world.get('test');
    expect(status.currentPromotion).toBeUndefined();
    expect(await world.conditions('test')).not.toHaveProperty('Promoting');
  });

  it('cures a Stage whose Freight was deleted', async () => {
    await world.freight('f1');
    await world.freight('f2');
    await world.stage('test');
    await world.run(await world.promote('test', 'f1'));
    await world.client.delete(Freight, { namespace: 'shop', name: 'f1' });
    await world.annotate('test', { [annotations.refresh]: 'now' });
    const ready = (await world.get('test')).status.conditions?.find(({ type }) => type === 'Ready');
    expect(ready).toMatchObject({
      status: 'False',
      message: expect.stringContaining('Freight f1, which is in Stage test, does not exist'),
    });
    await world.run(await world.promote('test', 'f2'));
    expect(await world.conditions('test')).toEqual({
      Ready: 'True/Verified',
      Healthy: 'True/Healthy',
      Verified: 'True/Verified',
    });
  });

  it('that runs already when the Stage has lost its memory is taken up', async () => {
    await world.freight('f1');
    await world.stage('test');
    const promotion = await world.promote('test', 'f1');
    await world.begin(promotion);
    await world.client.patch(
      Stage,
      { namespace: 'shop', name: 'test' },
      { type: 'merge', body: { status: { currentPromotion: null } } },
      { subresource: 'status' },
    );
    await world.restart();
    expect((await world.get('test')).status.currentPromotion?.name).toBe(promotion.metadata.name);
  });
});

describe('a Stage with several origins', () => {
  it('[S08] fills a slot for each, and takes part in both pipelines independently', async () => {
    await world.warehouse('infra');
    await world.policies(everywhere);
    const origin = (name: string): object => ({ origin: { kind: 'Warehouse', name }, sources: { direct: true } });
    await world.stage('test', { requestedFreight: [origin('app'), origin('infra')] } as never);
    await world.freight('f1');
    await world.freight('i1', { from: 'infra' });
    await world.quiet();
    const promotions = await world.promotions('test');
    expect(promotions.map(({ spec }) => spec.freight)).toEqual(['f1', 'i1']);
    expect((await world.get('test')).status.freightSummary).toBe('0/2 Fulfilled');
    for (const promotion of promotions) await world.run(promotion);
    const { status } = await world.get('test');
    expect(Object.keys(status.freightHistory?.[0]?.items ?? {})).toEqual(['Warehouse/app', 'Warehouse/infra']);
    expect(status.freightSummary).toBe('2/2 Fulfilled');
    expect((await world.getFreight('f1')).status?.verifiedIn).toHaveProperty('test');
  });
});

describe('auto-promotion', () => {
  it('[S04] [S05] [S06] carries new Freight through the pipeline without being asked', async () => {
    await world.policies(everywhere);
    await world.stage('test');
    await world.stage('uat', upstream(['test']));
    await world.freight('f1');
    await world.quiet();
    expect(await world.promotions('uat')).toEqual([]);
    await world.run((await world.promotions('test'))[0]!);
    await world.run((await world.promotions('uat'))[0]!);
    expect((await world.getFreight('f1')).status?.verifiedIn).toMatchObject({ test: {}, uat: {} });
    expect(world.told).toEqual([
      'PromotionCreated: f1 in test (test)',
      'FreightVerificationSucceeded: f1 in test (test)',
      'PromotionCreated: f1 in uat (uat)',
      'FreightVerificationSucceeded: f1 in uat (uat)',
    ]);
  });

  it('[S07] takes Freight that was approved by hand', async () => {
    await world.policies(everywhere);
    await world.stage('prod', upstream(['uat']));
    const freight = await world.freight('f1');
    await world.quiet();
    expect(await world.promotions('prod')).toEqual([]);
    await world.client.updateStatus(Freight, {
      ...freight,
      status: { approvedFor: { prod: { approvedAt: '2026-01-01T00:00:00Z' } } },
    });
    await world.quiet();
    expect((await world.promotions('prod')).map(({ spec }) => spec.freight)).toEqual(['f1']);
  });

  it('begins exactly when Freight has soaked, not a millisecond before', async () => {
    await world.policies(everywhere);
    await world.stage('test');
    await world.stage('uat', upstream(['test'], { requiredSoakTime: '2h' }));
    await world.freight('f1');
    await world.quiet();
    await world.run((await world.promotions('test'))[0]!);
    expect(world.manager.waits()).toMatchObject([
      { key: { name: 'uat' }, reason: 'Soaking', until: [{ kind: 'deadline', at: Date.parse('2026-01-01T02:00:00Z') }] },
    ]);
    await world.pass(120 * MINUTE - 1);
    expect(await world.promotions('uat')).toEqual([]);
    await world.pass(1);
    expect(await world.promotions('uat')).toHaveLength(1);
  });

  it('wakes when the policies of the Project change, and when labels make them match', async () => {
    await world.freight('f1');
    await world.stage('test');
    await world.stage('qa', {}, { labels: { tier: 'qa' } });
    expect(await world.promotions('test')).toEqual([]);
    await world.policies({ stageSelector: { matchLabels: { auto: 'yes' } }, autoPromotionEnabled: true });
    expect(await world.promotions('test')).toEqual([]);
    await world.client.patch(
      Stage,
      { namespace: 'shop', name: 'test' },
      { type: 'merge', body: { metadata: { labels: { auto: 'yes' } } } },
    );
    await world.quiet();
    expect(await world.promotions('test')).toHaveLength(1);
    await world.policies({ stage: 'qa', autoPromotionEnabled: true });
    expect(await world.promotions('qa')).toHaveLength(1);
    expect((await world.get('test')).status.autoPromotionEnabled).toBe(false);
  });

  it('leaves Freight whose Promotion failed to people', async () => {
    await world.policies(everywhere);
    await world.stage('test');
    await world.freight('f1');
    await world.quiet();
    await world.run((await world.promotions('test'))[0]!, 'Failed');
    await world.pass(10 * MINUTE);
    expect(await world.promotions('test')).toHaveLength(1);
    await world.freight('f2');
    await world.quiet();
    expect((await world.promotions('test')).map(({ spec }) => spec.freight)).toEqual(['f1', 'f2']);
  });

  it('rests while somebody holds the origin, from submission on, and goes on when released', async () => {
    const key = 'Warehouse/app';
    await world.freight('f1');
    await world.pass(1000);
    await world.freight('f2');
    await world.pass(1000);
    await world.policies(everywhere);
    await world.stage('test');
    await world.run((await world.promotions('test'))[0]!);
    await world.pass(1000);
    const back = await world.promote('test', 'f1');
    expect((await world.get('test')).status).toMatchObject({ effectiveAutoPromotionHolds: { [key]: { freightName: 'f1' } } });
    expect((await world.get('test')).status.autoPromotionHolds).toBeUndefined();
    await world.run(back);
    await world.freight('f3');
    await world.pass(1000);
    expect(await world.promotions('test')).toHaveLength(2);
    expect((await world.get('test')).status.autoPromotionHolds).toMatchObject({
      [key]: { freightName: 'f1', promotionName: back.metadata.name, actor: 'email:kim@acme.io' },
    });
    await world.run(await world.promote('test', 'f3'));
    const { status } = await world.get('test');
    expect([status.autoPromotionHolds, status.effectiveAutoPromotionHolds]).toEqual([undefined, undefined]);
    await world.freight('f4');
    await world.quiet();
    expect((await world.promotions('test')).map(({ spec }) => spec.freight)).toContain('f4');
  });

  it('says which Warehouse is missing, and goes on when it appears', async () => {
    await world.policies(everywhere);
    await world.stage('test', { requestedFreight: [{ origin: { kind: 'Warehouse', name: 'late' }, sources: { direct: true } }] });
    await world.freight('f1', { from: 'late' });
    const { status } = await world.get('test');
    expect(status.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      reason: 'ReconcileError',
      message: expect.stringContaining('Warehouse late does not exist'),
    });
    await world.warehouse('late');
    await world.quiet();
    expect(await world.promotions('test')).toHaveLength(1);
    expect(await world.conditions('test')).not.toHaveProperty('Reconciling');
  });

  it('of one origin goes on while the Warehouse of another is missing', async () => {
    await world.policies(everywhere);
    const requestedFreight = ['gone', 'app'].map((name) => ({
      origin: { kind: 'Warehouse' as const, name },
      sources: { direct: true },
    }));
    await world.stage('test', { requestedFreight });
    await world.freight('f1');
    await world.quiet();
    expect((await world.get('test')).status.currentPromotion?.freight?.name).toBe('f1');
    expect(await world.conditions('test')).toMatchObject({ Ready: 'False/ReconcileError', Promoting: 'True/ActivePromotion' });
  });

  it('reports a policy that cannot be read', async () => {
    await world.policies({ stageSelector: { name: 'regex:(' }, autoPromotionEnabled: true });
    await world.stage('test');
    expect(await world.conditions('test')).toMatchObject({ Ready: 'False/ReconcileError', Reconciling: 'True/RetryAfterError' });
    await world.policies(everywhere);
    expect(await world.conditions('test')).toMatchObject({ Ready: 'False/NoFreight' });
  });
});

describe('health', () => {
  const check = [{ uses: 'argocd-update', config: { apps: [{ name: 'app-test', namespace: 'argocd' }] } }];
  const apps = (health: string): never =>
    [
      {
        name: 'app-test',
        namespace: 'argocd',
        healthStatus: { status: health },
        syncStatus: { status: 'Synced', revision: 'abc' },
      },
    ] as never;

  it('[S21] [S33] comes before verification, and shows the Applications', async () => {
    await world.template('smoke');
    await world.freight('f1');
    await world.stage('test', verification);
    world.health.set('test', {
      status: 'Progressing',
      issues: ['app-test is rolling out'],
      output: [{ applicationStatuses: [] }],
      argoCDApps: apps('Progressing'),
    });
    await world.run(await world.promote('test', 'f1'), 'Succeeded', check);
    expect(await world.conditions('test')).toMatchObject({
      Healthy: 'Unknown/Progressing',
      Verified: 'Unknown/WaitingForVerification',
      Ready: 'False/Progressing',
    });
    expect(await world.runs()).toEqual([]);
    expect(world.manager.waits()).toMatchObject([{ reason: 'Progressing', message: 'app-test is rolling out' }]);

    world.health.set('test', {
      status: 'Healthy',
      issues: [],
      output: [{ applicationStatuses: [] }],
      argoCDApps: apps('Healthy'),
    });
    await world.annotate('test', { [annotations.refresh]: 'now' });
    expect((await world.get('test')).status.health).toEqual({
      status: 'Healthy',
      output: [{ applicationStatuses: [] }],
      argoCDApps: apps('Healthy'),
    });
    expect(await world.runs()).toHaveLength(1);
    expect((await world.get('test')).metadata.annotations?.[annotations.argoCDContext]).toBe(
      '[{"name":"app-test","namespace":"argocd"}]',
    );
  });

  it('is looked at when an Application changes that is entrusted to the Stage, and by poll in case that is missed', async () => {
    await world.freight('f1');
    await world.stage('test');
    world.health.set('test', { status: 'Unhealthy', issues: ['app-test is Degraded'], output: [], argoCDApps: [] });
    await world.run(await world.promote('test', 'f1'), 'Succeeded', check);
    expect(await world.conditions('test')).toMatchObject({ Healthy: 'False/Unhealthy', Ready: 'False/Unhealthy' });
    world.health.delete('test');
    const app = await world.client.create(Application, {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { namespace: 'shop', name: 'app-test', annotations: { [annotations.authorizedStage]: 'shop:gone, shop:test' } },
      spec: { project: 'default', destination: {} },
    });
    await world.quiet();
    expect(await world.conditions('test')).toMatchObject({ Healthy: 'True/Healthy' });
    world.health.set('test', { status: 'Unhealthy', issues: ['app-test is Degraded'], output: [], argoCDApps: [] });
    await world.client.update(Application, { ...app, status: { health: { status: 'Degraded' } } });
    await world.quiet();
    expect(await world.conditions('test')).toMatchObject({ Healthy: 'False/Unhealthy', Ready: 'False/Unhealthy' });
    expect((await world.getFreight('f1')).status?.verifiedIn).toHaveProperty('test');
    world.health.delete('test');
    await world.pass(5 * MINUTE);
    expect(await world.conditions('test')).toMatchObject({ Ready: 'True/Verified' });
  });

  it('gives what was deployed just now time to settle before the next Promotion starts', async () => {
    await world.freight('f1');
    await world.freight('f2');
    await world.stage('test');
    const [first, second] = [await world.promote('test', 'f1'), await world.promote('test', 'f2')];
    world.health.set('test', { status: 'Progressing', issues: ['rolling out'], output: [], argoCDApps: [] });
    await world.run(first, 'Succeeded', check);
    expect((await world.get('test')).status.currentPromotion).toBeUndefined();
    expect(world.manager.waits()).toMatchObject([{ reason: 'PromotionsPending' }]);
    await world.pass(5000);
    expect((await world.get('test')).status.currentPromotion?.name).toBe(second.metadata.name);
  });
});

describe('a refresh', () => {
  it('[S40] [S41] takes note of what ended, starts the next Promotion, checks health, and says that it was handled', async () => {
    await world.freight('f1');
    await world.stage('test');
    await world.run(await world.promote('test', 'f1'));
    const passes = world.passes.length;
    await world.annotate('test', { [annotations.refresh]: '2026-01-01T00:00:00Z' });
    expect((await world.get('test')).status.lastHandledRefresh).toBe('2026-01-01T00:00:00Z');
    expect(world.passes.length).toBe(passes + 2);
    await world.annotate('test', { [annotations.refresh]: '2026-01-01T00:00:00Z', other: 'x' });
    expect(world.passes.length).toBe(passes + 2);
  });

  it('of a Stage at rest writes nothing but the token', async () => {
    await world.freight('f1');
    await world.stage('test');
    await world.run(await world.promote('test', 'f1'));
    await world.annotate('test', { [annotations.refresh]: 'a' });
    const { resourceVersion } = (await world.get('test')).metadata;
    await world.restart();
    expect((await world.get('test')).metadata.resourceVersion).toBe(resourceVersion);
  });
});
