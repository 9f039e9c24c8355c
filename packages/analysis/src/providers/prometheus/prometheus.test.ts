import type { Json, Metric } from '@kargo/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measure, MetricServer, NOW, type MeasureOptions } from '../../testing/measure.ts';

let server: MetricServer;
beforeAll(async () => {
  server = await MetricServer.start();
});
afterAll(() => server.close());

const prometheus = (config: Record<string, Json>, rest: Partial<Metric> = {}, options?: MeasureOptions) =>
  measure({ provider: { prometheus: { address: server.url, query: 'up', ...config } }, ...rest }, options);
const answer = (resultType: string, result: unknown, rest: object = {}) => ({
  body: { status: 'success', data: { resultType, result }, ...rest },
});
const vector = (...values: string[]) =>
  answer(
    'vector',
    values.map((value) => ({ metric: {}, value: [1, value] })),
  );
const text = (message: string): string => expect.stringContaining(message) as string;

describe('a prometheus metric', () => {
  it.each<{ name: string; reply: object; condition: string; failure?: boolean; want: object }>([
    {
      name: 'a scalar',
      reply: answer('scalar', [1, '10']),
      condition: 'result == 10',
      want: { phase: 'Successful', value: '10' },
    },
    { name: 'a vector', reply: vector('10', '11'), condition: '10 in result', want: { phase: 'Successful', value: '[10,11]' } },
    { name: 'small numbers', reply: vector('0.00000001'), condition: 'result[0] < 1', want: { value: '[0.00000001]' } },
    {
      name: 'a matrix',
      reply: answer('matrix', [
        {
          values: [
            [1, '1'],
            [2, '2.5'],
          ],
        },
        { values: [[1, 'NaN']] },
      ]),
      condition: 'len(result) == 3',
      want: { phase: 'Successful', value: '[1,2.5,NaN]' },
    },
    {
      name: 'no number',
      reply: answer('scalar', [1, 'NaN']),
      condition: 'result >= 0.9 || isNaN(result)',
      want: { phase: 'Successful', value: 'NaN' },
    },
    {
      name: 'infinity',
      reply: answer('scalar', [1, '+Inf']),
      condition: 'isInf(result)',
      failure: true,
      want: { phase: 'Failed', value: '+Inf' },
    },
    {
      name: 'an empty vector',
      reply: vector(),
      condition: 'result[0] < 1',
      want: { phase: 'Error', message: text('metric result is nil or empty: no data returned from the metric provider') },
    },
    {
      name: 'an empty vector that is expected',
      reply: vector(),
      condition: 'len(result) == 0 || result[0] < 1',
      want: { phase: 'Successful', value: '[]' },
    },
    {
      name: 'a list compared with a text',
      reply: vector('1'),
      condition: 'result[0] == "1"',
      want: { phase: 'Error', message: text('mismatched types float64 and string') },
    },
    {
      name: 'a text',
      reply: answer('string', [1, 'x']),
      condition: 'true',
      want: { phase: 'Error', message: 'Prometheus metric type not supported' },
    },
    {
      name: 'a query it refuses',
      reply: { status: 400, body: { status: 'error', errorType: 'bad_data', error: 'parse error' } },
      condition: 'true',
      want: { phase: 'Error', message: 'bad_data: parse error' },
    },
    {
      name: 'trouble',
      reply: { status: 502, body: 'Bad Gateway' },
      condition: 'true',
      want: { phase: 'Error', message: 'prometheus answered 502: Bad Gateway' },
    },
    {
      name: 'a sign-in page',
      reply: { body: '<html>', headers: { 'content-type': 'text/html' } },
      condition: 'true',
      want: { phase: 'Error', message: text('prometheus answered 200 with text/html instead of JSON') },
    },
    {
      name: 'warnings',
      reply: answer('scalar', [1, '1'], { warnings: ['w1', 'w2'] }),
      condition: 'true',
      want: { phase: 'Successful', metadata: { warnings: '"w1", "w2"' }, metric: { ResolvedPrometheusQuery: 'up' } },
    },
  ])('judges $name', async ({ reply, condition, failure, want }) => {
    server.reply(reply);
    expect(
      await prometheus({}, failure === true ? { failureCondition: condition } : { successCondition: condition }),
    ).toMatchObject(want);
  });

  it('asks for now', async () => {
    server.reply(vector('1'));
    await prometheus({ query: 'a{b="c"}', headers: [{ key: 'X-Scope-OrgID', value: 't' }], timeout: 0 });
    expect(server.asked).toMatchObject([
      {
        method: 'POST',
        url: '/api/v1/query',
        headers: { 'x-scope-orgid': 't', 'content-type': 'application/x-www-form-urlencoded' },
      },
    ]);
    expect(Object.fromEntries(new URLSearchParams(server.asked[0]?.body))).toEqual({
      query: 'a{b="c"}',
      time: String(NOW / 1000),
      timeout: '30s',
    });
  });

  it('asks for a stretch of time', async () => {
    server.reply(answer('matrix', []));
    await prometheus({ rangeQuery: { start: 'now() - duration("5m")', end: 'now()', step: '1m' } });
    expect(server.asked[0]?.url).toBe('/api/v1/query_range');
    expect(Object.fromEntries(new URLSearchParams(server.asked[0]?.body))).toEqual({
      query: 'up',
      start: String(NOW / 1000 - 300),
      end: String(NOW / 1000),
      step: '60',
      timeout: '30s',
    });
  });

  it.each([405, 501])('asks by GET where POST is answered with %d', async (status) => {
    server.reply({ status }, vector('1'));
    expect(await prometheus({})).toMatchObject({ phase: 'Successful' });
    expect(server.asked.map(({ method, url }) => [method, url.split('?')[0]])).toEqual([
      ['POST', '/api/v1/query'],
      ['GET', '/api/v1/query'],
    ]);
  });

  it.each<[object, string]>([
    [{ address: '' }, 'prometheus address is not configured'],
    [{ address: 'prometheus:9090' }, 'is not url format'],
    [{ timeout: -1 }, 'prometheus timeout should not be negative'],
    [{ rangeQuery: { start: '1', end: 'now()', step: '1m' } }, 'does not yield a time'],
    [{ rangeQuery: { start: 'nope(', end: 'now()', step: '1m' } }, 'failed to parse rangeQuery.start'],
    [{ rangeQuery: { start: 'now()', end: 'now()', step: 'soon' } }, 'failed to parse rangeQuery.step'],
    [{ rangeQuery: { start: 'now()', step: '1m' } }, 'rangeQuery.end is missing'],
    [{ authentication: { basicAuth: { username: 'u' } } }, 'basicAuth needs a password'],
  ])('refuses %j', async (config, message) => {
    server.reply(vector('1'));
    expect(await prometheus(config as Record<string, Json>)).toMatchObject({ phase: 'Error', message: text(message) });
  });

  it('takes the address from the environment', async () => {
    server.reply(vector('1'));
    const ports = { environment: { ARGO_ROLLOUTS_PROMETHEUS_ADDRESS: `${server.url}/` } };
    expect(await prometheus({ address: '' }, {}, { ports })).toMatchObject({ phase: 'Successful' });
  });

  it('signs requests to the managed service of AWS only', async () => {
    server.reply(vector('1'));
    const environment = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key' };
    const authentication = { sigv4: { region: 'eu-west-1' } };
    await prometheus({ authentication }, {}, { ports: { environment } });
    await prometheus({ authentication, address: `${server.url}/aps-workspaces/x` }, {}, { ports: { environment } });
    expect(server.asked.map(({ headers }) => headers['authorization']?.slice(0, 60))).toEqual([
      undefined,
      'AWS4-HMAC-SHA256 Credential=id/20260102/eu-west-1/aps/aws4_r',
    ]);
  });
});
