import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bodyOf, httpFixture } from '../testing/http-fixture.ts';
import type { HttpFixture } from '../testing/http-fixture.ts';
import { isLinkLocal } from './addresses.ts';
import { HttpError } from './http-error.ts';
import type { HttpRequest } from './port.ts';
import { realHttp } from './real-http.ts';

describe('real HTTP', () => {
  const http = realHttp();
  let server: HttpFixture;
  let other: HttpFixture;
  let seen: { method: string; url: string; headers: Record<string, unknown>; body: string }[];

  beforeEach(async () => {
    seen = [];
    other = await httpFixture((request, response) => {
      response.end(JSON.stringify(request.headers));
    });
    server = await httpFixture(async (request, response) => {
      seen.push({
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: String(await bodyOf(request)),
      });
      const to = (status: number, location: string): void => void response.writeHead(status, { location }).end();
      switch (request.url) {
        case '/hang':
          return;
        case '/slow-body':
          response.write('x');
          return;
        case '/large':
          response.end('x'.repeat(1000));
          return;
        case '/302':
          return to(302, '/ok');
        case '/307':
          return to(307, '/ok');
        case '/loop':
          return to(302, '/loop');
        case '/metadata':
          return to(302, 'http://169.254.169.254/latest/');
        case '/file':
          return to(302, 'file:///etc/passwd');
        case '/away':
          return to(302, `${other.url}/x`);
        case '/cut':
          request.socket.destroy();
          return;
        default:
          response.writeHead(request.url === '/404' ? 404 : 200, { 'x-name': 'Value', 'set-cookie': ['a=1', 'b=2'] }).end('body');
      }
    });
  });
  afterEach(async () => {
    await server.close();
    await other.close();
  });

  const get = (path: string, rest: Partial<HttpRequest> = {}) =>
    http.send({ method: 'GET', url: `${server.url}${path}`, timeout: 5000, ...rest });
  const failure = async (promise: Promise<unknown>): Promise<HttpError> => {
    const error: unknown = await promise.catch((thrown: unknown) => thrown);
    if (!(error instanceof HttpError)) throw new Error(`expected an HttpError, got ${String(error)}`);
    return error;
  };

  it('returns any answer', async () => {
    const ok = await get('/ok');
    expect([ok.status, ok.headers['x-name'], ok.headers['set-cookie'], Buffer.from(ok.body).toString()]).toEqual([
      200,
      'Value',
      'a=1, b=2',
      'body',
    ]);
    expect((await get('/404')).status).toBe(404);
  });

  it('sends method, headers and body, and follows redirects as browsers do', async () => {
    await get('/302', { method: 'POST', body: 'data', headers: { 'Content-Type': 'text/x', 'X-Mine': '1' } });
    await get('/307', { method: 'POST', body: 'data' });
    expect(seen.map(({ method, url, body }) => `${method} ${url} ${body}`)).toEqual([
      'POST /302 data',
      'GET /ok ',
      'POST /307 data',
      'POST /ok data',
    ]);
    expect([seen[1]?.headers['content-type'], seen[1]?.headers['x-mine']]).toEqual([undefined, '1']);
    expect((await get('/302', { maxRedirects: 0 })).status).toBe(302);
  });

  it('does not carry credentials to another host', async () => {
    const answer = await get('/away', { headers: { Authorization: 'Bearer x', Cookie: 'c', 'X-Mine': '1' } });
    const headers = JSON.parse(Buffer.from(answer.body).toString()) as Record<string, string>;
    expect([headers['authorization'], headers['cookie'], headers['x-mine']]).toEqual([undefined, undefined, '1']);
  });

  it.each([
    ['/hang', { timeout: 150 }, 'timeout', true],
    ['/hang', { headerTimeout: 150 }, 'timeout', true],
    ['/slow-body', { timeout: 150 }, 'timeout', true],
    ['/hang', { signal: AbortSignal.timeout(100) }, 'aborted', false],
    ['/ok', { signal: AbortSignal.abort() }, 'aborted', false],
    ['/large', { maxBody: 999 }, 'tooLarge', false],
    ['/loop', {}, 'redirects', false],
    ['/metadata', {}, 'refused', false],
    ['/file', {}, 'invalid', false],
    ['/cut', {}, 'unreachable', true],
    ['/ok', { headers: { 'bad\nname': 'x' } }, 'invalid', false],
    ['/ok', { url: 'ftp://x/' }, 'invalid', false],
    ['/ok', { url: 'http://127.0.0.1:1/' }, 'unreachable', true],
    ['/ok', { url: 'http://169.254.169.254/' }, 'refused', false],
    ['/ok', { url: 'http://[fe80::1]/' }, 'refused', false],
    ['/ok', { url: 'http://2852039166/' }, 'refused', false],
  ] as const)('fails by code: %s %j', async (path, rest, code, transient) => {
    const error = await failure(get(`${path}`, rest));
    expect([error.code, error.transient]).toEqual([code, transient]);
  });

  describe('with a receiver of the body', () => {
    const take = async (path: string, rest: Partial<HttpRequest> = {}): Promise<string[]> => {
      const chunks: string[] = [];
      const answer = await get(path, {
        receive: ({ status, headerValues }) => {
          chunks.push(`${status} ${(headerValues?.['set-cookie'] ?? []).join('|')}`);
          return status >= 300
            ? undefined
            : async (pieces) => {
                for await (const piece of pieces) chunks.push(Buffer.from(piece).toString());
              };
        },
        ...rest,
      });
      chunks.push(Buffer.from(answer.body).toString());
      return chunks;
    };

    it('gives it the body of the last answer only, and nothing it does not want', async () => {
      expect(await take('/302')).toEqual(['200 a=1|b=2', 'body', '']);
      expect(await take('/404')).toEqual(['404 a=1|b=2', 'body']);
    });

    it.each([
      ['too much', '/large', { maxBody: 999 }, 'tooLarge'],
      ['a body that stops', '/slow-body', { timeout: 150 }, 'timeout'],
    ] as const)('fails by code: %s', async (_, path, rest, code) => {
      expect((await failure(take(path, rest))).code).toBe(code);
    });

    it('fails with what the receiver says', async () => {
      const mine = new Error('no room');
      const refuses = (): never => {
        throw mine;
      };
      await expect(get('/ok', { receive: refuses })).rejects.toBe(mine);
      await expect(get('/large', { receive: () => async () => refuses() })).rejects.toBe(mine);
    });
  });

  it('sends a body from where it lies, again after a redirect', async () => {
    const bodyFrom = {
      size: 4,
      open: async function* () {
        yield Buffer.from('da');
        yield Buffer.from('ta');
      },
    };
    await get('/307', { method: 'PUT', bodyFrom });
    expect(seen.map(({ url, body, headers }) => [url, body, headers['content-length']])).toEqual([
      ['/307', 'data', '4'],
      ['/ok', 'data', '4'],
    ]);
  });

  it('goes through the proxy of a request', async () => {
    const answer = await http.send({ method: 'GET', url: 'http://absent.invalid/x?y=1', timeout: 5000, proxy: other.url });
    expect((JSON.parse(Buffer.from(answer.body).toString()) as Record<string, string>)['host']).toBe('absent.invalid');
    expect((await failure(get('/ok', { proxy: 'ftp://x' }))).code).toBe('invalid');
    expect((await failure(get('/ok', { proxy: 'http://169.254.169.254' }))).code).toBe('refused');
  });

  it('uses the proxies of the environment, but not for this machine', async () => {
    const through = realHttp({ environment: { http_proxy: other.url, https_proxy: other.url } });
    const hostOf = async (url: string): Promise<unknown> => {
      const answer = await through.send({ method: 'GET', url, timeout: 5000 });
      return (JSON.parse(Buffer.from(answer.body).toString()) as Record<string, string>)['host'];
    };
    expect(await hostOf('http://absent.invalid/')).toBe('absent.invalid');
    expect((await through.send({ method: 'GET', url: `${server.url}/ok`, timeout: 5000 })).status).toBe(200);
    expect(seen.map(({ url }) => url)).toEqual(['/ok']);
    through.close();
  });

  it('shows no secrets of the address', async () => {
    const error = await failure(get('/x', { url: 'http://user:secret@127.0.0.1:1/path?token=secret' }));
    expect(error.message).toContain('GET http://127.0.0.1:1/path');
    expect(error.message).not.toContain('secret');
  });

  it.each([
    ['169.254.1.1', true],
    ['::ffff:169.254.1.1', true],
    ['[fe80::1%eth0]', true],
    ['fd00:ec2::254', true],
    ['10.0.0.1', false],
    ['127.0.0.1', false],
    ['::1', false],
    ['example.com', false],
  ])('knows whether %s is link-local: %s', (address, want) => {
    expect(isLinkLocal(address)).toBe(want);
  });
});
