import type { Json, Metric } from '@kargo/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measure, MetricServer, NOW, type MeasureOptions } from '../../testing/measure.ts';

let server: MetricServer;
beforeAll(async () => {
  server = await MetricServer.start();
});
afterAll(() => server.close());

const keys = (): Record<string, string> => ({ address: server.url, 'api-key': 'a', 'app-key': 'b' });
const datadog = (config: Record<string, Json>, rest: Partial<Metric> = {}, options?: MeasureOptions) =>
  measure({ provider: { datadog: config }, ...rest }, { secrets: { 'demo/datadog': keys() }, ...options });
const v2 = (...columns: object[]) => ({ body: { data: { attributes: { columns } } } });
const text = (message: string): string => expect.stringContaining(message) as string;

describe('a datadog metric', () => {
  it.each<{ name: string; reply: object; success?: string; want: object }>([
    {
      name: 'the last point of the first series',
      reply: {
        body: {
          status: 'ok',
          series: [
            {
              pointlist: [
                [1, 9],
                [2, 0.001],
              ],
            },
            { pointlist: [[1, 5]] },
          ],
        },
      },
      success: 'result < 0.01',
      want: { phase: 'Successful', value: '0.001', metric: { ResolvedDatadogQuery: 'avg:x{*}' } },
    },
    {
      name: 'no series',
      reply: { body: { status: 'ok', series: [] } },
      success: 'default(result, 0) < 0.05',
      want: { phase: 'Successful', value: '[]' },
    },
    {
      name: 'no series, to be failed',
      reply: { body: { status: 'ok', series: [] } },
      success: 'default(result, 1) < 0.05',
      want: { phase: 'Failed', value: '[]' },
    },
    {
      name: 'no series, unexpected',
      reply: { body: { status: 'ok', series: [] } },
      success: 'result < 0.05',
      want: { phase: 'Error', message: text('metric result is nil or empty') },
    },
    {
      name: 'a series without points',
      reply: { body: { status: 'ok', series: [{ metric: 'x', pointlist: [] }] } },
      success: 'isNil(result)',
      want: { phase: 'Successful', value: '[{"metric":"x","pointlist":[]}]' },
    },
    {
      name: 'an error',
      reply: { body: { status: 'error', error: 'no such metric' } },
      want: { phase: 'Error', message: text('no such metric') },
    },
    {
      name: 'wrong keys',
      reply: { status: 403, body: 'no' },
      want: { phase: 'Error', message: 'received authentication error response code: 403 no' },
    },
    {
      name: 'trouble',
      reply: { status: 500, body: 'x' },
      want: { phase: 'Error', message: 'received non 2xx response code: 500 x' },
    },
  ])('of version 1 judges $name', async ({ reply, success, want }) => {
    server.reply(reply);
    expect(
      await datadog({ query: 'avg:x{*}', interval: '10m' }, success === undefined ? {} : { successCondition: success }),
    ).toMatchObject(want);
    expect(server.asked).toMatchObject([
      {
        method: 'GET',
        url: `/api/v1/query?query=avg%3Ax%7B*%7D&from=${NOW / 1000 - 600}&to=${NOW / 1000}`,
        headers: { 'dd-api-key': 'a', 'dd-application-key': 'b' },
      },
    ]);
  });

  it.each<{ name: string; reply: object; success?: string; want: object }>([
    {
      name: 'one number',
      reply: v2({ type: 'number', values: [0.5] }),
      success: 'result < 1',
      want: { phase: 'Successful', value: '0.5' },
    },
    { name: 'nothing', reply: v2(), success: 'isNil(result)', want: { phase: 'Successful', value: '[]' } },
    {
      name: 'only nulls',
      reply: v2({ type: 'number', values: [null] }),
      success: 'isNil(result)',
      want: { phase: 'Successful' },
    },
    {
      name: 'groups, as a list even of one',
      reply: v2({ type: 'group', name: 'pod', values: [['a'], ['b']] }, { type: 'number', values: [1, null] }),
      success: 'all(result, # < 2)',
      want: { phase: 'Successful', value: '[1]', metadata: { groups: '[{"name":"a","value":1}]' } },
    },
    { name: 'an error', reply: { body: { errors: 'bad formula' } }, want: { phase: 'Error', message: text('bad formula') } },
  ])('of version 2 judges $name', async ({ reply, success, want }) => {
    server.reply(reply);
    const config = { apiVersion: 'v2', queries: { a: 'sum:a{*}', b: 'sum:b{*}' }, formula: 'a/b', aggregator: 'avg' };
    expect(await datadog(config, success === undefined ? {} : { successCondition: success })).toMatchObject(want);
    expect(server.asked).toMatchObject([{ method: 'POST', url: '/api/v2/query/scalar' }]);
    expect(JSON.parse(server.asked[0]?.body ?? '')).toEqual({
      data: {
        type: 'scalar_request',
        attributes: {
          formulas: [{ formula: 'a/b' }],
          from: NOW - 300_000,
          to: NOW,
          queries: [
            { data_source: 'metrics', aggregator: 'avg', name: 'a', query: 'sum:a{*}' },
            { data_source: 'metrics', aggregator: 'avg', name: 'b', query: 'sum:b{*}' },
          ],
        },
      },
    });
  });

  it('names the lowest and the highest of many groups', async () => {
    const many = Array.from({ length: 150 }, (_, index) => index);
    server.reply(v2({ type: 'group', values: many.map((index) => [`g${index}`]) }, { type: 'number', values: many }));
    const { metadata } = await datadog({ apiVersion: 'v2', query: 'q' }, { successCondition: 'len(result) == 150' });
    const groups = JSON.parse(metadata?.['groups'] ?? '') as { value: number }[];
    expect([groups.length, groups[49]?.value, groups[50]?.value, metadata?.['groups_truncated']]).toEqual([100, 49, 100, 'true']);
  });

  it.each<[object, string]>([
    [{}, 'without a query'],
    [{ query: 'a', queries: { b: 'b' } }, 'cannot use both query and queries'],
    [{ query: 'a', formula: 'b' }, 'formula are only valid when queries are set'],
    [{ apiVersion: 'v2', queries: { a: 'a', b: 'b' } }, 'you must specify a formula'],
    [{ queries: { a: 'a' } }, 'v1 takes a single query'],
    [{ query: 'a', aggregator: 'avg' }, 'aggregator is not supported in the v1 API'],
    [{ apiVersion: 'v2', query: 'a', aggregator: 'best' }, 'datadog aggregator must be one of'],
    [{ apiVersion: 'v3', query: 'a' }, 'apiVersion must be v1 or v2'],
    [{ query: 'a', requestTimeout: '0s' }, 'requestTimeout must be greater than 0'],
  ])('refuses %j', async (config, message) => {
    expect(await datadog(config as Record<string, Json>)).toMatchObject({ phase: 'Error', message: text(message) });
  });

  it('finds its keys: the named Secret, the environment, the operator, the Project', async () => {
    const reply = { body: { status: 'ok', series: [{ pointlist: [[1, 1]] }] } };
    const secret = (key: string): Record<string, string> => ({ address: server.url, 'api-key': key, 'app-key': 'x' });
    const secrets = { 'demo/named': secret('named'), 'demo/datadog': secret('project'), 'system/datadog': secret('operator') };
    const environment = { DD_API_KEY: 'environment', DD_APP_KEY: 'x', DD_ADDRESS: server.url };
    server.reply(reply);
    await datadog({ query: 'q', secretRef: { name: 'named', namespaced: true } }, {}, { secrets, ports: { environment } });
    await datadog({ query: 'q' }, {}, { secrets, ports: { environment } });
    await datadog({ query: 'q' }, {}, { secrets, ports: { systemNamespace: 'system' } });
    await datadog({ query: 'q' }, {}, { secrets });
    expect(server.asked.map(({ headers }) => headers['dd-api-key'])).toEqual(['named', 'environment', 'operator', 'project']);
    expect(await datadog({ query: 'q' }, {}, { secrets: {} })).toMatchObject({
      phase: 'Error',
      message: text('there is no Secret "datadog"'),
    });
    const half = { 'demo/datadog': { 'api-key': 'a' } };
    expect(await datadog({ query: 'q' }, {}, { secrets: half })).toMatchObject({
      phase: 'Error',
      message: text('API or Application token not found'),
    });
  });
});
