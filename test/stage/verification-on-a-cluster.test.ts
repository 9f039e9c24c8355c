/** Verification where Argo Rollouts carries AnalysisRuns out: runs are made for it and followed, and which engine ran can be seen. */
import { AnalysisRun, annotations, Event, type VerificationInfo } from '@kargo/api';
import { analysisRunController, eventRecorder } from '@kargo/controllers';
import { seededRandom, silentLog, type ControllerOptions } from '@kargo/kube';
import { afterEach, expect, it } from 'vitest';
import { rolloutsController, type RolloutsOptions } from './rollouts.ts';
import { World, type Outside } from './world.ts';

type Beside = Outside & { manager: World['manager'] };

let world: World;
afterEach(async () => {
  expect(world.violations).toEqual([]);
  await world.close();
});

const ENGINE = 'kargo.akuity.io/analysis-engine';
const latest = async (): Promise<VerificationInfo | undefined> =>
  (await world.get('test')).status.freightHistory?.[0]?.verificationHistory?.[0];

async function promoted(options: { instanceId?: string; beside: (outside: Beside) => ControllerOptions[] }): Promise<void> {
  world = await World.open(options);
  await world.warehouse();
  await world.template('smoke', { metrics: [{ name: 'smoke', provider: { web: { url: 'http://metrics/' } } }] });
  await world.freight('f1');
  await world.stage('test', { verification: { analysisTemplates: [{ name: 'smoke' }] } });
  await world.run(await world.promote('test', 'f1'));
}

const rollouts =
  (more: Partial<RolloutsOptions> = {}) =>
  ({ client, clock }: Outside): ControllerOptions[] => [rolloutsController({ client, clock, ...more })];

const embedded = ({ client, clock, manager }: Beside, asked: string[], instanceID?: string): ControllerOptions =>
  analysisRunController({
    cache: manager.cache,
    instanceID,
    events: eventRecorder({ client, clock, random: seededRandom(5), log: silentLog, component: 'analysis-controller' }),
    ports: {
      client,
      clock,
      http: {
        send: ({ url }) => {
          asked.push(url);
          return Promise.resolve({ status: 200, headers: {}, body: new TextEncoder().encode('1') });
        },
      },
    },
  });

it('follows the run from its beginning to its end', async () => {
  await promoted({ beside: rollouts() });
  expect(await latest()).toMatchObject({ phase: 'Running', analysisRun: { phase: 'Running' } });
  await world.pass(10_000);
  expect(await latest()).toMatchObject({
    phase: 'Successful',
    finishTime: '2026-01-01T00:00:10Z',
    analysisRun: { phase: 'Successful' },
  });
  expect((await world.getFreight('f1')).status?.verifiedIn).toHaveProperty('test');
  expect((await world.runs())[0]?.metadata.annotations).not.toHaveProperty(ENGINE);
});

it.each(['Failed', 'Error', 'Inconclusive'] as const)('takes over that it ended %s, and why', async (verdict) => {
  await promoted({ beside: rollouts({ verdict }) });
  await world.pass(10_000);
  expect(await latest()).toMatchObject({ phase: verdict, message: `Metric "smoke" assessed ${verdict}` });
  expect((await world.getFreight('f1')).status?.verifiedIn).toBeUndefined();
});

it('is aborted though the run that is told to end then ends well', async () => {
  await promoted({ beside: rollouts() });
  await world.annotate('test', { [annotations.abort]: (await latest())?.id ?? '' });
  await world.pass(1000);
  expect(await latest()).toMatchObject({ phase: 'Aborted', analysisRun: { phase: 'Successful' } });
  expect((await world.getFreight('f1')).status?.verifiedIn).toBeUndefined();
});

it('goes on after both controllers were restarted', async () => {
  await promoted({ beside: rollouts() });
  await world.pass(4000);
  await world.restart();
  await world.pass(6000);
  expect(await latest()).toMatchObject({ phase: 'Successful' });
  expect(await world.runs()).toHaveLength(1);
});

it('makes runs for the instance it is told of, and says so when nothing takes them up', async () => {
  await promoted({ instanceId: 'blue', beside: rollouts({ instanceId: 'blue' }) });
  expect((await world.runs())[0]?.metadata.labels).toMatchObject({ 'argo-rollouts.argoproj.io/controller-instance-id': 'blue' });
  expect(await latest()).toMatchObject({ phase: 'Running' });
  await world.close();
  await promoted({ instanceId: 'blue', beside: rollouts({ instanceId: 'green' }) });
  expect(await latest()).toMatchObject({ phase: 'Pending', analysisRun: { phase: '' } });
  await world.pass(60_000);
  expect(await latest()).toMatchObject({ phase: 'Pending', message: expect.stringContaining('same instance id') });
});

it('leaves a run that Argo Rollouts has begun with to it, where the embedded engine runs as well', async () => {
  const asked: string[] = [];
  let begun = false;
  await promoted({
    beside: (outside) => [
      rolloutsController({ client: outside.client, clock: outside.clock, began: () => (begun = true) }),
      {
        ...embedded(outside, asked),
        reconciler: {
          reconcile: (request, context) =>
            laterThan(
              () => begun,
              () => embedded(outside, asked).reconciler.reconcile(request, context),
            ),
        },
      },
    ],
  });
  await world.pass(10_000);
  expect(await latest()).toMatchObject({ phase: 'Successful' });
  expect(asked).toEqual([]);
  const { items } = await world.client.list(Event, { namespace: 'shop' });
  expect(items.map(({ reason }) => reason)).toContain('AnalysisRunIgnored');
});

async function laterThan<T>(condition: () => boolean, action: () => Promise<T>): Promise<T> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  return action();
}

it('is carried out by the embedded engine where there is no Argo Rollouts, which the run then says', async () => {
  const asked: string[] = [];
  await promoted({ beside: (outside) => [embedded(outside, asked)] });
  await world.pass(1000);
  expect(await latest()).toMatchObject({ phase: 'Successful' });
  expect(asked).toEqual(['http://metrics/']);
  expect((await world.runs())[0]?.metadata.annotations).toMatchObject({ [ENGINE]: 'embedded' });
});

it('keeps the two engines apart by an instance id', async () => {
  const asked: string[] = [];
  const begun: string[] = [];
  await promoted({
    instanceId: 'kargo',
    beside: (outside) => [
      rolloutsController({
        client: outside.client,
        clock: outside.clock,
        began: ({ metadata }) => void begun.push(metadata.name ?? ''),
      }),
      embedded(outside, asked, 'kargo'),
    ],
  });
  await world.client.create(AnalysisRun, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: { namespace: 'shop', name: 'of-a-rollout' },
    spec: { metrics: [{ name: 'm', provider: { web: { url: 'http://other/' } } }] },
  });
  await world.pass(10_000);
  expect(asked).toEqual(['http://metrics/']);
  expect(begun).toEqual(['of-a-rollout']);
});
