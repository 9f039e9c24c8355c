import { gzipSync } from 'node:zlib';
import { systemClock } from '@kargo/kube';
import { afterEach, describe, expect, it } from 'vitest';
import { realHttp } from '../http/real-http.ts';
import { realRegistries } from '../registry/real-registries.ts';
import { basicAuth, type HttpFixture, httpFixture } from '../testing/http-fixture.ts';
import { startRegistry } from '../testing/registry-server.ts';
import { ChartError } from './chart-error.ts';
import { realCharts } from './real-charts.ts';
import type { Charts } from './port.ts';

const INDEX = `apiVersion: v1
entries:
  web:
  - apiVersion: v2
    name: web
    version: 1.0.0
    urls: [web-1.0.0.tgz]
  - {name: web, version: 1.1.0+build.7}
  - {name: web, version: 7}
  - just a text
  nothing: a text
`;

interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

const http = realHttp();
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Asked {
  url: string | undefined;
  etag: string | string[] | undefined;
  user: string | undefined;
}

async function serve(answer: (asked: Asked, count: number) => Answer): Promise<HttpFixture & { asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = await httpFixture((request, response) => {
    const one = { url: request.url, etag: request.headers['if-none-match'], user: basicAuth(request)?.username };
    asked.push(one);
    const { status = 200, headers = {}, body = '' } = answer(one, asked.length);
    response.writeHead(status, headers).end(body);
  });
  closers.push(() => server.close());
  return { ...server, asked };
}

function charts(options: { maxIndex?: number } = {}): Charts & { slept: number[] } {
  const slept: number[] = [];
  const clock = {
    now: () => systemClock.now(),
    setTimer: systemClock.setTimer.bind(systemClock),
    sleep: async (ms: number) => void slept.push(ms),
  };
  const registries = realRegistries({ http, clock, requestsPerSecond: 100_000 });
  return { ...realCharts({ http, clock, registries, ...options }), slept };
}

const failure = async (promise: Promise<unknown>): Promise<ChartError> => {
  const error: unknown = await promise.catch((thrown: unknown) => thrown);
  if (!(error instanceof ChartError)) throw new Error(`expected a ChartError, got ${String(error)}`);
  return error;
};

describe('charts of a repository with an index', () => {
  it.each<[string, Answer]>([
    ['plain', { body: INDEX }],
    ['packed', { body: gzipSync(INDEX), headers: { 'content-encoding': 'gzip' } }],
    ['as JSON', { body: '{"entries":{"web":[{"version":"1.0.0"},{"version":"1.1.0+build.7"}]}}' }],
  ])('are found in it, %s', async (_, answer) => {
    const server = await serve(() => answer);
    const repoURL = `${server.url}/stable/`;
    expect(await charts().versions({ repoURL, name: 'web' })).toEqual(['1.0.0', '1.1.0+build.7']);
    expect(await charts().versions({ repoURL, name: 'absent' })).toEqual([]);
    expect(server.asked[0]?.url).toBe('/stable/index.yaml');
  });

  it('are read again only when the index has changed, however many ask', async () => {
    const server = await serve(({ etag }, count) =>
      count > 3
        ? { headers: { etag: '"2"' }, body: INDEX.replace('1.0.0', '2.0.0') }
        : etag === '"1"'
          ? { status: 304 }
          : { headers: { etag: '"1"' }, body: INDEX },
    );
    const port = charts();
    const access = { repoURL: server.url, name: 'web', credentials: { username: 'robot', password: 'secret' } };
    await Promise.all(Array.from({ length: 20 }, () => port.versions(access)));
    expect(server.asked).toHaveLength(1);
    expect(await port.versions(access)).toContain('1.0.0');
    expect(await port.versions(access)).toContain('1.0.0');
    expect(await port.versions(access)).toContain('2.0.0');
    expect(server.asked.map(({ etag, user }) => [etag, user])).toEqual([
      [undefined, 'robot'],
      ['"1"', 'robot'],
      ['"1"', 'robot'],
      ['"1"', 'robot'],
    ]);
  });

  it('are read beside everything else when there are very many', async () => {
    const large = `apiVersion: v1\nentries:\n${Array.from(
      { length: 200 },
      (_, chart) =>
        `  chart-${chart}:\n${Array.from({ length: 50 }, (__, v) => `  - name: chart-${chart}\n    version: 1.${v}.0\n    description: ${'x'.repeat(100)}\n`).join('')}`,
    ).join('')}`;
    const server = await serve(() => ({ body: large }));
    let turns = 0;
    const ticking = setInterval(() => (turns += 1), 5);
    expect(await charts().versions({ repoURL: server.url, name: 'chart-199' })).toHaveLength(50);
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(2);
  });

  it('are asked for again after trouble, as the server wants', async () => {
    const server = await serve((_, count) =>
      count === 1 ? { status: 503 } : count === 2 ? { status: 429, headers: { 'retry-after': '7' } } : { body: INDEX },
    );
    const port = charts();
    expect(await port.versions({ repoURL: server.url, name: 'web' })).toHaveLength(2);
    expect(port.slept).toEqual([500, 7000]);
  });

  it.each<[string, Answer, string, RegExp]>([
    ['is not there', { status: 404 }, 'notFound', /no index\.yaml/],
    ['wants credentials', { status: 401 }, 'authentication', /cred-type: helm/],
    ['limits requests', { status: 429 }, 'rateLimited', /limits/],
    ['is in trouble', { status: 500 }, 'failed', /trouble/],
    ['is a page', { body: '<html><body>Welcome</body></html>' }, 'invalid', /entries|index/],
    ['is broken', { body: 'entries: {web: [' }, 'invalid', /index/],
    ['is too large', { body: `# ${'x'.repeat(200_000)}` }, 'invalid', /larger than/],
    [
      'unpacks to far too much',
      { body: gzipSync(Buffer.alloc(10_000_000)), headers: { 'content-encoding': 'gzip' } },
      'invalid',
      /larger than 100000/,
    ],
    ['is not packed as it says', { body: 'plain', headers: { 'content-encoding': 'gzip' } }, 'failed', /unpacked/],
    ['is packed in an unknown way', { body: 'x', headers: { 'content-encoding': 'zstd-9' } }, 'invalid', /encoding/],
    [
      'is full of references to references',
      {
        body: `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'
          .split('')
          .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghij'[i]}`).join(',')}]`)
          .join('\n')}\nentries: {web: *j}\n`,
      },
      'ok',
      /^$/,
    ],
  ])('whose index %s: bounded and explained', async (_, answer, code, says) => {
    const server = await serve(() => answer);
    const asking = charts({ maxIndex: 100_000 }).versions({ repoURL: server.url, name: 'web' });
    if (code === 'ok') {
      expect(await asking).toEqual([]);
      return;
    }
    const error = await failure(asking);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(says);
    expect(error.message).toContain(server.url);
  });

  it('need a name', async () => {
    expect((await failure(charts().versions({ repoURL: 'https://charts.example.com' }))).code).toBe('invalid');
  });
});

describe('a chart in a registry', () => {
  it('has its tags as versions', async () => {
    const server = await startRegistry({ auth: { kind: 'token', username: 'robot', password: 'secret' } });
    closers.push(() => server.close());
    for (const tag of ['1.0.0', '1.1.0_build.7', 'latest']) server.pushImage('charts/web', tag);
    const repoURL = `oci://${server.repository('charts/web')}`;
    const credentials = { username: 'robot', password: 'secret' };
    expect((await charts().versions({ repoURL, credentials })).toSorted()).toEqual(['1.0.0', '1.1.0+build.7', 'latest']);
    const error: unknown = await charts()
      .versions({ repoURL })
      .catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(/chart repository .*cred-type: helm/);
  });
});
