/** Metric servers that misbehave, for every provider: a measurement error that says why, within limits, and never a run that is stuck. */
import type { Metric } from '@kargo/api';
import { realHttp, type HttpRequest } from '@kargo/integrations';
import { httpFixture, type HttpFixture } from '@kargo/integrations/testing';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { measure, type MeasureOptions } from '../testing/measure.ts';

type Answer = (response: ServerResponse) => void;

let server: HttpFixture;
let answer: Answer;
let sent: number;
let patience = 5_000;
const real = realHttp();
const asked: HttpRequest[] = [];
/** Real HTTP that does not wait as long as it is told to. */
const impatient = {
  send: (request: HttpRequest) => {
    asked.push(request);
    return real.send({ ...request, timeout: Math.min(request.timeout, patience) });
  },
};
beforeAll(async () => {
  server = await httpFixture((_request, response) => answer(response));
});
afterAll(async () => {
  await server.close();
  real.close();
});
beforeEach(() => {
  asked.length = 0;
  sent = 0;
});

const json =
  (body: unknown): Answer =>
  (response) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));

interface Case {
  provider: string;
  config: () => { metric: Omit<Metric, 'name'>; options?: MeasureOptions };
  /** Whether any text is a result. */
  takesText?: boolean;
}

const cases: Case[] = [
  {
    provider: 'web',
    config: () => ({ metric: { provider: { web: { url: `${server.url}/`, jsonPath: '{$.value}' } } } }),
    takesText: true,
  },
  { provider: 'prometheus', config: () => ({ metric: { provider: { prometheus: { address: server.url, query: 'up' } } } }) },
  {
    provider: 'datadog',
    config: () => ({
      metric: { provider: { datadog: { query: 'avg:x{*}' } } },
      options: { secrets: { 'demo/datadog': { address: server.url, 'api-key': 'k3y-of-datadog', 'app-key': 'k3y-of-app' } } },
    }),
  },
  {
    provider: 'newRelic',
    config: () => ({
      metric: { provider: { newRelic: { query: 'SELECT 1' } } },
      options: {
        secrets: {
          'demo/newrelic': {
            'personal-api-key': 'k3y-of-new-relic',
            'account-id': '1',
            'base-url-nerdgraph': `${server.url}/graphql`,
          },
        },
      },
    }),
  },
  {
    provider: 'cloudWatch',
    config: () => ({
      metric: { provider: { cloudWatch: { metricDataQueries: [{ id: 'a', expression: '1' }] } } },
      options: {
        ports: {
          environment: {
            AWS_ACCESS_KEY_ID: 'id',
            AWS_SECRET_ACCESS_KEY: 'k3y-of-aws',
            AWS_REGION: 'r',
            AWS_ENDPOINT_URL: server.url,
          },
        },
      },
    }),
  },
  { provider: 'graphite', config: () => ({ metric: { provider: { graphite: { address: server.url, query: 'target=a' } } } }) },
  {
    provider: 'influxdb',
    config: () => ({
      metric: { provider: { influxdb: { query: 'from(bucket: "x")' } } },
      options: { secrets: { 'demo/influxdb': { address: server.url, authToken: 't0ken-of-influx', org: 'o' } } },
    }),
  },
];

/** 64 MiB of spaces. */
const BOMB = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '));
const CHUNK = Buffer.alloc(64 * 1024, 'x');
const misdeeds: { name: string; answer: Answer; words: RegExp }[] = [
  { name: 'hangs', answer: () => undefined, words: /did not finish within/ },
  {
    name: 'stops in the middle',
    answer: (response) => void response.writeHead(200).write('{"a'),
    words: /did not finish within/,
  },
  {
    name: 'sends a byte now and then',
    answer: (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 10);
      response.once('close', () => clearInterval(timer));
    },
    words: /did not finish within/,
  },
  {
    name: 'breaks the connection',
    answer: (response) => void response.destroy(),
    words: /connection|socket|reach|reset|hang up/i,
  },
  { name: 'answers 503', answer: (response) => void response.writeHead(503).end('<html>come back later</html>'), words: /503/ },
  { name: 'answers 500 with JSON', answer: (response) => void response.writeHead(500).end('{"message":"boom"}'), words: /500/ },
  { name: 'answers 401', answer: (response) => void response.writeHead(401).end('no'), words: /401/ },
  {
    name: 'redirects to cloud metadata',
    answer: (response) => void response.writeHead(302, { location: 'http://169.254.169.254/latest/' }).end(),
    words: /link-local|169\.254|302/,
  },
  {
    name: 'sends 64 MiB, compressed to little without being asked to',
    answer: (response) =>
      void response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(BOMB),
    words: /more than|larger|too (large|big|long)|bytes|MiB|instead of JSON|no values|mismatched types/i,
  },
  {
    name: 'sends gigabytes',
    answer: (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = (): void => {
        while (!response.destroyed && sent < 2 ** 31) {
          sent += CHUNK.length;
          if (!response.write(CHUNK)) return void response.once('drain', more);
        }
      };
      more();
    },
    words: /more than|larger|too (large|big|long)|bytes|MiB/i,
  },
];
const nonsense: { name: string; answer: Answer }[] = [
  {
    name: 'a page of HTML',
    answer: (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>sign in</html>'),
  },
  { name: 'nothing', answer: (response) => void response.writeHead(200).end() },
  { name: 'JSON of another kind', answer: json({ something: 'else' }) },
  { name: 'null', answer: json(null) },
  { name: 'a number', answer: json(7) },
  { name: 'a text', answer: json('ok') },
  {
    name: 'the right names with the wrong things in them',
    answer: json({
      status: 'success',
      data: { resultType: 'vector', result: 7, actor: 7 },
      series: [7, null, { pointlist: 7 }],
      MetricDataResults: [7, null, { Timestamps: ['x', null], Values: 'x' }],
      errors: 7,
    }),
  },
  {
    name: 'the right names with nothing in them',
    answer: json({ status: 'success', data: null, series: null, MetricDataResults: null, errors: null }),
  },
  {
    name: 'JSON in JSON in JSON without end',
    answer: (response) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end('['.repeat(200_000) + ']'.repeat(200_000)),
  },
  {
    name: 'a table of something else',
    answer: (response) =>
      void response.writeHead(200, { 'content-type': 'text/csv' }).end('#datatype,string,double\n,result,_value\n,,many\n,,\n'),
  },
  { name: 'a list of numbers', answer: json([1, 2]) },
  {
    name: 'bytes that are no text',
    answer: (response) => void response.writeHead(200).end(Buffer.from([0xff, 0xfe, 0x00, 0x01])),
  },
];

describe.each(cases)('a $provider server that', ({ config, takesText = false }) => {
  const take = async (given: Answer, wait = 5_000): ReturnType<typeof measure> => {
    answer = given;
    patience = wait;
    const { metric, options = {} } = config();
    return measure({ successCondition: 'result == 1', ...metric }, { ...options, ports: { http: impatient, ...options.ports } });
  };

  it.each(misdeeds)('$name is a measurement error that says so', async ({ name, answer: given, words }) => {
    const { phase, message = '', value } = await take(given, /hangs|stops|now and then/.test(name) ? 100 : undefined);
    expect({ phase, message }).toEqual({ phase: 'Error', message: expect.stringMatching(words) });
    expect(`${message}${value ?? ''}`).not.toMatch(/k3y-of|t0ken-of/);
    expect(message.length).toBeLessThan(1000);
    expect(asked.every(({ timeout }) => timeout <= 60_000)).toBe(true);
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it.each(nonsense)('answers $name is never taken for a success', async ({ answer: given }) => {
    const { phase, message } = await take(given);
    expect(phase).not.toBe('Successful');
    if (!takesText) expect({ phase, message }).toEqual({ phase: 'Error', message: expect.stringMatching(/./) });
    // What people read says what came, not which line of a program stumbled over it.
    expect(message ?? '').not.toMatch(
      /Cannot read|is not (a function|iterable|an object)|Invalid time|Maximum call stack|undefined/,
    );
  });
});

describe('a number that is none', () => {
  const CSV = 'text/csv';
  const bodies: Record<string, [string, string?]> = {
    web: ['{"value":NaN}'],
    prometheus: ['{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[0,"NaN"]}]}}'],
    datadog: ['{"status":"ok","series":[{"pointlist":[[1,NaN]]}]}'],
    newRelic: ['{"data":{"actor":{"account":{"nrql":{"results":[{"count":NaN}]}}}}}'],
    cloudWatch: ['{"MetricDataResults":[{"Id":"a","Values":["NaN"],"Timestamps":[1]}]}'],
    graphite: ['[{"target":"a","datapoints":[[NaN,1]]}]'],
    influxdb: ['#datatype,string,double\n,result,_value\n,,NaN\n', CSV],
  };
  const conditions: Record<string, string> = {
    web: 'result < 1',
    datadog: 'result < 1',
    newRelic: 'result.count < 1',
    cloudWatch: 'result[0].Values[0] < 1',
  };

  it.each(cases)('of $provider is never less than one', async ({ provider, config }) => {
    const [body = '', type = 'application/json'] = bodies[provider] ?? [];
    answer = (response) => void response.writeHead(200, { 'content-type': type }).end(body);
    const { metric, options = {} } = config();
    const successCondition = conditions[provider] ?? 'result[0] < 1';
    const taken = await measure({ ...metric, successCondition }, { ...options, ports: { http: impatient, ...options.ports } });
    // Where JSON cannot say it, that is what is told; where it is said, it fails every comparison.
    const want = ['prometheus', 'influxdb'].includes(provider) ? 'Failed' : 'Error';
    expect({ phase: taken.phase, said: (taken.message ?? taken.value ?? '') !== '' }).toEqual({ phase: want, said: true });
  });
});

describe('numbers that are none', () => {
  it.each([
    ['NaN', 'result < 1', undefined, 'Failed', 'NaN'],
    ['NaN', 'result < 1', 'result >= 1', 'Inconclusive', 'NaN'],
    ['NaN', 'result < 1 || isNaN(result)', undefined, 'Successful', 'NaN'],
    ['+Inf', 'result < 1', undefined, 'Failed', '+Inf'],
    ['-Inf', 'result < 1', undefined, 'Successful', '-Inf'],
    ['not a number', 'result < 1', undefined, 'Error', undefined],
  ])('%s of prometheus with %s and %s is %s', async (number, successCondition, failureCondition, phase, value) => {
    answer = json({ status: 'success', data: { resultType: 'scalar', result: [0, number] } });
    const taken = await measure(
      {
        provider: { prometheus: { address: server.url, query: 'up' } },
        successCondition,
        ...(failureCondition === undefined ? {} : { failureCondition }),
      },
      { ports: { http: impatient } },
    );
    expect([taken.phase, taken.value]).toEqual([phase, value]);
  });
});
