/** What people do with Stages, and what time does, to the instant. */
import {
  AnalysisRun,
  apiVersionOf,
  Application,
  Freight,
  Promotion,
  Stage,
  Warehouse,
  type Kind,
  type KubeObject,
} from '@kargo/api';
import { afterEach, describe, expect, it } from 'vitest';
import { IMAGE, PipelineSimulation, PROJECT, type PipelineOptions } from './pipeline-simulation.ts';

let simulation: PipelineSimulation;
afterEach(() => simulation.close());

async function open(options: Partial<PipelineOptions> = {}): Promise<void> {
  simulation = await PipelineSimulation.open({ seed: 1, stages: ['test', 'uat'], ...options });
}

const phases = async (stage: string): Promise<(string | undefined)[]> =>
  (await simulation.promotions(stage)).map(({ status }) => status?.phase);

const verifications = async (stage: string): Promise<(string | undefined)[]> =>
  ((await simulation.stage(stage)).status?.freightHistory?.[0]?.verificationHistory ?? []).map(({ phase }) => phase);

async function verifying(stage: string): Promise<void> {
  await simulation.until(`${stage} to be verified`, () => simulation.jobs.attempts.length > 0);
  expect(await verifications(stage)).toEqual(['Running']);
}

describe('soaking', () => {
  it('ends to the second: the next Stage is promoted then, not at some later look', async () => {
    await open({
      edit: (object) => {
        if (object.kind === Stage.kind && object.metadata.name === 'uat')
          for (const { sources } of (object as Stage).spec.requestedFreight) sources.requiredSoakTime = '12m30s';
      },
    });
    simulation.pushTag('1.26.1');
    await simulation.verified('1.26.1', 'test');
    const since = (await simulation.freight('1.26.1'))?.status?.currentlyIn?.['test']?.since ?? '';
    const at = Date.parse(since) + 750_000;
    await simulation.settle();
    expect(simulation.manager.waitOf(Stage as Kind<KubeObject>, { namespace: PROJECT, name: 'uat' })).toMatchObject({
      reason: 'Soaking',
      until: [{ kind: 'deadline', at }],
    });
    await simulation.until('the Promotion to uat', async () => (await simulation.promotions('uat')).length > 0);
    expect(simulation.now).toBe(at);
    await simulation.verified('1.26.1', 'uat');
  });
});

describe('approval', () => {
  it('[S07] lets Freight go to a Stage as a hotfix, though it was never verified upstream', async () => {
    await open({ stages: ['test', 'uat', 'prod'] });
    simulation.jobs.verdict = ({ id }) =>
      simulation.jobs.attempts.indexOf(id) < 2
        ? { kind: 'failed', container: 'test', exitCode: 1, message: 'no' }
        : { kind: 'succeeded' };
    simulation.pushTag('1.26.1');
    const freight = await simulation.discovered('1.26.1');
    await simulation.until('the verification to fail', async () => (await verifications('test'))[0] === 'Failed');
    await expect(simulation.promote('prod', freight)).rejects.toThrow(/not available/);
    await simulation.approve(freight, 'prod');
    await simulation.promote('prod', freight);
    await simulation.verified('1.26.1', 'prod');
    expect(await phases('prod')).toEqual(['Succeeded']);
    expect(await phases('uat')).toEqual([]);
  });
});

describe('verification', () => {
  it('[S43] that is aborted ends as Aborted, and its job with it', async () => {
    await open();
    simulation.pushTag('1.26.1');
    await verifying('test');
    await simulation.pass(5000);
    await simulation.verify('test', true);
    await simulation.until('the end of the verification', async () => (await verifications('test'))[0] === 'Aborted');
    await simulation.pass(600_000);
    expect(await simulation.condition('test', 'Verified')).toContain('False/VerificationAborted');
    const { items } = await simulation.client.list(AnalysisRun, { namespace: PROJECT });
    expect(items.map(({ spec, status }) => [spec.terminate, status?.phase])).toEqual([[true, 'Inconclusive']]);
    expect((await simulation.freight('1.26.1'))?.status?.verifiedIn ?? {}).toEqual({});
    expect(await phases('uat')).toEqual([]);
    await simulation.verify('test');
    await simulation.verified('1.26.1', 'uat');
    expect(await verifications('test')).toEqual(['Successful', 'Aborted']);
  });

  it('[S42] of verified Freight again adds an entry, and takes nothing back', async () => {
    await open({ stages: ['test'] });
    simulation.pushTag('1.26.1');
    await simulation.verified('1.26.1', 'test');
    simulation.jobs.verdict = () => ({ kind: 'failed', container: 'test', exitCode: 1, message: 'flaky' });
    await simulation.verify('test');
    await simulation.until('the second verification', async () => (await verifications('test'))[0] === 'Failed');
    expect(await verifications('test')).toEqual(['Failed', 'Successful']);
    expect((await simulation.freight('1.26.1'))?.status?.verifiedIn).toHaveProperty('test');
  });
});

describe('a refresh', () => {
  it('[S41] notes a completed Promotion, starts the next pending one and looks at health, though no event told of them', async () => {
    await open({ stages: ['test'] });
    simulation.pushTag('1.26.1');
    const first = await simulation.discovered('1.26.1');
    await simulation.verified('1.26.1', 'test');
    await simulation.settle();

    simulation.faults = { lostEvent: 1 };
    const name = await simulation.promote('test', first);
    await simulation.pass(60_000);
    simulation.faults = {};
    expect((await simulation.stage('test')).status?.currentPromotion).toBeUndefined();
    await simulation.refresh(Stage, 'test');
    await simulation.settle();
    expect((await simulation.stage('test')).status?.currentPromotion?.name).toBe(name);

    await simulation.until('the deployment', async () => simulation.commits('stage/test').length > 0);
    simulation.faults = { lostEvent: 1 };
    await simulation.until('the end of the Promotion', async () =>
      (await phases('test')).every((phase) => phase === 'Succeeded'),
    );
    await simulation.pass(1000);
    simulation.faults = {};
    expect((await simulation.stage('test')).status?.lastPromotion?.name).not.toBe(name);
    await simulation.refresh(Stage, 'test');
    await simulation.settle();
    expect((await simulation.stage('test')).status?.lastPromotion?.name).toBe(name);
    await simulation.until('the Stage to be ready', async () => (await simulation.condition('test', 'Ready')).startsWith('True'));

    simulation.faults = { lostEvent: 1 };
    await simulation.client.patch(
      Application,
      { namespace: 'argocd', name: 'kargo-demo-test' },
      { type: 'merge', body: { status: { health: { status: 'Degraded', message: 'out of memory' } } } },
    );
    simulation.faults = {};
    await simulation.refresh(Stage, 'test');
    await simulation.settle();
    expect(await simulation.condition('test', 'Healthy')).toMatch(/^False\/Unhealthy/);
  });
});

describe('auto-promotion', () => {
  it('is held by somebody who promotes something else on purpose, until they promote what it would', async () => {
    await open({ stages: ['test'] });
    simulation.pushTag('1.26.1');
    const old = await simulation.discovered('1.26.1');
    await simulation.verified('1.26.1', 'test');
    simulation.pushTag('1.26.2');
    const newer = await simulation.discovered('1.26.2');
    await simulation.verified('1.26.2', 'test');
    await simulation.promote('test', old);
    await simulation.until('the way back', async () => (await phases('test')).length === 3);
    simulation.pushTag('1.26.3');
    const newest = await simulation.discovered('1.26.3');
    await simulation.pass(3600_000);
    expect(await phases('test')).toEqual(['Succeeded', 'Succeeded', 'Succeeded']);
    const held = (await simulation.stage('test')).status?.effectiveAutoPromotionHolds?.['Warehouse/my-warehouse'];
    expect(held?.freightName).toBe(old);
    expect(newer).not.toBe(newest);
    await simulation.promote('test', newest);
    await simulation.verified('1.26.3', 'test');
    simulation.pushTag('1.26.4');
    await simulation.verified('1.26.4', 'test');
    expect((await simulation.stage('test')).status?.effectiveAutoPromotionHolds ?? {}).toEqual({});
  });
});

describe('two origins', () => {
  it('[S08] fill their own slots of a Stage, independently of each other', async () => {
    const sidecar = 'ghcr.io/acme/sidecar';
    const warehouse = {
      apiVersion: apiVersionOf(Warehouse),
      kind: Warehouse.kind,
      metadata: { namespace: PROJECT, name: 'sidecar' },
      spec: { subscriptions: [{ image: { repoURL: sidecar, constraint: '^1.0.0', discoveryLimit: 5 } }] },
    } as KubeObject;
    await open({
      stages: ['test'],
      more: [warehouse],
      edit: (object) => {
        if (object.kind !== Stage.kind) return;
        const { spec } = object as Stage;
        spec.requestedFreight.push({ origin: { kind: 'Warehouse', name: 'sidecar' }, sources: { direct: true } });
      },
    });
    const slots = async (): Promise<Record<string, string | undefined>> =>
      Object.fromEntries(
        Object.entries((await simulation.stage('test')).status?.freightHistory?.[0]?.items ?? {}).map(([origin, { images }]) => [
          origin,
          images?.[0]?.tag,
        ]),
      );
    simulation.pushTag('1.26.1');
    await simulation.verified('1.26.1', 'test');
    expect(await slots()).toEqual({ 'Warehouse/my-warehouse': '1.26.1' });
    simulation.world.images.push(sidecar, '1.0.1');
    await simulation.verified('1.0.1', 'test');
    expect(await slots()).toEqual({ 'Warehouse/my-warehouse': '1.26.1', 'Warehouse/sidecar': '1.0.1' });
    simulation.pushTag('1.26.2');
    await simulation.verified('1.26.2', 'test');
    expect(await slots()).toEqual({ 'Warehouse/my-warehouse': '1.26.2', 'Warehouse/sidecar': '1.0.1' });
    const { items } = await simulation.client.list(Freight, { namespace: PROJECT });
    expect(items.map(({ images }) => images?.[0]?.repoURL).toSorted((a = '', b = '') => (a < b ? -1 : 1))).toEqual([
      sidecar,
      IMAGE,
      IMAGE,
    ]);
    const { items: promotions } = await simulation.client.list(Promotion, { namespace: PROJECT });
    expect(promotions.map(({ status }) => status?.phase)).toEqual(['Succeeded', 'Succeeded', 'Succeeded']);
  });
});
