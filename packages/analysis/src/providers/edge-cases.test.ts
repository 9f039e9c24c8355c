/**
 * The edge cases of conditions and providers that Argo Rollouts' own tests pin down. The number in each title is the place in the list of
 * the analysis specification: part C, "conditions and providers". Kayenta, wavefront and plugins are not at hand here, which their metrics say.
 */
import { ApiError, type AnalysisRun as Run, type Measurement, type Metric, type Workload } from '@kargo/api';
import type { Client, Clock } from '@kargo/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measure, MetricServer, type MeasureOptions, type Reply } from '../testing/measure.ts';
import type { MeasurementRequest, ProviderPorts } from '../provider.ts';
import { METRIC_ANNOTATION, RUN_UID_LABEL, jobProvider } from './job/job.ts';

let server: MetricServer;
beforeAll(async () => {
  server = await MetricServer.start();
});
afterAll(() => server.close());

const NO_DATA = 'metric result is nil or empty: no data returned from the metric provider';
const vector = (...values: string[]): Reply => ({
  body: { status: 'success', data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [0, value] })) } },
});
const scalar = (value: string): Reply => ({ body: { status: 'success', data: { resultType: 'scalar', result: [0, value] } } });

async function taken(reply: Reply, metric: Omit<Metric, 'name'>, options?: MeasureOptions): Promise<unknown[]> {
  server.reply(reply);
  const { phase, value, message } = await measure(metric, options);
  return [phase, value, ...(message === undefined ? [] : [message])];
}
const prometheus = (reply: Reply, conditions: Partial<Metric>): Promise<unknown[]> =>
  taken(reply, { provider: { prometheus: { address: server.url, query: 'up' } }, ...conditions });
const web = (reply: Reply, config: object = {}, conditions: Partial<Metric> = { successCondition: 'true' }): Promise<unknown[]> =>
  taken(reply, { provider: { web: { url: `${server.url}/`, ...config } }, ...conditions } as Omit<Metric, 'name'>);

describe('[40 C3.1] no data', () => {
  it.each([
    ['result[0] < 1', 'Error', undefined],
    ['len(result) == 0 || result[0] < 1', 'Successful', '[]'],
  ])('an empty list with %s is %s', async (successCondition, phase, value) => {
    const [found, shown, message] = await prometheus(vector(), { successCondition });
    expect([found, shown]).toEqual([phase, value]);
    if (phase === 'Error') expect(message).toContain(NO_DATA);
  });
  it.each(['result < 1', 'len(result) == 0 || result < 1'])('nothing at all with %s is an error', async (successCondition) => {
    expect((await web({ body: 'null' }, {}, { successCondition }))[2]).toContain(NO_DATA);
  });
});

describe('[40 C3.2] datadog without series', () => {
  it.each([
    ['default(result, 0) < 0.05', 'Successful'],
    ['default(result, 1) < 0.05', 'Failed'],
  ])('with %s is %s', async (successCondition, phase) => {
    const secrets = { 'demo/datadog': { address: server.url, 'api-key': 'a', 'app-key': 'b' } };
    const metric = { provider: { datadog: { query: 'avg:x{*}' } }, successCondition };
    expect(await taken({ body: { status: 'ok', series: [] } }, metric, { secrets })).toEqual([phase, '[]']);
  });
});

it.each<[string, string, Partial<Metric>, string]>([
  ['NaN', 'NaN', { successCondition: 'result >= 0.9 || isNaN(result)' }, 'Successful'],
  ['+Inf', '+Inf', { failureCondition: 'isInf(result)' }, 'Failed'],
])('[40 C3.3] %s is told from numbers', async (number, value, conditions, phase) => {
  expect(await prometheus(scalar(number), conditions)).toEqual([phase, value]);
});

it('[40 C3.4] elements of a vector are found', async () => {
  expect(await prometheus(vector('10', '11'), { successCondition: '10 in result' })).toEqual(['Successful', '[10,11]']);
});

describe('[40 C3.5] web', () => {
  it.each<[string, Reply, object, Partial<Metric>, string, string | undefined]>([
    ['an empty body', { body: '' }, {}, { successCondition: 'true' }, 'Successful', ''],
    ['a text compared with another', { body: 'OK' }, {}, { successCondition: 'result == "KO"' }, 'Failed', 'OK'],
    ['300', { status: 300, body: '1' }, {}, {}, 'Error', undefined],
    ['400', { status: 400, body: '1' }, {}, {}, 'Error', undefined],
    ['another scheme', { body: '1' }, { url: 'ftp://x/' }, {}, 'Error', undefined],
    ['a path that leads nowhere', { body: { a: 1 } }, { jsonPath: '{$.b}' }, {}, 'Error', undefined],
    ['an empty object', { body: {} }, {}, { successCondition: 'true' }, 'Successful', '{}'],
    ['both conditions true', { body: '1' }, {}, { successCondition: 'true', failureCondition: 'true' }, 'Failed', '1'],
    ['a body with GET', { body: '1' }, { body: 'x' }, {}, 'Error', undefined],
    ['body and jsonBody', { body: '1' }, { method: 'POST', body: 'x', jsonBody: {} }, {}, 'Error', undefined],
    [
      'a refused OAuth client',
      { status: 401, body: '{}' },
      { authentication: { oauth2: { tokenUrl: 'SERVER/token', clientId: 'a', clientSecret: 'b' } } },
      {},
      'Error',
      undefined,
    ],
    [
      'OAuth without scopes',
      { body: { access_token: 't', token_type: 'Bearer' } },
      { authentication: { oauth2: { tokenUrl: 'SERVER/token', clientId: 'a', clientSecret: 'b' } }, jsonPath: '{$.token_type}' },
      { successCondition: 'result == "Bearer"' },
      'Successful',
      '"Bearer"',
    ],
  ])('%s', async (_, reply, config, conditions, phase, value) => {
    const placed = JSON.parse(JSON.stringify(config).replaceAll('SERVER', server.url)) as object;
    expect((await web(reply, placed, conditions)).slice(0, 2)).toEqual([phase, value]);
  });
});

describe('[40 C3.6] job', () => {
  const uid = '11111111-2222-3333-4444-555555555555';
  const run = { metadata: { name: 'r', namespace: 'demo', uid } } as Run;
  const request = (ordinal = 1, name = 'smoke'): MeasurementRequest => ({
    run,
    metric: { name, provider: { job: { spec: { template: { spec: {} } } } } },
    ordinal,
    signal: new AbortController().signal,
  });
  const AT = '2026-01-01T00:00:00Z';
  const clock = { now: () => Date.parse(AT) } as Clock;
  /** A client over a few Jobs, of which one verb may fail. */
  const cluster = (
    jobs: Workload[] = [],
    broken: Record<string, Error> = {},
  ): ProviderPorts & { jobs: Workload[]; pods: Workload[] } => {
    const pods: Workload[] = [];
    const find = (name: string): Workload => {
      const found = jobs.find(({ metadata }) => metadata.name === name);
      if (found === undefined) throw new ApiError('NotFound', `jobs.batch "${name}" not found`);
      return found;
    };
    const act = async <T>(verb: string, action: () => T): Promise<T> => {
      if (broken[verb] !== undefined) throw broken[verb];
      return action();
    };
    const client = {
      create: (_kind: unknown, job: Workload) =>
        act('create', () => {
          if (jobs.some(({ metadata }) => metadata.name === job.metadata.name)) throw new ApiError('AlreadyExists', 'it exists');
          jobs.push(job);
          return job;
        }),
      get: (_kind: unknown, { name }: { name: string }) => act('get', () => find(name)),
      list: (kind: { kind: string }) => act('list', () => ({ items: kind.kind === 'Pod' ? pods : jobs })),
      delete: (_kind: unknown, { name }: { name: string }) => act('delete', () => void jobs.splice(jobs.indexOf(find(name)), 1)),
    } as unknown as Client;
    return { clock, client, http: { send: () => Promise.reject(new Error('no http')) }, jobs, pods };
  };
  const started = (name = `${uid}.smoke.1`): Measurement => ({
    phase: 'Running',
    metadata: { 'job-name': name, 'job-namespace': 'demo' },
  });
  const aJob = (name: string, metric = 'smoke', owner = uid): Workload => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'demo', labels: { [RUN_UID_LABEL]: owner }, annotations: { [METRIC_ANNOTATION]: metric } },
  });

  it('the second measurement is .2', async () => {
    expect((await jobProvider.run(request(2), cluster())).metadata?.['job-name']).toBe(`${uid}.smoke.2`);
  });
  it('a Job that this run has made already is taken', async () => {
    expect((await jobProvider.run(request(), cluster([aJob(`${uid}.smoke.1`)]))).phase).toBe('Running');
  });
  it('a Job of that name of somebody else is an error', async () => {
    await expect(jobProvider.run(request(), cluster([aJob(`${uid}.smoke.1`, 'smoke', 'other')]))).rejects.toThrow('it exists');
  });
  it('an error of creation is passed on', async () => {
    await expect(jobProvider.run(request(), cluster([], { create: new Error('no quota') }))).rejects.toThrow('no quota');
  });
  it('a Job that is gone is an error', async () => {
    await expect(jobProvider.resume?.(request(), started(), cluster())).rejects.toThrow(`jobs.batch "${uid}.smoke.1" not found`);
    await expect(jobProvider.resume?.(request(), { phase: 'Running' }, cluster())).rejects.toThrow(
      'job metadata reference missing',
    );
  });
  it.each(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName'])(
    'an image that a cluster cannot have (%s) is inconclusive, though the Job never says so',
    async (reason) => {
      const ports = cluster([aJob(`${uid}.smoke.1`)]);
      const status = { containerStatuses: [{ name: 'test', state: { waiting: { reason, message: 'no such image' } } }] };
      ports.pods.push({ apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'demo', name: 'p' }, status });
      const taken = await jobProvider.resume?.(request(), { ...started(), startedAt: AT }, ports);
      expect(taken).toMatchObject({
        phase: 'Inconclusive',
        message: `Pod p, container test has terminal error (${reason}): no such image`,
      });
    },
  );
  it.each([
    [0, '2026-01-01T00:00:01Z'],
    [50, '2026-01-01T00:01:00Z'],
    [5000, '2026-01-01T01:25:00Z'],
  ])('a Job that a cluster runs for %i s is looked at again at %s', async (seconds, resumeAt) => {
    const ports = cluster([aJob(`${uid}.smoke.1`)]);
    ports.clock = { now: () => Date.parse(AT) + seconds * 1000 } as Clock;
    expect(await jobProvider.resume?.(request(), { ...started(), startedAt: AT }, ports)).toMatchObject({
      phase: 'Running',
      resumeAt,
    });
  });
  it.each([[[aJob(`${uid}.smoke.1`)]], [[]]])('termination is inconclusive, with a Job or without', async (jobs) => {
    const ports = cluster([...jobs]);
    expect((await jobProvider.terminate?.(request(), started(), ports))?.phase).toBe('Inconclusive');
    expect(ports.jobs).toEqual([]);
  });
  it('a failing deletion is an error', async () => {
    const ports = cluster([aJob(`${uid}.smoke.1`)], { delete: new Error('forbidden') });
    await expect(jobProvider.terminate?.(request(), started(), ports)).rejects.toThrow('forbidden');
  });
  it('of twelve Jobs the two oldest are deleted, and none of another metric', async () => {
    const ports = cluster([
      ...Array.from({ length: 12 }, (_, index) => aJob(`${uid}.smoke.${index + 1}`)),
      aJob(`${uid}.other.1`, 'other'),
    ]);
    await jobProvider.collect?.({ run, metric: request().metric, keep: 10, signal: new AbortController().signal }, ports);
    const names = ports.jobs.map(({ metadata }) => metadata.name);
    expect(names).toHaveLength(11);
    expect(names).not.toContain(`${uid}.smoke.1`);
    expect(names).not.toContain(`${uid}.smoke.2`);
    expect(names).toContain(`${uid}.other.1`);
  });
  it('long names have at most 63 characters, and differ', async () => {
    const long = 'a-very-long-name-of-a-metric-that-does-not-fit';
    const names = await Promise.all(
      [`${long}-one`, `${long}-two`].map(
        async (name) => (await jobProvider.run(request(1, name), cluster())).metadata?.['job-name'],
      ),
    );
    expect(names.every((name) => (name ?? '').length <= 63 && /^[a-z0-9.-]+$/.test(name ?? ''))).toBe(true);
    expect(new Set(names).size).toBe(2);
  });
});

describe('[40 C3.7] values are written as', () => {
  const text = (body: string): Reply => ({ body });
  const csv =
    '#datatype,string,long,double\r\n#group,false,false,false\r\n#default,_result,,\r\n,result,table,_value\r\n,,0,1\r\n,,0,6.6\r\n\r\n';
  it.each<[string, Reply, () => [Omit<Metric, 'name'>, MeasureOptions?], string]>([
    [
      'graphite',
      { body: [{ datapoints: [[5, 1]] }] },
      () => [{ provider: { graphite: { address: server.url, query: 'target=a' } } }],
      '[5.000000]',
    ],
    [
      'influxdb',
      text(csv),
      () => [
        { provider: { influxdb: { query: 'from(bucket: "x")' } } },
        { secrets: { 'demo/influxdb': { address: server.url, authToken: 't', org: 'o' } } },
      ],
      '[1 6.6]',
    ],
    [
      'cloudWatch',
      { body: { MetricDataResults: [{ Id: 'a', Values: [0.1, 0.2, 0.3] }] } },
      () => [
        { provider: { cloudWatch: { metricDataQueries: [{ id: 'a', expression: '1' }] } } },
        {
          ports: {
            environment: { AWS_ACCESS_KEY_ID: 'i', AWS_SECRET_ACCESS_KEY: 's', AWS_REGION: 'r', AWS_ENDPOINT_URL: server.url },
          },
        },
      ],
      '[[0.1 0.2 0.3]]',
    ],
    [
      'newRelic',
      { body: { data: { actor: { account: { nrql: { results: [{ count: 10 }] } } } } } },
      () => [
        { provider: { newRelic: { query: 'SELECT 1' } } },
        {
          secrets: {
            'demo/newrelic': { 'personal-api-key': 'k', 'account-id': '1', 'base-url-nerdgraph': `${server.url}/graphql` },
          },
        },
      ],
      '{"count":10}',
    ],
  ])('%s', async (_, reply, metric, value) => {
    expect((await taken(reply, ...metric()))[1]).toBe(value);
  });
});

it.each(['kayenta', 'wavefront', 'skywalking', 'plugin'])('[40 C3.8] %s is not at hand, and says so', async (name) => {
  const { phase, message } = await measure({ provider: { [name]: { 'a/b': {} } } });
  expect(phase).toBe('Error');
  expect(message).toContain('is not available here');
});
