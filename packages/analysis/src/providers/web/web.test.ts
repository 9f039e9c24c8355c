import type { Json, Metric } from '@kargo/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measure, MetricServer, type MeasureOptions, type Reply } from '../../testing/measure.ts';

let server: MetricServer;
beforeAll(async () => {
  server = await MetricServer.start();
});
afterAll(() => server.close());

const web = (config: Record<string, Json>, rest: Partial<Metric> = {}, options?: MeasureOptions) =>
  measure({ provider: { web: { url: `${server.url}/m`, ...config } }, ...rest }, options);

describe('a web metric', () => {
  it.each<{ name: string; reply: Reply; config?: Record<string, Json>; success?: string; failure?: string; want: object }>([
    { name: 'an empty body', reply: { body: '' }, success: 'true', want: { phase: 'Successful', value: '' } },
    { name: 'text', reply: { body: 'OK' }, success: 'result == "OK"', want: { phase: 'Successful', value: 'OK' } },
    { name: 'another text', reply: { body: 'OK' }, success: 'result == "KO"', want: { phase: 'Failed', value: 'OK' } },
    { name: 'a number', reply: { body: '1.5' }, success: 'result > 1', want: { phase: 'Successful', value: '1.5' } },
    { name: 'a JSON text', reply: { body: '"1"' }, success: 'result == "1"', want: { phase: 'Successful', value: '"1"' } },
    { name: 'an empty object', reply: { body: {} }, success: 'true', want: { phase: 'Successful', value: '{}' } },
    { name: 'a null body', reply: { body: 'null' }, success: 'isNil(result)', want: { phase: 'Successful', value: 'null' } },
    {
      name: 'keys in order, and markup escaped',
      reply: { body: { b: '<&>', a: 1 } },
      want: { phase: 'Successful', value: '{"a":1,"b":"\\u003c\\u0026\\u003e"}' },
    },
    { name: 'both conditions', reply: { body: {} }, success: 'true', failure: 'true', want: { phase: 'Failed' } },
    {
      name: 'a path',
      reply: { body: { key: [{ k2: 'v' }] } },
      config: { jsonPath: '{$.key[0].k2}' },
      success: 'result == "v"',
      want: { phase: 'Successful', value: '"v"' },
    },
    {
      name: 'a path without braces',
      reply: { body: { a: 3 } },
      config: { jsonPath: '$.a' },
      success: 'result == 3',
      want: { phase: 'Successful', value: '3' },
    },
    {
      name: 'the first of many',
      reply: { body: { a: [1, 2, 3] } },
      config: { jsonPath: '{$.a[*]}' },
      success: 'result == 1',
      want: { phase: 'Successful', value: '1' },
    },
    {
      name: 'a filter with a whole number',
      reply: { body: { a: [{ x: 1 }, { x: 2, y: 'yes' }] } },
      config: { jsonPath: '{$.a[?(@.x > 1)].y}' },
      success: 'result == "yes"',
      want: { phase: 'Successful' },
    },
    {
      name: 'a null at the path',
      reply: { body: { a: null } },
      config: { jsonPath: '{$.a}' },
      success: 'isNil(result)',
      want: { phase: 'Successful', value: 'null' },
    },
    {
      name: 'no such path',
      reply: { body: { a: 1 } },
      config: { jsonPath: '{$.b}' },
      success: 'true',
      want: { phase: 'Error', message: expect.stringContaining('Could not find JSONPath in body: b is not found') as string },
    },
    {
      name: 'an index out of range',
      reply: { body: { a: [1] } },
      config: { jsonPath: '{$.a[7]}' },
      want: { phase: 'Error', message: expect.stringContaining('Could not find JSONPath in body') as string },
    },
    {
      name: 'a malformed path',
      reply: { body: { a: [1] } },
      config: { jsonPath: '{$.a[' },
      want: { phase: 'Error', message: expect.stringContaining('Could not find JSONPath in body') as string },
    },
    {
      name: 'a redirect without target',
      reply: { status: 300 },
      want: { phase: 'Error', message: 'received non 2xx response code: 300' },
    },
    { name: 'a refusal', reply: { status: 400 }, want: { phase: 'Error', message: 'received non 2xx response code: 400' } },
    {
      name: 'a server in trouble',
      reply: { status: 503, body: '<html>' },
      want: { phase: 'Error', message: 'received non 2xx response code: 503' },
    },
    {
      name: 'more than a mebibyte',
      reply: { body: 'x'.repeat(1024 * 1024 + 1) },
      want: { phase: 'Error', message: expect.stringMatching(/1048576|1 MiB|larger|more/) as string },
    },
    {
      name: 'a condition that cannot be evaluated',
      reply: { body: 'OK' },
      success: 'result < 1',
      want: { phase: 'Error', message: expect.stringContaining('could not evaluate successCondition "result < 1"') as string },
    },
  ])('judges $name', async ({ reply, config = {}, success, failure, want }) => {
    server.reply(reply);
    const measurement = await web(config, {
      ...(success === undefined ? {} : { successCondition: success }),
      ...(failure === undefined ? {} : { failureCondition: failure }),
    });
    expect(measurement).toMatchObject(want);
  });

  it.each<[object, string]>([
    [{ method: 'DELETE' }, 'web metric method must be one of'],
    [{ url: '' }, 'web metric has no url'],
    [{ url: 'ftp://x/' }, 'not a usable http or https URL'],
    [{ url: 'http://169.254.169.254/latest' }, 'link-local'],
    [{ body: 'x' }, 'Body/JSONBody can only be used with POST or PUT'],
    [{ jsonBody: { a: 1 } }, 'Body/JSONBody can only be used with POST or PUT'],
    [{ method: 'POST', body: 'x', jsonBody: { a: 1 } }, 'use either Body or JSONBody'],
    [{ authentication: { basicAuth: { username: 'u' } } }, 'basicAuth needs a password'],
    [{ authentication: { basicAuth: { password: 'p' } } }, 'basicAuth needs a username'],
  ])('refuses %j', async (config, message) => {
    server.reply({ body: '1' });
    const measurement = await web(config as Record<string, Json>);
    expect(measurement).toMatchObject({ phase: 'Error', message: expect.stringContaining(message) as string });
    expect(server.asked).toEqual([]);
  });

  it('sends bodies and headers, the last header of a name winning', async () => {
    server.reply({ body: '1' });
    const headers = [
      { key: 'X-A', value: '1' },
      { key: 'x-a', value: '2' },
      { key: 'Content-Type', value: 'text/plain' },
    ];
    await web({ method: 'PUT', jsonBody: { a: [1] }, headers });
    await web({ method: 'POST', body: 'plain', headers });
    expect(server.asked).toMatchObject([
      { method: 'PUT', body: '{"a":[1]}', headers: { 'x-a': '2', 'content-type': 'application/json' } },
      { method: 'POST', body: 'plain', headers: { 'x-a': '2', 'content-type': 'text/plain' } },
    ]);
  });

  it('gives up on a server that hangs', async () => {
    server.reply({ hang: true });
    const measurement = await web({ timeoutSeconds: 0.1 });
    expect(measurement).toMatchObject({
      phase: 'Error',
      message: expect.stringContaining('did not finish within 0.1 s') as string,
    });
  });

  it('signs in by user name and password', async () => {
    server.reply({ body: '1' });
    await web({ authentication: { basicAuth: { username: 'me', password: 'pw' } } });
    expect(server.asked[0]?.headers['authorization']).toBe(`Basic ${Buffer.from('me:pw').toString('base64')}`);
  });

  it('signs in by OAuth 2 and keeps the secrets to itself', async () => {
    server.reply((asked) =>
      asked.url === '/token' ? { body: { access_token: 't0ken' } } : { body: { error: 'bad s3cr3t-client' } },
    );
    const oauth2 = { tokenUrl: `${server.url}/token`, clientId: 'id', clientSecret: '{{args.secret}}' };
    const measurement = await web(
      { authentication: { oauth2 } },
      {},
      {
        args: [{ name: 'secret', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
        secrets: { 'demo/s': { k: 's3cr3t-client' } },
      },
    );
    expect(server.asked).toMatchObject([
      { url: '/token', method: 'POST', body: 'grant_type=client_credentials' },
      { url: '/m', headers: { authorization: 'Bearer t0ken' } },
    ]);
    expect(measurement.value).toBe('{"error":"bad *****"}');
  });

  it.each<[object, Reply, string]>([
    [{ clientId: 'id', clientSecret: 's' }, { status: 401 }, 'the token endpoint refused the client: it answered 401'],
    [{ clientId: 'id' }, {}, 'missing mandatory parameter in metric for OAuth2 setup'],
    [{ clientSecret: 's' }, {}, 'missing mandatory parameter in metric for OAuth2 setup'],
    [{ clientId: 'id', clientSecret: 's' }, { body: {} }, 'without an access_token'],
  ])('says why OAuth 2 with %j does not work', async (oauth2, reply, message) => {
    server.reply(reply);
    const measurement = await web({ authentication: { oauth2: { tokenUrl: `${server.url}/token`, ...oauth2 } } });
    expect(measurement).toMatchObject({ phase: 'Error', message: expect.stringContaining(message) as string });
  });

  it('warns that sigv4 does nothing', async () => {
    server.reply({ body: '1' });
    expect(await web({ authentication: { sigv4: { region: 'x' } } })).toMatchObject({
      phase: 'Successful',
      metadata: { warnings: 'authentication.sigv4 has no effect on web metrics' },
    });
  });

  it('keeps only the beginning of a long value', async () => {
    server.reply({ body: 'y'.repeat(100_000) });
    const { value = '' } = await web({});
    expect(value.length).toBeLessThan(17_000);
    expect(value).toContain('(100000 characters)');
  });
});
