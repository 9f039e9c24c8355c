import { afterAll, beforeAll, expect, it } from 'vitest';
import { measure, MetricServer } from '../../testing/measure.ts';

let server: MetricServer;
beforeAll(async () => {
  server = await MetricServer.start();
});
afterAll(() => server.close());

it.each<{ name: string; reply: object; success?: string; want: object }>([
  {
    name: 'the first target',
    reply: {
      body: [
        {
          datapoints: [
            [5, 1],
            [null, 2],
          ],
        },
        { datapoints: [[9, 1]] },
      ],
    },
    success: 'all(result, # < 6)',
    want: { phase: 'Successful', value: '[5.000000]' },
  },
  {
    name: 'nulls alone',
    reply: { body: [{ datapoints: [[null, 1]] }] },
    success: 'len(result) == 0',
    want: { phase: 'Successful', value: '[]' },
  },
  {
    name: 'a condition that cannot be evaluated, keeping the value',
    reply: { body: [{ datapoints: [[5, 1]] }] },
    success: 'result < 1',
    want: { phase: 'Error', value: '[5.000000]' },
  },
  { name: 'no target', reply: { body: [] }, want: { phase: 'Error', message: 'no values found' } },
  { name: 'no points', reply: { body: [{ datapoints: [] }] }, want: { phase: 'Error', message: 'no values found' } },
  {
    name: 'trouble',
    reply: { status: 500, body: 'x' },
    want: { phase: 'Error', message: 'received non 2xx response code: 500 x' },
  },
])('a graphite metric judges $name', async ({ reply, success, want }) => {
  server.reply(reply);
  const graphite = { address: server.url, query: 'target=sum( a , b )\n&from=-5min' };
  expect(
    await measure({ provider: { graphite }, ...(success === undefined ? {} : { successCondition: success }) }),
  ).toMatchObject(want);
  expect(server.asked).toMatchObject([{ method: 'GET', url: '/render?target=sum(a,b)&from=-5min&format=json' }]);
});

it('a graphite metric needs an address', async () => {
  expect(await measure({ provider: { graphite: { address: 'graphite', query: 'x' } } })).toMatchObject({
    phase: 'Error',
    message: 'graphite address "graphite" needs a scheme and a host',
  });
});
