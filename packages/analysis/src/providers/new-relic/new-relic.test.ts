import type { Json, Metric } from '@kargo/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measure, MetricServer, type MeasureOptions } from '../../testing/measure.ts';

let server: MetricServer;
beforeAll(async () => {
  server = await MetricServer.start();
});
afterAll(() => server.close());

const secret = (rest: object = {}): Record<string, string> => ({
  'personal-api-key': 'key',
  'account-id': '42',
  'base-url-nerdgraph': `${server.url}/graphql`,
  ...rest,
});
const newRelic = (config: Record<string, Json>, rest: Partial<Metric> = {}, options?: MeasureOptions) =>
  measure(
    { provider: { newRelic: { query: 'SELECT count(*) FROM T', ...config } }, ...rest },
    { secrets: { 'demo/newrelic': secret() }, ...options },
  );
const results = (...rows: object[]) => ({ body: { data: { actor: { account: { nrql: { results: rows } } } } } });
const text = (message: string): string => expect.stringContaining(message) as string;

describe('a newRelic metric', () => {
  it.each<{ name: string; reply: object; success?: string; want: object }>([
    {
      name: 'one row',
      reply: results({ count: 10 }),
      success: 'result.count < 100',
      want: { phase: 'Successful', value: '{"count":10}' },
    },
    {
      name: 'a dotted name',
      reply: results({ 'average.duration': 0.5 }),
      success: "result['average.duration'] < 1",
      want: { phase: 'Successful' },
    },
    {
      name: 'several rows',
      reply: results({ c: 1 }, { c: 2 }),
      success: 'result[1].c == 2',
      want: { phase: 'Successful', value: '[{"c":1},{"c":2}]' },
    },
    { name: 'no row', reply: results(), want: { phase: 'Error', message: 'no results returned from NRQL query' } },
    { name: 'an empty row', reply: results({}), want: { phase: 'Error', message: 'no results returned from NRQL query' } },
    {
      name: 'an error',
      reply: { body: { errors: [{ message: 'NRQL Syntax Error' }] } },
      want: { phase: 'Error', message: text('NRQL Syntax Error') },
    },
    { name: 'trouble', reply: { status: 503, body: 'down' }, want: { phase: 'Error', message: 'New Relic answered 503: down' } },
  ])('judges $name', async ({ reply, success, want }) => {
    server.reply(reply);
    expect(await newRelic({}, success === undefined ? {} : { successCondition: success })).toMatchObject(want);
    expect(server.asked).toMatchObject([{ method: 'POST', url: '/graphql', headers: { 'api-key': 'key' } }]);
    expect(JSON.parse(server.asked[0]?.body ?? '')).toMatchObject({
      variables: { account: 42, query: 'SELECT count(*) FROM T', timeout: 5 },
    });
  });

  it.each<[Record<string, Json>, Record<string, Record<string, string>>, string]>([
    [{}, {}, 'there is no Secret "newrelic"'],
    [{ profile: 'other' }, {}, 'there is no Secret "other"'],
    [{}, { 'demo/newrelic': { 'account-id': '1' } }, 'account ID or personal API key not found'],
    [{}, { 'demo/newrelic': { 'account-id': 'x', 'personal-api-key': 'k' } }, 'account ID or personal API key not found'],
    [{}, { 'demo/newrelic': { 'account-id': '1', 'personal-api-key': 'k', region: 'mars' } }, 'New Relic has no region "mars"'],
    [{ timeout: -1 }, { 'demo/newrelic': { 'account-id': '1', 'personal-api-key': 'k' } }, 'should not be negative'],
  ])('refuses %j with %j', async (config, secrets, message) => {
    expect(await newRelic(config, {}, { secrets })).toMatchObject({ phase: 'Error', message: text(message) });
  });
});
