import { describe, expect, it } from 'vitest';
import { allowing, openHarness, openPipeline, PASSWORD, userToken } from './harness.ts';

describe('health', () => {
  it.each([
    ['GET', 200, 'ok'],
    ['HEAD', 200, ''],
    ['POST', 405, '{"error":"method not allowed"}'],
  ] as const)('%s answers %d', async (method, status, text) => {
    const { server } = await openHarness();
    const response = await server.inject({ method, url: '/healthz' });
    expect([response.statusCode, response.body]).toEqual([status, text]);
  });
});

describe('signing in', () => {
  const cases: { name: string; authorization?: string; status: number; error: RegExp }[] = [
    { name: 'without a header', status: 400, error: /missing/ },
    { name: 'with another scheme', authorization: 'Basic eA==', status: 400, error: /Bearer/ },
    { name: 'with an empty password', authorization: 'Bearer ', status: 400, error: /Bearer/ },
    { name: 'with a wrong password', authorization: 'Bearer wrong', status: 403, error: /^invalid password$/ },
  ];
  it.each(cases)('$name is refused', async ({ authorization, status, error }) => {
    const { server } = await openHarness();
    const headers = authorization === undefined ? {} : { authorization };
    const response = await server.inject({ method: 'POST', url: '/v1beta1/login', headers });
    expect(response.statusCode).toBe(status);
    expect((response.json() as { error: string }).error).toMatch(error);
  });

  it('gives a token with the claims of the administrator', async () => {
    const { token } = await openHarness();
    const [header = '', payload = ''] = token.split('.');
    const decode = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString()) as unknown;
    expect(decode(header)).toMatchObject({ alg: 'HS256' });
    const at = Date.parse('2026-01-01T00:00:00Z') / 1000;
    expect(decode(payload)).toMatchObject({ iss: 'kargo', aud: 'kargo', sub: 'admin', iat: at, nbf: at, exp: at + 3600 });
  });

  it('is impossible where there is no administrator', async () => {
    const { server } = await openHarness({ auth: {} });
    const response = await server.inject({
      method: 'POST',
      url: '/v1beta1/login',
      headers: { authorization: `Bearer ${PASSWORD}` },
    });
    expect([response.statusCode, response.json()]).toEqual([403, { error: 'admin user is not enabled' }]);
    expect((await server.inject({ method: 'GET', url: '/v1beta1/system/public-server-config' })).json()).toEqual({
      adminAccountEnabled: false,
      skipAuth: false,
    });
  });
});

describe('authentication', () => {
  const cases: { name: string; authorization: string; error: string }[] = [
    { name: 'no token', authorization: '', error: 'no token provided' },
    { name: 'an empty token', authorization: 'Bearer ', error: 'no token provided' },
    { name: 'what is no token', authorization: 'Bearer nonsense', error: 'invalid token' },
    { name: 'the token of nobody', authorization: `Bearer ${userToken('nobody')}`, error: 'invalid token' },
  ];
  it.each(cases)('refuses $name', async ({ authorization, error }) => {
    const { call } = await openHarness();
    for (const path of ['/projects', '/system/server-config', '/no-such-route']) {
      const answer = await call('GET', path, undefined, { authorization });
      expect([answer.status, answer.body]).toEqual([401, { error }]);
    }
  });

  it('refuses a token that expired, was changed or was signed by another key', async () => {
    const { call, clock, token } = await openHarness();
    const other = await openHarness({
      auth: {
        adminPasswordHash: '$2b$04$4Q1c7p9p9d8jQ7o0x0mW7eFvYQ8Qe1WmXo3mJ4s3b7q1a7o1C4m1S',
        tokenSigningKey: 'another key of another server',
      },
    });
    const [header = '', payload = '', signature = ''] = token.split('.');
    const forged = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), exp: 9e9 }));
    expect(
      (
        await call('GET', '/projects', undefined, {
          authorization: `Bearer ${header}.${forged.toString('base64url')}.${signature}`,
        })
      ).status,
    ).toBe(401);
    expect((await other.call('GET', '/projects', undefined, { authorization: `Bearer ${token}` })).status).toBe(401);
    expect((await call('GET', '/projects')).status).toBe(200);
    await clock.advanceBy(3_600_000);
    expect((await call('GET', '/projects')).status).toBe(401);
  });

  it('takes a bare token too, and everybody where it is off', async () => {
    const { call, token } = await openHarness();
    expect((await call('GET', '/projects', undefined, { authorization: token })).status).toBe(200);
    const open = await openHarness({ auth: { skip: true } });
    expect((await open.call('GET', '/projects', undefined, { authorization: '' })).status).toBe(200);
  });

  it('answers 500 when the token cannot be reviewed, and tells the cause to the log only', async () => {
    const { call, trace } = await openHarness({ auth: { reviewToken: () => Promise.reject(new Error('secret detail')) } });
    const answer = await call('GET', '/projects', undefined, { authorization: userToken('alice') });
    expect([answer.status, answer.body]).toEqual([500, { error: 'internal server error' }]);
    expect(trace.toString()).toContain('secret detail');
  });
});

describe('authorization', () => {
  const asAlice = { authorization: `Bearer ${userToken('alice')}` };

  it('knows users by tokens that are no JWTs too', async () => {
    const { call } = await openPipeline({ authorizer: allowing('list stages') });
    expect((await call('GET', '/projects/demo/stages', undefined, { authorization: 'Bearer opaque-token' })).status).toBe(200);
  });

  it('asks for every call of a user, and tells what is not permitted', async () => {
    const { call } = await openPipeline({ authorizer: allowing('list stages') });
    expect((await call('GET', '/projects/demo/stages', undefined, asAlice)).status).toBe(200);
    const one = await call('GET', '/projects/demo/stages/test', undefined, asAlice);
    expect([one.status, one.body]).toEqual([403, { error: 'stages.kargo.akuity.io "test" is forbidden: get is not permitted' }]);
    const list = await call('GET', '/projects/demo/warehouses', undefined, asAlice);
    expect([list.status, list.body]).toEqual([403, { error: 'warehouses.kargo.akuity.io is forbidden: list is not permitted' }]);
    const watch = await call('GET', '/projects/demo/stages?watch=true', undefined, asAlice);
    expect([watch.status, watch.body]).toEqual([403, { error: 'stages.kargo.akuity.io is forbidden: watch is not permitted' }]);
  });

  it('allows a user nothing where nobody can say', async () => {
    const { call } = await openPipeline();
    expect((await call('GET', '/projects/demo/stages', undefined, asAlice)).status).toBe(403);
  });
});

describe('requests', () => {
  it('to unknown routes are answered in JSON', async () => {
    const { call } = await openHarness();
    const answer = await call('GET', '/no-such-route');
    expect([answer.status, answer.body]).toEqual([404, { error: 'there is nothing at GET /v1beta1/no-such-route' }]);
    expect((await call('PATCH', '/projects')).status).toBe(404);
  });

  it('with a slash at the end are redirected', async () => {
    const { call } = await openHarness();
    const get = await call('GET', '/projects/?filter=a');
    expect([get.status, get.headers.location]).toEqual([301, '/v1beta1/projects?filter=a']);
    expect((await call('POST', '/resources/', '{}')).status).toBe(307);
  });

  it('below a Project that does not exist are refused before their body is looked at', async () => {
    const { call } = await openHarness();
    const answer = await call('POST', '/projects/none/stages/s/promotions', '{ broken');
    expect([answer.status, answer.body]).toEqual([404, { error: 'Project.kargo.akuity.io "none" not found' }]);
  });

  it('with too large a body are refused', async () => {
    const { call } = await openPipeline();
    const mib = 1024 * 1024;
    const promote = (size: number): Promise<{ status: number }> =>
      call('POST', '/projects/demo/stages/test/promotions', 'x'.repeat(size));
    expect((await promote(mib)).status).toBe(400);
    expect((await promote(mib + 1)).status).toBe(413);
    expect((await call('POST', '/resources', ' '.repeat(4 * mib))).status).toBe(400);
    const over = await call('POST', '/resources', ' '.repeat(4 * mib + 1));
    expect([over.status, over.body]).toEqual([413, { error: 'request body too large' }]);
  });
});

describe('system routes', () => {
  it('describe the server', async () => {
    const { call } = await openHarness({
      version: () => Promise.resolve({ version: 'v1.2.3', buildDate: 'd', gitCommit: 'c', gitTreeDirty: false }),
    });
    expect((await call('GET', '/system/public-server-config', undefined, { authorization: '' })).body).toEqual({
      adminAccountEnabled: true,
      skipAuth: false,
    });
    expect((await call('GET', '/system/server-config')).body).toEqual({
      argocdShards: {},
      secretManagementEnabled: true,
      systemResourcesNamespace: 'kargo-system-resources',
      sharedResourcesNamespace: 'kargo-shared-resources',
      kargoNamespace: 'kargo',
      hasAnalysisRunLogsUrlTemplate: false,
    });
    expect((await call('GET', '/system/server-version')).body).toMatchObject({ version: 'v1.2.3', gitTreeDirty: false });
  });

  it('tell which controllers are alive', async () => {
    const { call, client, clock } = await openHarness();
    const { Lease, Namespace } = await import('@kargo/api');
    await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kargo' } });
    for (const [shard, renewTime] of [
      ['a', '2026-01-01T00:00:00Z'],
      ['b', '2025-12-31T23:00:00Z'],
    ] as const)
      await client.create(Lease, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: `kargo-controller-${shard}`, namespace: 'kargo', labels: { 'kargo.akuity.io/controller': shard } },
        spec: { renewTime, leaseDurationSeconds: 120 },
      });
    await clock.advanceBy(60_000);
    expect((await call('GET', '/system/controller-heartbeats')).body).toEqual({
      heartbeats: {
        a: { controller: 'a', status: 'Alive', timestamp: '2026-01-01T00:00:00Z' },
        b: { controller: 'b', status: 'Dead', timestamp: '2025-12-31T23:00:00Z' },
        '': { controller: '', status: 'Alive', timestamp: '2026-01-01T00:01:00Z' },
      },
      defaultController: '',
    });
  });
});
