import { systemClock } from '@kargo/kube';
import type { Clock } from '@kargo/kube';
import { afterEach, describe, expect, it } from 'vitest';
import { realHttp } from '../http/real-http.ts';
import { describeRegistryContract } from '../testing/contracts/registry-contract.ts';
import { startDockerRegistry } from '../testing/docker-registry.ts';
import { startRegistry } from '../testing/registry-server.ts';
import type { RegistryServer } from '../testing/registry-server.ts';
import { parseChallenge } from './challenge.ts';
import { Lru } from './lru.ts';
import { RateLimiter } from './rate-limiter.ts';
import { realRegistries } from './real-registries.ts';
import { parseRepository } from './reference.ts';
import { RegistryError } from './registry-error.ts';

/** A clock whose sleeps are over at once, and are remembered. */
function sleepless(): Clock & { slept: number[] } {
  const slept: number[] = [];
  return {
    ...systemClock,
    now: () => systemClock.now(),
    setTimer: (at, fire) => systemClock.setTimer(at, fire),
    slept,
    sleep: async (ms) => void slept.push(ms),
  };
}
const fast = { clock: systemClock, requestsPerSecond: 100_000 };

for (const kind of ['none', 'basic', 'token'] as const) {
  describeRegistryContract(`real client, own registry, authentication ${kind}`, async () => {
    const credentials = { username: 'robot', password: 'secret' };
    const server = await startRegistry({ pageSize: 2, ...(kind === 'none' ? {} : { auth: { kind, ...credentials } }) });
    const http = realHttp();
    return {
      registries: realRegistries({ http, ...fast }),
      access: (path) => ({ repository: server.repository(path), credentials: kind === 'none' ? undefined : credentials }),
      push: (path, tag, image) => server.pushImage(path, tag, image),
      async close() {
        http.close();
        await server.close();
      },
    };
  });
}

describeRegistryContract("real client, Debian's docker-registry", async () => {
  const server = await startDockerRegistry();
  if ('skipped' in server) return server;
  const http = realHttp();
  return {
    registries: realRegistries({ http, ...fast }),
    access: (path) => ({ repository: `${server.host}/${path}` }),
    push: (path, tag, image) => server.pushImage(path, tag, image),
    async close() {
      http.close();
      await server.close();
    },
  };
});

describe('real registries', () => {
  const http = realHttp();
  let server: RegistryServer;
  afterEach(() => server.close());
  const start = async (options: Parameters<typeof startRegistry>[0] = {}): Promise<void> => {
    server = await startRegistry(options);
    server.pushImage('app', '1.0.0');
  };
  const failure = async (promise: Promise<unknown>): Promise<RegistryError> => {
    const error: unknown = await promise.catch((thrown: unknown) => thrown);
    if (!(error instanceof RegistryError)) throw new Error(`expected a RegistryError, got ${String(error)}`);
    return error;
  };

  it('reads an image once', async () => {
    await start();
    const registries = realRegistries({ http, ...fast });
    const access = { repository: server.repository('app') };
    await registries.image(access, '1.0.0');
    const first = server.requests.map(({ method }) => method);
    await registries.image(access, '1.0.0', { platform: 'linux/amd64' });
    await registries.image(access, (await registries.image(access, '1.0.0'))?.digest ?? '');
    expect(first).toEqual(['GET', 'GET']);
    expect(server.requests.slice(2).map(({ method }) => method)).toEqual(['HEAD', 'HEAD']);
  });

  it('asks for a token once, and again when it expires', async () => {
    await start({ auth: { kind: 'token', username: 'robot', password: 'secret', anonymous: true } });
    const registries = realRegistries({ http, ...fast });
    const access = { repository: server.repository('app') };
    await registries.tags(access);
    await registries.tags(access);
    expect(server.requests.filter(({ url }) => url.startsWith('/token')).length).toBe(1);
    const wrong = await failure(registries.tags({ ...access, credentials: { username: 'robot', password: 'hunter2' } }));
    expect([wrong.code, wrong.transient]).toEqual(['authentication', false]);
    expect(wrong.message).not.toContain('hunter2');
  });

  it.each([
    ['basic, none given', undefined],
    ['basic, wrong', { username: 'robot', password: 'x' }],
  ])('says that credentials are needed: %s', async (_, credentials) => {
    await start({ auth: { kind: 'basic', username: 'robot', password: 'secret' } });
    const error = await failure(realRegistries({ http, ...fast }).tags({ repository: server.repository('app'), credentials }));
    expect(error.code).toBe('authentication');
    expect(error.message).toContain(server.repository('app'));
  });

  it('does not send credentials to a token service over plain HTTP elsewhere', async () => {
    await start();
    server.setFault(() => ({ status: 401, headers: { 'www-authenticate': 'Bearer realm="http://evil.example.com/token"' } }));
    const access = { repository: server.repository('app'), credentials: { username: 'u', password: 'p' } };
    expect((await failure(realRegistries({ http, ...fast }).tags(access))).message).toContain('no safe address');
  });

  it('waits as long as it is told and tries again', async () => {
    await start();
    const clock = sleepless();
    const faults = [
      { status: 429, headers: { 'retry-after': '7' } },
      { status: 503 },
      { status: 502, headers: { 'retry-after': '1' } },
    ];
    server.setFault(() => faults.shift());
    const registries = realRegistries({ http, clock, requestsPerSecond: 100_000 });
    expect(await registries.tags({ repository: server.repository('app') })).toEqual(['1.0.0']);
    expect(clock.slept).toEqual([7000, 1000, 1000]);
  });

  it('leaves a registry alone that says for how long, but not with other credentials', async () => {
    await start();
    let now = Date.parse('2026-01-01T00:00:00Z');
    const clock = { ...sleepless(), now: () => now };
    server.setFault(({ authorization }) =>
      authorization === undefined ? { status: 429, headers: { 'retry-after': '3600' }, body: 'slow down' } : undefined,
    );
    const registries = realRegistries({ http, clock, requestsPerSecond: 100_000 });
    const access = { repository: server.repository('app') };
    for (let again = 0; again < 2; again += 1) {
      const error = await failure(registries.tags(access));
      expect(error.message).toMatch(/asked again at 2026-01-01T01:00:00Z, .*; use credentials/);
      expect(error.retryAt).toBe(Date.parse('2026-01-01T01:00:00Z'));
    }
    expect((await failure(registries.image(access, '1.0.0'))).code).toBe('rateLimited');
    expect(server.requests).toHaveLength(1);
    const credentials = { username: 'robot', password: 'secret' };
    expect((await failure(registries.tags({ ...access, credentials }))).code).toBe('rateLimited');
    expect(server.requests).toHaveLength(2);
    now += 3_600_000;
    server.setFault(undefined);
    expect(await registries.tags(access)).toEqual(['1.0.0']);
  });

  it.each([
    ['limits for long', { status: 429, headers: { 'retry-after': '3600' } }, 'rateLimited', true],
    ['limits all the time', { status: 429 }, 'rateLimited', true],
    ['trouble all the time', { status: 500 }, 'failed', true],
    ['connections that break', 'disconnect', 'unreachable', true],
    ['no permission', { status: 403, body: '{"errors":[{"code":"DENIED","message":"not yours"}]}' }, 'authentication', false],
    ['no registry at all', { status: 200, body: '<html>' }, 'invalid', false],
    ['a strange list', { status: 200, body: '{"tags":{}}' }, 'invalid', false],
    ['a strange status', { status: 418 }, 'invalid', false],
    [
      'endless pages',
      { status: 200, body: '{"tags":["a"]}', headers: { link: '</v2/app/tags/list?n=1>; rel="next"' } },
      'invalid',
      false,
    ],
  ] as const)('fails by code: %s', async (_, fault, code, transient) => {
    await start();
    server.setFault(() => fault);
    const registries = realRegistries({ http, clock: sleepless(), requestsPerSecond: 100_000 });
    const error = await failure(registries.tags({ repository: server.repository('app') }));
    expect([error.code, error.transient]).toEqual([code, transient]);
  });

  it('does not accept content that differs from its digest', async () => {
    await start();
    server.setFault(() => 'corrupt');
    const error = await failure(realRegistries({ http, ...fast }).image({ repository: server.repository('app') }, '1.0.0'));
    expect(error.message).toContain('changed');
  });

  it('explains images in formats of the past', async () => {
    await start();
    server.putManifest('app', 'old', 'application/vnd.docker.distribution.manifest.v1+json', '{"schemaVersion":1}');
    const error = await failure(realRegistries({ http, ...fast }).image({ repository: server.repository('app') }, 'old'));
    expect([error.code, error.message.includes('pushed again')]).toEqual(['invalid', true]);
  });

  it('never ends waiting for pages of another host', async () => {
    await start();
    server.setFault(({ url }) =>
      url.includes('n=100000')
        ? { status: 200, body: '{"tags":["a"]}', headers: { link: '<http://evil.example.com/x>; rel="next"' } }
        : undefined,
    );
    expect(await realRegistries({ http, ...fast }).tags({ repository: server.repository('app') })).toEqual(['a']);
  });
});

describe('copies between registries', () => {
  const http = realHttp();
  const servers: RegistryServer[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });
  const start = async (options: Parameters<typeof startRegistry>[0] = {}): Promise<RegistryServer> => {
    const server = await startRegistry(options);
    servers.push(server);
    return server;
  };
  const big = Buffer.alloc(3 * 1024 * 1024, 'x');
  const copy = async (source: RegistryServer, target: RegistryServer, size = big.length): Promise<string> => {
    const digest = source.putBlob('app', big);
    const credentials = { username: 'robot', password: 'secret' };
    return realRegistries({ http, clock: sleepless(), requestsPerSecond: 100_000 }).copyBlob(
      { repository: source.repository('app'), credentials },
      { repository: target.repository('copy'), credentials },
      { digest, size },
    );
  };

  it('go through this process, with the credentials of each', async () => {
    const source = await start({ auth: { kind: 'token', username: 'robot', password: 'secret' } });
    const target = await start({ auth: { kind: 'token', username: 'robot', password: 'secret' } });
    expect([await copy(source, target), await copy(source, target)]).toEqual(['copied', 'present']);
  });

  it.each([
    [
      'the upload',
      (target: RegistryServer, _: RegistryServer, broken: 'disconnect') => target.setFault(faultOnce('PUT', broken)),
    ],
    [
      'the download',
      (_: RegistryServer, source: RegistryServer, broken: 'disconnect') => source.setFault(faultOnce('GET', broken)),
    ],
  ])('begin anew when %s breaks off', async (_, breaks) => {
    const [source, target] = [await start(), await start()];
    breaks(target, source, 'disconnect');
    expect(await copy(source, target)).toBe('copied');
  });

  it('leave nothing behind of a blob that is not what it should be', async () => {
    const [source, target] = [await start(), await start()];
    await expect(copy(source, target, big.length - 1)).rejects.toMatchObject({ code: 'invalid' });
    source.setFault(() => 'corrupt');
    await expect(copy(source, target)).rejects.toMatchObject({ code: 'invalid' });
    source.setFault(undefined);
    expect(await copy(source, target)).toBe('copied');
  });

  it('do not follow uploads to other hosts', async () => {
    const [source, target] = [await start(), await start()];
    target.setFault(({ method }) =>
      method === 'POST' ? { status: 202, headers: { location: 'http://evil.example.com/v2/upload' } } : undefined,
    );
    await expect(copy(source, target)).rejects.toThrow('evil.example.com');
  });

  it('say when a registry does not want them', async () => {
    const [source, target] = [await start(), await start()];
    target.setFault(({ method }) => (method === 'POST' ? { status: 403, body: '{"errors":[{"code":"DENIED"}]}' } : undefined));
    await expect(copy(source, target)).rejects.toMatchObject({
      code: 'authentication',
      message: expect.stringContaining('could not write to image repository') as unknown,
    });
  });
});

function faultOnce(method: string, fault: 'disconnect'): (request: { method: string }) => 'disconnect' | undefined {
  let left = 1;
  return (request) => (request.method === method && left-- > 0 ? fault : undefined);
}

describe('those who look at the same time', () => {
  it('share a listing and what a tag stands for, and cost one request each', async () => {
    const server = await startRegistry();
    const http = realHttp();
    const registries = realRegistries({ http, ...fast });
    try {
      server.pushImage('demo', '1.0.0');
      const access = { repository: server.repository('demo') };
      const look = async () => (await Promise.all(Array.from({ length: 50 }, () => registries.tags({ ...access })))).flat();
      const counted = async (act: () => Promise<unknown>): Promise<string[]> => {
        const before = server.requests.length;
        await act();
        return server.requests.slice(before).map(({ method, url }) => `${method} ${url.replace(/^.*\/demo\//, '')}`);
      };
      expect(await look()).toEqual(Array.from({ length: 50 }, () => '1.0.0'));
      expect(await counted(look)).toEqual(['GET tags/list?n=100000']);
      await registries.image(access, '1.0.0');
      const images = () => Promise.all(Array.from({ length: 50 }, () => registries.image({ ...access }, '1.0.0')));
      expect(await counted(images)).toEqual(['HEAD manifests/1.0.0']);
      // Who asks later is not told what was true earlier.
      const first = registries.tags(access);
      await new Promise((resolve) => setTimeout(resolve, 0));
      server.pushImage('demo', '1.1.0');
      expect((await registries.tags(access)).toSorted()).toEqual(['1.0.0', '1.1.0']);
      await first;
      // Others with other rights, or a signal of their own, are not mixed up with them.
      const abort = new AbortController();
      const given = registries.tags({ ...access, signal: abort.signal });
      const other = registries.tags({ ...access, credentials: { username: 'a', password: 'b' } });
      const kept = registries.tags(access);
      abort.abort();
      await expect(given).rejects.toMatchObject({ code: 'aborted' });
      expect([(await kept).length, (await other).length]).toEqual([2, 2]);
    } finally {
      http.close();
      await server.close();
    }
  });
});

describe('the pace of requests', () => {
  it('allows a burst and then one after another', async () => {
    let now = 0;
    const slept: number[] = [];
    const clock: Clock = { now: () => now, setTimer: systemClock.setTimer, sleep: async (ms) => void slept.push(ms) };
    const limiter = new RateLimiter(clock, 4);
    for (let count = 0; count < 6; count += 1) await limiter.turn();
    now = 10_000;
    for (let count = 0; count < 5; count += 1) await limiter.turn();
    expect(slept).toEqual([250, 500, 250]);
  });
});

describe('repository names', () => {
  it.each([
    ['nginx', 'docker.io', 'registry-1.docker.io', 'library/nginx'],
    ['bitnami/nginx', 'docker.io', 'registry-1.docker.io', 'bitnami/nginx'],
    ['docker.io/nginx', 'docker.io', 'registry-1.docker.io', 'library/nginx'],
    ['index.docker.io/library/nginx', 'docker.io', 'registry-1.docker.io', 'library/nginx'],
    ['public.ecr.aws/nginx/nginx', 'public.ecr.aws', 'public.ecr.aws', 'nginx/nginx'],
    ['localhost/x', 'localhost', 'localhost', 'x'],
    ['localhost:5000/demo', 'localhost:5000', 'localhost:5000', 'demo'],
    ['[::1]:5000/demo', '[::1]:5000', '[::1]:5000', 'demo'],
  ])('%s', (name, registry, apiHost, path) => {
    expect(parseRepository(name)).toMatchObject({ registry, apiHost, path });
  });

  it.each([
    '',
    'UPPER/case',
    'a b',
    'nginx:1.0',
    'x/../y',
    'host.com/',
    'host.com/a@sha256:0',
    'user:pw@host.com/x',
    'ho_st.com/x',
  ])('refuses %j', (name) => {
    expect(() => parseRepository(name)).toThrow(RegistryError);
  });
});

describe('challenges', () => {
  it.each([
    ['Basic realm="x"', { scheme: 'basic' }],
    [
      'Bearer realm="https://a/token",service="s",scope="repository:x:pull,push"',
      { scheme: 'bearer', realm: 'https://a/token', service: 's', scope: 'repository:x:pull,push' },
    ],
    ['Basic realm="x", Bearer realm="https://a/t"', { scheme: 'bearer', realm: 'https://a/t' }],
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull",error="insufficient_scope"',
      {
        scheme: 'bearer',
        realm: 'https://auth.docker.io/token',
        service: 'registry.docker.io',
        scope: 'repository:library/nginx:pull',
      },
    ],
    [
      'bearer realm=https://a/token, service="s", scope=repository:x:pull',
      { scheme: 'bearer', realm: 'https://a/token', service: 's', scope: 'repository:x:pull' },
    ],
    ['Bearer error="invalid_token", Realm="https://a/t"', { scheme: 'bearer', realm: 'https://a/t' }],
    ['BASIC realm="Sonatype Nexus Repository Manager"', { scheme: 'basic' }],
    ['Negotiate, Basic realm="Artifactory Realm"', { scheme: 'basic' }],
    ['Bearer realm="https://a/t\\"q",service="s, t"', { scheme: 'bearer', realm: 'https://a/t"q', service: 's, t' }],
    ['Negotiate', undefined],
    ['Bearer service="s"', undefined],
  ])('%s', (header, want) => {
    expect(parseChallenge(header)).toEqual(want);
  });
});

describe('the cache', () => {
  it('forgets what was used longest ago', () => {
    const cache = new Lru<string, number>(2);
    cache.set('a', 1);
    cache.set('b', 2);
    cache.get('a');
    cache.set('c', 3);
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3]);
  });
});
