import { afterEach, describe, expect, it } from 'vitest';
import { HASH, openHarness, openPipeline, PASSWORD, userToken } from './harness.ts';

const cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanup.splice(0)) await clean();
});

describe('every answer', () => {
  it('forbids guessing of types, framing, referrers and copies in caches', async () => {
    const { call } = await openPipeline();
    for (const [path, status] of [
      ['/projects', 200],
      ['/projects/none', 404],
      ['/nothing', 404],
    ] as const) {
      const answer = await call('GET', path);
      expect([path, answer.status]).toEqual([path, status]);
      expect(answer.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      });
    }
  });

  it('carries the id of its request, taken from the caller if it is a plain one', async () => {
    const { call } = await openPipeline();
    expect((await call('GET', '/projects', undefined, { 'x-request-id': 'abc-1' })).headers['x-request-id']).toBe('abc-1');
    const made = (await call('GET', '/projects', undefined, { 'x-request-id': 'a b\tc' })).headers['x-request-id'];
    expect(made).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('tells browsers to stay with TLS where there is only TLS', async () => {
    const { call } = await openPipeline({ tlsOnly: true });
    expect((await call('GET', '/projects')).headers['strict-transport-security']).toBe('max-age=31536000');
  });
});

describe('pages of other origins', () => {
  const origin = 'https://tools.example.com';
  const preflight = { origin, 'access-control-request-method': 'PATCH', authorization: '' };

  it('are kept out unless configured', async () => {
    const { call } = await openPipeline();
    const answer = await call('GET', '/projects', undefined, { origin });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('are let in by name, with every method', async () => {
    const { call } = await openPipeline({ cors: { origins: [origin] } });
    expect((await call('GET', '/projects', undefined, { origin })).headers).toMatchObject({
      'access-control-allow-origin': origin,
      vary: 'Origin',
    });
    const answer = await call('OPTIONS', '/projects', undefined, preflight);
    expect([answer.status, answer.headers['access-control-allow-methods']]).toEqual([204, 'GET, POST, PUT, PATCH, DELETE']);
    const other = { ...preflight, origin: 'https://evil.example.com' };
    expect((await call('OPTIONS', '/projects', undefined, other)).status).toBe(403);
    expect(
      (await call('GET', '/projects', undefined, { origin: other.origin })).headers['access-control-allow-origin'],
    ).toBeUndefined();
  });

  it('cannot use a server that asks nobody who they are', async () => {
    const { call } = await openPipeline({ auth: { skip: true } });
    const local = { authorization: '', host: 'localhost:8080' };
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await call('GET', '/projects', undefined, { ...local, ...headers })).status;
    expect(await status({})).toBe(200);
    expect(await status({ origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' })).toBe(200);
    expect(await status({ host: '[::1]:8080' })).toBe(200);
    expect(await status({ 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await status({ origin: 'https://evil.example.com' })).toBe(403);
    expect(await status({ origin: 'null' })).toBe(403);
    // A name that somebody's DNS points here.
    expect(await status({ host: 'rebound.example.com' })).toBe(403);
  });
});

describe('too many requests', () => {
  it('of one caller are refused until it has waited, and nobody else is', async () => {
    const { call, clock } = await openPipeline({ rateLimit: { perSecond: 2, burst: 3 } });
    const asAlice = { authorization: `Bearer ${userToken('alice')}` };
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) statuses.push((await call('GET', '/access/whoami')).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect((await call('GET', '/access/whoami')).headers['retry-after']).toBe('1');
    expect((await call('GET', '/access/whoami', undefined, asAlice)).status).toBe(200);
    await clock.advanceBy(1000);
    expect((await call('GET', '/access/whoami')).status).toBe(200);
  });

  it('with tokens that are wrong are not even looked at', async () => {
    let reviews = 0;
    const { call, clock } = await openPipeline({
      auth: {
        reviewToken: () => {
          reviews += 1;
          return Promise.resolve(undefined);
        },
      },
    });
    for (let i = 0; i < 150; i++) await call('GET', '/projects', undefined, { authorization: `Bearer guess-${i}` });
    expect(reviews).toBe(100);
    await clock.advanceBy(1000);
    expect((await call('GET', '/projects', undefined, { authorization: 'Bearer again' })).status).toBe(401);
  });
});

describe('guessing the password of the administrator', () => {
  const login = (password: string) => ({ authorization: `Bearer ${password}` });

  it('takes longer and longer, also for who knows it, and is forgiven by signing in', async () => {
    const { call, clock } = await openHarness();
    const attempt = async (password: string): Promise<number> =>
      (await call('POST', '/login', undefined, login(password))).status;
    for (let i = 0; i < 5; i++) expect(await attempt(`wrong ${i}`)).toBe(403);
    expect(await attempt(PASSWORD)).toBe(429);
    const waits: string[] = [];
    for (let i = 0; i < 4; i++) {
      const { headers } = await call('POST', '/login', undefined, login('wrong'));
      waits.push(String(headers['retry-after']));
      await clock.advanceBy(Number(headers['retry-after']) * 1000);
      await attempt('wrong');
    }
    expect(waits).toEqual(['1', '2', '4', '8']);
    await clock.advanceBy(900_000);
    expect(await attempt(PASSWORD)).toBe(200);
    expect(await attempt('wrong')).toBe(403);
    expect(await attempt(PASSWORD)).toBe(200);
  });
});

describe('health', () => {
  it('says what keeps the server from being ready', async () => {
    const reasons = ['the controllers are starting'];
    const { server } = await openHarness({ notReady: () => reasons });
    const ask = async (path: string): Promise<[number, string]> => {
      const { statusCode, body } = await server.inject({ method: 'GET', url: path });
      return [statusCode, body];
    };
    expect(await ask('/readyz')).toEqual([503, 'not ready: the controllers are starting\n']);
    expect(await ask('/healthz')).toEqual([200, 'ok']);
    reasons.pop();
    expect(await ask('/readyz')).toEqual([200, 'ok']);
  });

  it('does not start half configured', async () => {
    await expect(openHarness({ auth: { adminPasswordHash: HASH } })).rejects.toThrow(/there is no key to sign tokens with/);
  });
});
