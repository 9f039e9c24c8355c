import { FINALIZER, Freight, isReason, Stage } from '@kargo/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { World } from './world.ts';

const HOUR = 3_600_000;
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

const from = (stages: string[], more: object = {}): never =>
  ({ requestedFreight: [{ origin: { kind: 'Warehouse', name: 'app' }, sources: { stages, ...more } }] }) as never;
const controlFlow = { promotionTemplate: undefined } as never;

describe('a control-flow Stage', () => {
  it('verifies what is available to it at once', async () => {
    await world.stage('gate', controlFlow);
    await world.freight('f1');
    await world.quiet();
    expect((await world.getFreight('f1')).status?.verifiedIn).toEqual({ gate: { verifiedAt: '2026-01-01T00:00:00Z' } });
    expect(world.told).toEqual(['FreightVerificationSucceeded: f1 in gate']);
    expect((await world.get('gate')).status).toMatchObject({
      phase: 'NotApplicable',
      freightSummary: 'N/A',
      autoPromotionEnabled: false,
      observedGeneration: 1,
    });
    expect(await world.conditions('gate')).toEqual({ Ready: 'True/Ready' });
  });

  it('passes Freight on exactly when it has soaked upstream', async () => {
    await world.stage('test');
    await world.stage('gate', {
      ...(from(['test'], { requiredSoakTime: '1h' }) as object),
      promotionTemplate: undefined,
    } as never);
    await world.freight('f1');
    await world.run(await world.promote('test', 'f1'));
    await world.pass(HOUR - 1);
    expect((await world.getFreight('f1')).status?.verifiedIn).not.toHaveProperty('gate');
    await world.pass(1);
    expect((await world.getFreight('f1')).status?.verifiedIn).toHaveProperty('gate');
  });

  it('that used to promote forgets what only such Stages have', async () => {
    await world.freight('f1');
    await world.stage('test');
    await world.run(await world.promote('test', 'f1'));
    await world.pass(HOUR);
    const stage = await world.get('test');
    const { promotionTemplate: _, ...spec } = stage.spec;
    await world.client.update(Stage, { ...stage, spec });
    await world.quiet();
    const { status } = await world.get('test');
    expect(Object.keys(status).toSorted()).toEqual([
      'autoPromotionEnabled',
      'conditions',
      'freightSummary',
      'observedGeneration',
      'phase',
    ]);
    expect((await world.getFreight('f1')).status).toMatchObject({
      currentlyIn: { test: { since: '2026-01-01T00:00:00Z' } },
      verifiedIn: { test: {} },
    });
  });
});

describe('a Stage that is deleted', () => {
  it('leaves no traces on Freight, and takes its AnalysisRuns along', async () => {
    await world.template('smoke');
    const freight = await world.freight('f1');
    await world.client.updateStatus(Freight, { ...freight, status: { approvedFor: { test: {}, prod: {} } } });
    await world.stage('test', { verification: { analysisTemplates: [{ name: 'smoke' }] } });
    await world.run(await world.promote('test', 'f1'));
    await world.analysis((await world.runs())[0]?.metadata.name ?? '', { phase: 'Successful' });
    expect((await world.get('test')).metadata.finalizers).toEqual([FINALIZER]);

    await world.client.delete(Stage, { namespace: 'shop', name: 'test' });
    await world.quiet();
    expect((await world.getFreight('f1')).status).toEqual({ approvedFor: { prod: {} }, currentlyIn: {}, verifiedIn: {} });
    expect(await world.runs()).toEqual([]);
    const gone = await world.get('test').catch((error: unknown) => error);
    expect(isReason(gone, 'NotFound')).toBe(true);
  });

  it('goes as well when it is a control-flow Stage', async () => {
    await world.stage('gate', controlFlow);
    await world.freight('f1');
    await world.quiet();
    await world.client.delete(Stage, { namespace: 'shop', name: 'gate' });
    await world.quiet();
    expect((await world.getFreight('f1')).status?.verifiedIn).toEqual({});
    expect((await world.client.list(Stage)).items).toEqual([]);
  });
});

describe('soak time through a control-flow Stage', () => {
  const soaked = { requiredSoakTime: '1h' };
  const available = async (): Promise<string[]> => (await world.promotions('prod')).map(({ spec }) => spec.freight ?? '');

  beforeEach(async () => {
    await world.policies({ stageSelector: {}, autoPromotionEnabled: true });
  });

  it('counts from the arrival upstream, and ends to the millisecond', async () => {
    await world.stage('test');
    await world.stage('gate', { ...(from(['test']) as object), ...(controlFlow as object) } as never);
    await world.stage('prod', from(['gate'], soaked));
    await world.freight('f1');
    await world.quiet();
    await world.run((await world.promotions('test'))[0]!);
    await world.pass(HOUR - 1);
    expect(await available()).toEqual([]);
    await world.pass(1);
    expect(await available()).toEqual(['f1']);
  });

  it('is not earned by Freight that left the Stage before too early', async () => {
    await world.stage('test');
    await world.stage('gate', { ...(from(['test']) as object), ...(controlFlow as object) } as never);
    await world.stage('prod', from(['gate'], soaked));
    await world.freight('f1');
    await world.quiet();
    await world.run((await world.promotions('test'))[0]!);
    await world.pass(HOUR / 2);
    await world.freight('f2');
    await world.quiet();
    await world.run((await world.promotions('test'))[1]!);
    await world.pass(HOUR);
    expect(await available()).toEqual(['f2']);
    expect((await world.getFreight('f1')).status).toMatchObject({
      currentlyIn: {},
      verifiedIn: { test: { longestSoak: '30m0s' }, gate: { longestSoak: '30m0s' } },
    });
  });

  it('counts through several, and with All in every Stage before', async () => {
    await world.stage('eu');
    await world.stage('us');
    await world.stage('gate', {
      ...(from(['eu', 'us'], { availabilityStrategy: 'All' }) as object),
      ...(controlFlow as object),
    } as never);
    await world.stage('gate2', { ...(from(['gate']) as object), ...(controlFlow as object) } as never);
    await world.stage('prod', from(['gate2'], soaked));
    await world.freight('f1');
    await world.quiet();
    await world.run((await world.promotions('eu'))[0]!);
    await world.pass(HOUR / 2);
    await world.run((await world.promotions('us'))[0]!);
    await world.pass(HOUR - 1);
    expect(await available()).toEqual([]);
    await world.pass(1);
    expect(await available()).toEqual(['f1']);
  });

  it('counts from being passed on, for the newest of what is taken straight from a Warehouse', async () => {
    await world.stage('gate', controlFlow);
    await world.stage('prod', from(['gate'], soaked));
    await world.freight('f1');
    await world.pass(HOUR / 2);
    await world.freight('f2');
    await world.pass(HOUR);
    expect(await available()).toEqual(['f2']);
  });
});
