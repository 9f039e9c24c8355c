import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createProxy, type IncomingMessage, type Server } from 'node:http';
import { createServer } from 'node:https';
import { connect, createServer as createSocks, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { Namespace } from '@kargo/api';
import { openApiServer, SYSTEM_ADMIN, type ApiServer } from '@kargo/apiserver';
import { issueCertificate, selfSigned } from '@kargo/controlplane';
import { realProcesses } from '@kargo/integrations';
import {
  httpClient,
  inClusterAccess,
  loadKubeconfig,
  seededRandom,
  systemClock,
  systemRandom,
  VirtualClock,
  type Client,
  type ClusterAccess,
  type Fetch,
  type KubeconfigOptions,
} from '@kargo/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'kargo-kubeconfig-'));
const certificate = selfSigned(['127.0.0.1', 'api.test'], Date.now());
const HOUR = 3_600_000;
const proxyCertificate = issueCertificate({
  name: 'proxy',
  hosts: ['127.0.0.1'],
  from: Date.now() - HOUR,
  to: Date.now() + HOUR,
  use: 'self-signed server',
});
const clientCertificate = selfSigned(['client'], Date.now());
const base64 = (text: string): string => Buffer.from(text).toString('base64');

let api: ApiServer;
let server: ReturnType<typeof createServer>;
let proxy: Server;
let secureProxy: ReturnType<typeof createServer>;
let url: string;
let port: number;
/** Tokens that are accepted now. */
const tokens = new Set(['static', 'first', 'second']);
const seen: { authorization?: string | undefined; user?: string | undefined }[] = [];
const tunnels: string[] = [];

beforeAll(async () => {
  api = openApiServer({
    path: ':memory:',
    kinds: [Namespace],
    clock: systemClock,
    random: systemRandom,
    authenticate: ({ headers, socket }) => {
      seen.push({ authorization: headers.authorization, user: headers['impersonate-user'] as string | undefined });
      const peer = (socket as TLSSocket).getPeerCertificate();
      if (peer?.raw?.toString('base64') === clientCertificate.cert.replaceAll(/-----.*-----|\s/g, '')) return SYSTEM_ADMIN;
      const { authorization = '' } = headers;
      const known = authorization.startsWith('Bearer ') && tokens.has(authorization.slice(7));
      return known || authorization === `Basic ${base64('jane:secret')}` ? SYSTEM_ADMIN : undefined;
    },
  });
  server = createServer({ ...certificate, requestCert: true, rejectUnauthorized: false }, api.handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
  url = `https://127.0.0.1:${port}`;
  proxy = createProxy();
  secureProxy = createServer(proxyCertificate);
  const tunnel = (request: IncomingMessage, socket: Duplex): void => {
    tunnels.push(request.headers['proxy-authorization'] ?? '');
    const target = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      target.pipe(socket).pipe(target);
    });
    socket.on('error', () => target.destroy());
    target.on('error', () => socket.destroy());
  };
  for (const each of [proxy, secureProxy]) {
    each.on('connect', tunnel);
    await new Promise<void>((resolve) => each.listen(0, '127.0.0.1', resolve));
  }
});
afterAll(async () => {
  for (const each of [server, proxy, secureProxy]) {
    each.closeAllConnections();
    await new Promise((resolve) => each.close(resolve));
  }
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Parts {
  cluster?: Record<string, unknown>;
  user?: Record<string, unknown>;
  options?: Partial<KubeconfigOptions>;
}

async function access({ cluster = {}, user = {}, options = {} }: Parts): Promise<ClusterAccess> {
  const file = join(folder, 'config');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'c', user: 'u', namespace: 'shop' } }],
    clusters: [{ name: 'c', cluster: { server: url, 'certificate-authority-data': base64(certificate.cert), ...cluster } }],
    users: [{ name: 'u', user }],
  };
  writeFileSync(file, JSON.stringify(config));
  const processes = realProcesses();
  return loadKubeconfig({
    file,
    clock: systemClock,
    run: ({ command, args, env }) =>
      processes.run({ command, args, env: { PATH: process.env['PATH'] ?? '', ...env }, cwd: folder, timeout: 10_000 }),
    ...options,
  });
}

async function ask(parts: Parts): Promise<string> {
  const reached = await access(parts);
  try {
    const client = httpClient(reached);
    return (await client.get(Namespace, { name: 'default' })).metadata.name ?? '';
  } finally {
    reached.close();
  }
}

describe('a kubeconfig', () => {
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content);
    return name;
  };
  const cases: [string, () => Parts][] = [
    ['a token', () => ({ user: { token: 'static' } })],
    ['a file with a token', () => ({ user: { tokenFile: file('token', 'static\n') } })],
    ['a name and a password', () => ({ user: { username: 'jane', password: 'secret' } })],
    [
      'a certificate',
      () => ({
        user: { 'client-certificate-data': base64(clientCertificate.cert), 'client-key-data': base64(clientCertificate.key) },
      }),
    ],
    [
      'files of certificates',
      () => ({
        cluster: { 'certificate-authority-data': undefined, 'certificate-authority': file('ca.crt', certificate.cert) },
        user: { 'client-certificate': file('c.crt', clientCertificate.cert), 'client-key': file('c.key', clientCertificate.key) },
      }),
    ],
    ['a token of an OpenID provider', () => ({ user: { 'auth-provider': { name: 'oidc', config: { 'id-token': 'static' } } } })],
    [
      'no check of the server',
      () => ({
        cluster: { 'certificate-authority-data': undefined, 'insecure-skip-tls-verify': true },
        user: { token: 'static' },
      }),
    ],
    ['another name of the server', () => ({ cluster: { 'tls-server-name': 'api.test' }, user: { token: 'static' } })],
  ];
  it.each(cases)('with %s reaches its cluster', async (_, parts) => {
    expect(await ask(parts())).toBe('default');
  });

  it('that does not trust the server, or is not let in, says so', async () => {
    const stranger = base64(selfSigned(['127.0.0.1'], Date.now()).cert);
    await expect(ask({ cluster: { 'certificate-authority-data': stranger }, user: { token: 'static' } })).rejects.toThrow(
      /cannot be reached.*certificate/,
    );
    await expect(ask({ cluster: { 'tls-server-name': 'other.test' }, user: { token: 'static' } })).rejects.toThrow(/other\.test/);
    await expect(ask({ user: { token: 'wrong' } })).rejects.toMatchObject({ reason: 'Unauthorized' });
  });

  it('acts as another user', async () => {
    const reached = await access({ user: { token: 'static', as: 'guest', 'as-groups': ['a', 'b'] } });
    await expect(httpClient(reached).get(Namespace, { name: 'default' })).rejects.toThrow(/User "guest" cannot get/);
    reached.close();
  });

  it('goes through a proxy, unless its host is exempt', async () => {
    const through = `http://user:pass@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const user = { token: 'static' };
    expect(await ask({ cluster: { 'proxy-url': through }, user })).toBe('default');
    expect(tunnels.splice(0)).toEqual([`Basic ${base64('user:pass')}`]);
    expect(await ask({ user, options: { env: { HTTPS_PROXY: through } } })).toBe('default');
    expect(tunnels.splice(0)).toHaveLength(1);
    for (const exempt of ['127.0.0.1', '*', '10.0.0.0/8,127.0.0.0/8', `127.0.0.1:${port}`])
      expect(await ask({ user, options: { env: { https_proxy: through, no_proxy: exempt } } })).toBe('default');
    expect(tunnels).toEqual([]);
    await expect(ask({ cluster: { 'proxy-url': 'ftp://127.0.0.1:1' }, user })).rejects.toThrow(/http, https or socks5/);
    await expect(ask({ cluster: { 'proxy-url': 'http://127.0.0.1:1' }, user })).rejects.toThrow(/cannot be reached/);
  });

  it('goes through a proxy that is reached over TLS, if that can be trusted', async () => {
    const through = `https://user:pass@127.0.0.1:${(secureProxy.address() as AddressInfo).port}`;
    const user = { token: 'static' };
    // The cluster and the proxy have authorities of their own.
    const both = base64(certificate.cert + proxyCertificate.cert);
    expect(await ask({ cluster: { 'proxy-url': through, 'certificate-authority-data': both }, user })).toBe('default');
    expect(tunnels.splice(0)).toEqual([`Basic ${base64('user:pass')}`]);
    await expect(ask({ cluster: { 'proxy-url': through }, user })).rejects.toThrow(/self-signed certificate/);
    expect(tunnels).toEqual([]);
  });

  it('goes through a SOCKS proxy', async () => {
    const user = { token: 'static' };
    const seenBy: string[] = [];
    const socks = createSocks((socket) => {
      let greeted = false;
      socket.on('data', (chunk: Buffer) => {
        if (!greeted) {
          greeted = true;
          socket.write(Buffer.from([5, 0]));
        } else if (chunk[0] === 5 && chunk[1] === 1) {
          socket.removeAllListeners('data');
          seenBy.push(`${chunk.readUInt16BE(chunk.length - 2)}`);
          const target = connect(port, '127.0.0.1', () => {
            socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
            target.pipe(socket).pipe(target);
          });
          target.on('error', () => socket.destroy());
        }
      });
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => socks.listen(0, '127.0.0.1', resolve));
    const { port: through } = socks.address() as AddressInfo;
    expect(await ask({ cluster: { 'proxy-url': `socks5://127.0.0.1:${through}` }, user })).toBe('default');
    expect(seenBy).toEqual([String(port)]);
    socks.close();
  });

  it('may be several files, of which the first that knows something counts', async () => {
    const write = (name: string, config: object): string => {
      writeFileSync(join(folder, name), JSON.stringify(config));
      return join(folder, name);
    };
    const contexts = [{ name: 'a', context: { cluster: 'c', user: 'u', namespace: 'one' } }];
    const first = write('first', { contexts, users: [{ name: 'u', user: { token: 'static' } }] });
    const second = write('second', {
      'current-context': 'a',
      contexts: [{ name: 'a', context: { cluster: 'gone' } }],
      clusters: [{ name: 'c', cluster: { server: url, 'certificate-authority': './ca.pem' } }],
      users: [{ name: 'u', user: { token: 'wrong' } }],
    });
    writeFileSync(join(folder, 'ca.pem'), certificate.cert);
    const list = [join(folder, 'missing'), first, second].join(delimiter);
    const reached = await loadKubeconfig({ file: list, clock: systemClock });
    expect(reached.namespace).toBe('one');
    expect((await httpClient(reached).get(Namespace, { name: 'default' })).metadata.name).toBe('default');
    reached.close();
    const none = [join(folder, 'missing'), join(folder, 'gone')].join(delimiter);
    await expect(loadKubeconfig({ file: none, clock: systemClock })).rejects.toThrow(/none of these files exists/);
  });

  it('reads files of certificates and tokens again as they are replaced', async () => {
    const stranger = selfSigned(['127.0.0.1'], Date.now()).cert;
    const clock = new VirtualClock(Date.now());
    const parts = {
      cluster: { 'certificate-authority-data': undefined, 'certificate-authority': file('rotated.crt', certificate.cert) },
    };
    file('rotated.token', 'first');
    const reached = await access({ ...parts, user: { tokenFile: 'rotated.token' }, options: { clock } });
    const client = httpClient(reached);
    const get = (): Promise<Namespace> => client.get(Namespace, { name: 'default' });
    await get();
    expect(seen.at(-1)?.authorization).toBe('Bearer first');
    file('rotated.token', 'second');
    file('rotated.crt', stranger);
    await clock.advanceBy(61_000);
    await expect(get()).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
    // What was not trusted is read again at once.
    file('rotated.crt', certificate.cert);
    await get();
    expect(seen.at(-1)?.authorization).toBe('Bearer second');
    reached.close();
  });

  it('shows the certificate that is in its file now', async () => {
    const clock = new VirtualClock(Date.now());
    const stranger = selfSigned(['client'], Date.now());
    file('mine.crt', clientCertificate.cert);
    file('mine.key', clientCertificate.key);
    const reached = await access({ user: { 'client-certificate': 'mine.crt', 'client-key': 'mine.key' }, options: { clock } });
    const get = (): Promise<Namespace> => httpClient(reached).get(Namespace, { name: 'default' });
    await get();
    file('mine.crt', stranger.cert);
    file('mine.key', stranger.key);
    await get();
    await clock.advanceBy(61_000);
    await expect(get()).rejects.toMatchObject({ reason: 'Unauthorized' });
    file('mine.crt', clientCertificate.cert);
    file('mine.key', clientCertificate.key);
    await clock.advanceBy(61_000);
    await get();
    reached.close();
  });

  it('lets somebody else in with their own token alone', async () => {
    const certificates = {
      'client-certificate-data': base64(clientCertificate.cert),
      'client-key-data': base64(clientCertificate.key),
    };
    const reached = await access({ user: { ...certificates, as: 'guest' } });
    const as = (token: string): Client => httpClient({ baseURL: reached.baseURL, fetch: reached.forToken(token) });
    expect((await as('static').get(Namespace, { name: 'default' })).metadata.name).toBe('default');
    expect(seen.at(-1)).toEqual({ authorization: 'Bearer static', user: undefined });
    await expect(as('nobody').get(Namespace, { name: 'default' })).rejects.toMatchObject({ reason: 'Unauthorized' });
    reached.close();
  });

  it('renews tokens of an OpenID provider, and keeps them in the file', async () => {
    const token = (exp: number, name: string): string => {
      const text = `${base64('{}')}.${Buffer.from(JSON.stringify({ exp, name })).toString('base64url')}.x`;
      tokens.add(text);
      return text;
    };
    const asked: string[] = [];
    const [old, next] = [token(1, 'old'), token(Date.now() / 1000 + 3600, 'next')];
    const provider = createServer(certificate, (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const { port: own } = provider.address() as AddressInfo;
        if (request.url?.startsWith('/.well-known') === true)
          return response.end(JSON.stringify({ token_endpoint: `https://127.0.0.1:${own}/token` }));
        asked.push(`${request.headers.authorization} ${body}`);
        const known = body.includes('refresh_token=r1');
        response.statusCode = known ? 200 : 400;
        return response.end(
          JSON.stringify(known ? { id_token: next, refresh_token: 'r2' } : { error: 'invalid_grant', secret: 'hidden' }),
        );
      });
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    const config = (refresh: string): Record<string, string> => ({
      'idp-issuer-url': `https://127.0.0.1:${(provider.address() as AddressInfo).port}`,
      'idp-certificate-authority-data': base64(certificate.cert),
      'client-id': 'kargo',
      'client-secret': 's',
      'id-token': old,
      'refresh-token': refresh,
    });
    const user = { 'auth-provider': { name: 'oidc', config: config('r1') } };
    expect(await ask({ user })).toBe('default');
    expect(seen.at(-1)?.authorization).toBe(`Bearer ${next}`);
    expect(asked).toEqual([`Basic ${base64('kargo:s')} grant_type=refresh_token&refresh_token=r1`]);
    const stored = readFileSync(join(folder, 'config'), 'utf8');
    expect(stored).toContain(next);
    expect(stored).toContain('r2');
    const refused = await ask({ user: { 'auth-provider': { name: 'oidc', config: config('r9') } } }).catch(
      (error: unknown) => error as Error,
    );
    expect(refused).toMatchObject({ reason: 'Unauthorized', message: expect.stringMatching(/HTTP 400: invalid_grant/) });
    expect(String(refused)).not.toContain('hidden');
    provider.closeAllConnections();
    provider.close();
    await expect(ask({ user: { 'auth-provider': { name: 'gcp' } } })).rejects.toThrow(/credential plugin/);
  });

  const wrong: [string, string, RegExp][] = [
    ['is not YAML', ': : :', /is not YAML|not a kubeconfig/],
    ['is something else', '[]', /is not a kubeconfig/],
    ['has no current context', '{}', /no current-context/],
    [
      'names what is not there',
      '{current-context: x, contexts: [{name: y, context: {}}]}',
      /no context named "x" \(known: "y"\)/,
    ],
  ];
  it.each(wrong)('that %s is refused', async (_, text, says) => {
    await expect(loadKubeconfig({ file: join(folder, file('wrong', text)), clock: systemClock })).rejects.toThrow(says);
  });
});

describe('a credential plugin', () => {
  const plugin = (script: string, more: object = {}): Parts => {
    writeFileSync(join(folder, 'plugin'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, 'plugin'), 0o700);
    return { user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin', ...more } } };
  };
  const credential = (status: string): string =>
    `echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":${status}}'`;

  it('is asked for a token, with arguments, variables and the cluster', async () => {
    const script = `test "$1" = login && test "$WHO" = me && echo "$KUBERNETES_EXEC_INFO" | grep -q '"server":"${url}"' || exit 3\n${credential('{"token":"first"}')}`;
    expect(await ask(plugin(script, { args: ['login'], env: [{ name: 'WHO', value: 'me' }], provideClusterInfo: true }))).toBe(
      'default',
    );
    expect(seen.at(-1)?.authorization).toBe('Bearer first');
  });

  it('is asked for a certificate', async () => {
    const status = JSON.stringify({ clientCertificateData: clientCertificate.cert, clientKeyData: clientCertificate.key });
    writeFileSync(
      join(folder, 'answer'),
      `{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":${status}}`,
    );
    expect(await ask(plugin(`cat ${join(folder, 'answer')}`))).toBe('default');
  });

  it('is asked once, and again when its token is refused', async () => {
    const counter = join(folder, 'count');
    writeFileSync(counter, '');
    const script = `echo x >> ${counter}\nif [ $(wc -l < ${counter}) = 1 ]; then ${credential('{"token":"first"}')}; else ${credential('{"token":"second"}')}; fi`;
    const reached = await access(plugin(script));
    const client = httpClient(reached);
    await client.get(Namespace, { name: 'default' });
    await client.get(Namespace, { name: 'default' });
    expect(seen.slice(-2).map(({ authorization }) => authorization)).toEqual(['Bearer first', 'Bearer first']);
    tokens.delete('first');
    await client.get(Namespace, { name: 'default' });
    expect(seen.at(-1)?.authorization).toBe('Bearer second');
    tokens.add('first');
    reached.close();
  });

  it('that fails is reported, without what it wrote to its output', async () => {
    await expect(ask(plugin('echo top-secret; echo no session >&2; exit 4'))).rejects.toThrow(/ended with 4: no session$/);
    const garbled = await ask(plugin('echo top-secret')).catch((error: unknown) => error as Error);
    expect(garbled).toMatchObject({ reason: 'Unauthorized', message: expect.not.stringContaining('top-secret') });
    await expect(
      ask({ user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: './absent', installHint: 'install it' } } }),
    ).rejects.toThrow(/cannot be run[^]*install it/);
  });
});

describe('a pod', () => {
  it('reaches its own cluster', async () => {
    writeFileSync(join(folder, 'token'), 'static');
    writeFileSync(join(folder, 'namespace'), 'kargo\n');
    writeFileSync(join(folder, 'ca.crt'), certificate.cert);
    const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(port) };
    const reached = await inClusterAccess({ env, clock: systemClock, folder });
    expect(reached.namespace).toBe('kargo');
    expect((await httpClient(reached).get(Namespace, { name: 'default' })).metadata.name).toBe('default');
    reached.close();
    await expect(inClusterAccess({ env: {}, clock: systemClock, folder })).rejects.toThrow(/does not run in a cluster/);
  });
});

describe('the client', () => {
  const answer = (status: number, body: object, headers = {}): Response =>
    new Response(JSON.stringify(body), { status, headers });
  const ok = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } };
  const busy = { kind: 'Status', reason: 'TooManyRequests', code: 429, message: 'busy', details: { retryAfterSeconds: 7 } };

  function client(fetch: Fetch, clock: VirtualClock, more: object = {}): Client {
    const retries = { attempts: 4, base: 100, max: 1000, random: seededRandom(1) };
    return httpClient({ baseURL: 'http://x', fetch, clock, retries, ...more });
  }
  async function finish<T>(clock: VirtualClock, call: Promise<T>): Promise<T> {
    let done = false;
    const watched = call.finally(() => (done = true));
    watched.catch(() => undefined);
    while (!done) if (!(await clock.runNext())) break;
    return watched;
  }

  it('reads again after failures on the way, and no sooner than the server says', async () => {
    const clock = new VirtualClock(0);
    const at: number[] = [];
    const fetch: Fetch = async () => {
      at.push(clock.now());
      if (at.length === 1) throw new TypeError('fetch failed');
      return at.length === 2 ? answer(429, busy) : answer(200, ok);
    };
    expect((await finish(clock, client(fetch, clock).get(Namespace, { name: 'n' }))).metadata.name).toBe('n');
    expect(at[1]).toBeGreaterThanOrEqual(50);
    expect(at[1]).toBeLessThanOrEqual(100);
    expect((at[2] ?? 0) - (at[1] ?? 0)).toBe(7000);
  });

  it('gives up in the end, does not read again what was refused, and never writes again', async () => {
    const clock = new VirtualClock(0);
    let calls = 0;
    const failing = (status: number): Client =>
      client(async () => {
        calls++;
        return answer(status, { kind: 'Status', code: status });
      }, clock);
    await expect(finish(clock, failing(503).get(Namespace, { name: 'n' }))).rejects.toMatchObject({
      reason: 'ServiceUnavailable',
    });
    expect(calls).toBe(4);
    calls = 0;
    await expect(finish(clock, failing(403).list(Namespace))).rejects.toMatchObject({ reason: 'Forbidden' });
    await expect(finish(clock, failing(503).create(Namespace, ok as Namespace))).rejects.toMatchObject({
      reason: 'ServiceUnavailable',
    });
    expect(calls).toBe(2);
  });

  it('keeps to its budget', async () => {
    const clock = new VirtualClock(0);
    const at: number[] = [];
    const bounded = client(async () => (at.push(clock.now()), answer(200, ok)), clock, { budget: { perSecond: 10, burst: 3 } });
    await finish(clock, Promise.all(Array.from({ length: 6 }, () => bounded.get(Namespace, { name: 'n' }))));
    expect(at).toEqual([0, 0, 0, 100, 200, 300]);
  });
});
