import { afterAll, beforeAll, expect, it } from 'vitest';
import { measure, MetricServer } from '../../testing/measure.ts';

let server: MetricServer;
beforeAll(async () => {
  server = await MetricServer.start();
});
afterAll(() => server.close());

const table = (type: string, ...values: string[]): string =>
  [
    `#datatype,string,long,dateTime:RFC3339,${type}`,
    '#group,false,false,false,false',
    '#default,_result,,,',
    ',result,table,_time,_value',
    ...values.map((value) => `,,0,2026-01-02T03:04:05Z,${value}`),
    '',
    '',
  ].join('\r\n');

it.each<{ name: string; reply: object; success?: string; want: object }>([
  {
    name: 'numbers',
    reply: { body: table('double', '1', '6.6') },
    success: 'result[1] > 6',
    want: { phase: 'Successful', value: '[1 6.6]' },
  },
  {
    name: 'several tables',
    reply: { body: table('long', '1') + table('double', '2.5') },
    success: 'sum(result) == 3.5',
    want: { phase: 'Successful' },
  },
  {
    name: 'texts',
    reply: { body: table('string', '"a,""b"""') },
    success: 'result[0] == "a,\\"b\\""',
    want: { phase: 'Successful' },
  },
  {
    name: 'truths',
    reply: { body: table('boolean', 'true') },
    success: 'result[0]',
    want: { phase: 'Successful', value: '[true]' },
  },
  { name: 'nothing', reply: { body: '\r\n' }, want: { phase: 'Error', message: 'no values found in query result' } },
  {
    name: 'an error in the middle of an answer',
    reply: { body: '#datatype,string,string\r\n#group,true,true\r\n#default,,\r\n,error,reference\r\n,boom,\r\n' },
    want: { phase: 'Error' },
  },
  {
    name: 'a refusal',
    reply: { status: 401, body: 'unauthorized' },
    want: { phase: 'Error', message: 'InfluxDB answered 401: unauthorized' },
  },
])('an influxdb metric judges $name', async ({ reply, success, want }) => {
  server.reply(reply);
  const secrets = { 'demo/influxdb': { address: server.url, authToken: 't', org: 'my org' } };
  const provider = { influxdb: { query: 'from(bucket: "b")' } };
  expect(await measure({ provider, ...(success === undefined ? {} : { successCondition: success }) }, { secrets })).toMatchObject(
    want,
  );
  expect(server.asked).toMatchObject([
    { method: 'POST', url: '/api/v2/query?org=my%20org', headers: { authorization: 'Token t' } },
  ]);
});

it('an influxdb metric names the Secret it misses', async () => {
  const { message } = await measure({ provider: { influxdb: { profile: 'other', query: 'x' } } });
  expect(message).toContain('create a Secret "other" with address, authToken and org');
});
