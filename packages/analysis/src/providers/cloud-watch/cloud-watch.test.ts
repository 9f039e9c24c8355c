import { afterAll, beforeAll, expect, it } from 'vitest';
import { measure, MetricServer, NOW } from '../../testing/measure.ts';

let server: MetricServer;
beforeAll(async () => {
  server = await MetricServer.start();
});
afterAll(() => server.close());

const queries = [
  {
    id: 'rate',
    metricStat: {
      metric: { namespace: 'app', metricName: 'errors', dimensions: [{ name: 'env', value: 'prod' }] },
      period: '60',
      stat: 'p95',
    },
  },
  { id: 'sum', expression: 'rate * 2', returnData: false },
];
const environment = (): Record<string, string> => ({
  AWS_ACCESS_KEY_ID: 'id',
  AWS_SECRET_ACCESS_KEY: 'key',
  AWS_REGION: 'eu-west-1',
  AWS_ENDPOINT_URL_CLOUDWATCH: server.url,
});
const cloudWatch = (success: string | undefined, ports: object = { environment: environment() }) =>
  measure(
    {
      provider: { cloudWatch: { interval: '10m', metricDataQueries: queries } },
      ...(success === undefined ? {} : { successCondition: success }),
    },
    { ports },
  );
const results = {
  MetricDataResults: [{ Id: 'rate', Label: 'errors', Values: [0.1, 0.2, 0.3], Timestamps: [0, 60, 120], StatusCode: 'Complete' }],
};

it.each<{ name: string; reply: object; success?: string; want: object }>([
  {
    name: 'values',
    reply: { body: results },
    success: 'all(result[0].Values, {# < 1})',
    want: { phase: 'Successful', value: '[[0.1 0.2 0.3]]' },
  },
  {
    name: 'identifiers',
    reply: { body: results },
    success: 'result[0].Id == "rate" and result[0].StatusCode == "Complete"',
    want: { phase: 'Successful' },
  },
  {
    name: 'a condition that cannot be evaluated, keeping the value',
    reply: { body: results },
    success: 'result < 1',
    want: { phase: 'Error', value: '[[0.1 0.2 0.3]]' },
  },
  {
    name: 'messages',
    reply: { body: { ...results, Messages: [{ Code: 'Partial', Value: 'some' }] } },
    want: { metadata: { messages: 'Partial: some' } },
  },
  {
    name: 'a refusal',
    reply: { status: 400, body: { __type: 'com.amazonaws#AccessDenied', message: 'not authorized' } },
    want: { phase: 'Error', message: 'CloudWatch answered 400: AccessDenied: not authorized' },
  },
])('a cloudWatch metric judges $name', async ({ reply, success, want }) => {
  server.reply(reply);
  expect(await cloudWatch(success)).toMatchObject(want);
  const [asked] = server.asked;
  expect(asked?.headers['x-amz-target']).toBe('GraniteServiceVersion20100801.GetMetricData');
  expect(asked?.headers['authorization']).toMatch(
    /^AWS4-HMAC-SHA256 Credential=id\/20260102\/eu-west-1\/monitoring\/aws4_request/,
  );
  expect(JSON.parse(asked?.body ?? '')).toEqual({
    StartTime: NOW / 1000 - 600,
    EndTime: NOW / 1000,
    MetricDataQueries: [
      {
        Id: 'rate',
        MetricStat: {
          Metric: { Namespace: 'app', MetricName: 'errors', Dimensions: [{ Name: 'env', Value: 'prod' }] },
          Period: 60,
          Stat: 'p95',
        },
      },
      { Id: 'sum', Expression: 'rate * 2', ReturnData: false },
    ],
  });
});

it.each([
  [{}, 'there is no AWS region'],
  [{ AWS_REGION: 'x' }, 'there are no AWS credentials'],
])('a cloudWatch metric with %j says what it misses', async (given, message) => {
  expect((await cloudWatch(undefined, { environment: given })).message).toContain(message);
});
