/** Verification where Argo Rollouts carries AnalysisRuns out: runs are made for it and followed, and which engine ran can be seen. */
import { AnalysisRun, annotations, Event, type AnalysisTemplate, type KubeObject, type VerificationInfo } from '@kargo/api';
import { analysisRunController, eventRecorder } from '@kargo/controllers';
import { seededRandom, silentLog, type ControllerOptions } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it as everywhere } from 'vitest';
import { publishedDefinitions } from './published-crds.ts';
import { rolloutsController, type RolloutsOptions } from './rollouts.ts';
import { World, type Outside } from './world.ts';

type Beside = Outside & { manager: World['manager'] };

let world: World;
afterEach(async () => {
  expect(world.violations).toEqual([]);
  await world.close();
});

/** What the API of the cluster takes AnalysisRuns for. */
let definitions: KubeObject[] = [];

const ENGINE = 'kargo.akuity.io/analysis-engine';
const latest = async (): Promise<VerificationInfo | undefined> =>
  (await world.get('test')).status.freightHistory?.[0]?.verificationHistory?.[0];

const SMOKE = { metrics: [{ name: 'smoke', provider: { web: { url: 'http://metrics/' } } }] };

async function promoted(
  options: { instanceId?: string; beside: (outside: Beside) => ControllerOptions[] },
  template: Partial<AnalysisTemplate['spec']> = SMOKE,
): Promise<void> {
  world = await World.open({ ...options, definitions });
  await world.warehouse();
  await world.template('smoke', template);
  await world.freight('f1');
  await world.stage('test', { verification: { analysisTemplates: [{ name: 'smoke' }] } });
  await world.run(await world.promote('test', 'f1'));
}

/** A template that uses what there is to use. */
const RICH = {
  args: [
    { name: 'threshold', value: '5' },
    { name: 'token', valueFrom: { secretKeyRef: { name: 'metrics', key: 'token' } } },
  ],
  dryRun: [{ metricName: 'job' }],
  measurementRetention: [{ metricName: '.*', limit: 20 }],
  metrics: [
    {
      name: 'web',
      count: '{{args.threshold}}',
      interval: '10s',
      initialDelay: '5s',
      failureLimit: 1,
      inconclusiveLimit: '2',
      consecutiveErrorLimit: 3,
      consecutiveSuccessLimit: 2,
      successCondition: 'result == 1',
      failureCondition: 'result == 2',
      provider: {
        web: {
          method: 'POST',
          url: 'http://metrics/',
          headers: [{ key: 'authorization', value: 'Bearer {{args.token}}' }],
          jsonBody: { a: [1] },
          jsonPath: '{$.v}',
          timeoutSeconds: 5,
          insecure: true,
          authentication: { oauth2: { tokenUrl: 'http://t', clientId: 'c', clientSecret: 's', scopes: ['x'] } },
        },
      },
    },
    {
      name: 'job',
      provider: {
        job: {
          metadata: null,
          spec: {
            backoffLimit: 1,
            template: {
              spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'alpine:latest', command: ['sleep', '10'] }] },
            },
          },
        },
      },
    },
    {
      name: 'prometheus',
      provider: {
        prometheus: {
          address: 'http://p',
          query: 'up',
          timeout: 5,
          rangeQuery: { start: 'now() - duration("5m")', end: 'now()', step: '1m' },
          headers: [{ key: 'x', value: 'y' }],
          authentication: { basicAuth: { username: 'u', password: 'p' } },
        },
      },
    },
    {
      name: 'datadog',
      provider: { datadog: { apiVersion: 'v2', interval: '5m', queries: { a: 'x' }, formula: 'a', aggregator: 'avg' } },
    },
    { name: 'newrelic', provider: { newRelic: { profile: 'p', query: 'SELECT 1', timeout: 5 } } },
    {
      name: 'cloudwatch',
      provider: {
        cloudWatch: {
          interval: '5m',
          metricDataQueries: [
            {
              id: 'a',
              metricStat: {
                metric: { namespace: 'n', metricName: 'm', dimensions: [{ name: 'a', value: 'b' }] },
                period: 60,
                stat: 'Sum',
                unit: 'None',
              },
              returnData: true,
            },
          ],
        },
      },
    },
    { name: 'graphite', provider: { graphite: { address: 'http://g', query: 'target=a' } } },
    { name: 'influxdb', provider: { influxdb: { profile: 'p', query: 'from()' } } },
    { name: 'plugin', provider: { plugin: { 'acme/check': { any: { thing: [1] } } } } },
  ],
} as unknown as Required<Pick<AnalysisTemplate['spec'], 'metrics'>> & Partial<AnalysisTemplate['spec']>;

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

async function laterThan<T>(condition: () => boolean, action: () => Promise<T>): Promise<T> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  return action();
}

/** The same over both: what is made here must fit what Argo Rollouts itself publishes. */
describe.each([
  ['as this project serves it', undefined],
  ['as Argo Rollouts publishes it', publishedDefinitions()],
])('an AnalysisRun, %s,', (_, given) => {
  const it = everywhere.skipIf(given?.length === 0);
  beforeEach(() => {
    definitions = given ?? [];
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
    expect((await world.runs())[0]?.metadata.labels).toMatchObject({
      'argo-rollouts.argoproj.io/controller-instance-id': 'blue',
    });
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

  it('takes along everything that templates can say', async () => {
    await promoted({ beside: () => [] }, RICH);
    const [run] = await world.runs();
    expect(run?.spec).toMatchObject({
      metrics: RICH.metrics?.map(({ name }) => ({ name })),
      args: [
        { name: 'threshold', value: '5' },
        { name: 'token', valueFrom: { secretKeyRef: { name: 'metrics', key: 'token' } } },
      ],
      dryRun: [{ metricName: 'job' }],
      measurementRetention: [{ metricName: '.*', limit: 20 }],
    });
    expect(run?.spec.metrics?.[0]).toMatchObject({
      count: '{{args.threshold}}',
      failureLimit: 1,
      provider: { web: { jsonBody: { a: [1] } } },
    });
    expect(await latest()).toMatchObject({ phase: 'Pending' });
  });
});
