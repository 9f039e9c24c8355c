/** What registries and repositories do that they should not: bounded, explained in a condition, and no harm to what is all right. */
import { Freight, type Json } from '@kargo/api';
import { type Credentials, realCharts, realGit, realHttp, realProcesses, realRegistries } from '@kargo/integrations';
import { type GitServer, httpFixture, type RegistryServer, startGitServer, startRegistry } from '@kargo/integrations/testing';
import { systemClock } from '@kargo/kube';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type WarehouseWorld, warehouseWorld } from '../../packages/controllers/src/warehouse/testing/warehouse-world.ts';

const http = realHttp();
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
let server: RegistryServer;
let git: GitServer;
let folder: string;

beforeAll(async () => {
  server = await startRegistry();
  git = await startGitServer();
  folder = await mkdtemp(join(tmpdir(), 'bad-input-'));
});
afterAll(async () => {
  http.close();
  await server.close();
  await git.close();
  await rm(folder, { recursive: true });
});

const open = (...subscriptions: Record<string, object>[]): Promise<WarehouseWorld> => openWith({}, ...subscriptions);
const openWith = async (
  more: { credentials?: Credentials },
  ...subscriptions: Record<string, object>[]
): Promise<WarehouseWorld> => {
  const clock = { now: () => systemClock.now(), setTimer: systemClock.setTimer.bind(systemClock), sleep: async () => undefined };
  const registries = realRegistries({ http, clock, requestsPerSecond: 1_000_000 });
  const ports = {
    registries,
    charts: realCharts({ http, clock, registries }),
    git: realGit({ processes: realProcesses(), clock: systemClock, directory: join(folder, 'mirrors') }),
    ...more,
  };
  const world = await warehouseWorld({ subscriptions: subscriptions as Record<string, Json>[] }, { ports });
  await world.manager.idle();
  return world;
};
const freightOf = async ({ client }: WarehouseWorld): Promise<string[]> =>
  (await client.list(Freight, { namespace: 'shop' })).items.map(({ images }) => images?.[0]?.tag ?? '');

describe('an image repository', () => {
  it.each<{ name: string; prepare: (repository: string) => void; says?: RegExp }>([
    {
      name: 'with tags that are no versions, or hardly',
      prepare: (name) => {
        for (const tag of [
          'latest',
          'v',
          '1',
          '1.2',
          '1.2.3.4',
          '01.2.3',
          '9'.repeat(100),
          `${'9'.repeat(40)}.0.0`,
          '1.0.0-',
          '_',
          '2026-01-01',
        ])
          server.pushImage(name, tag);
      },
    },
    {
      name: 'with a newest manifest of several megabytes',
      prepare: (name) => server.putManifest(name, '2.0.0', MANIFEST, JSON.stringify({ config: {}, x: 'y'.repeat(5_000_000) })),
      says: /passed over 2\.0\.0: .*larger than/,
    },
    {
      name: 'with a newest manifest that is no JSON',
      prepare: (name) => server.putManifest(name, '2.0.0', MANIFEST, '<html>'),
      says: /passed over 2\.0\.0: .*not readable JSON/,
    },
    {
      name: 'that calls an image an index',
      prepare: (name) =>
        server.putManifest(name, '2.0.0', 'application/vnd.oci.image.index.v1+json', JSON.stringify({ schemaVersion: 2 })),
      says: /passed over 2\.0\.0: .*has no config/,
    },
    {
      name: 'that has lost what a manifest refers to',
      prepare: (name) =>
        server.putManifest(
          name,
          '2.0.0',
          MANIFEST,
          JSON.stringify({ config: { digest: `sha256:${'0'.repeat(64)}` }, layers: [] }),
        ),
      says: /passed over 2\.0\.0: .*does not have/,
    },
    {
      name: 'with an index of itself',
      prepare: (name) => {
        const manifests = Array.from({ length: 500 }, () => ({
          digest: 'sha256:x',
          platform: { os: 'linux', architecture: 'amd64' },
        }));
        server.putManifest(name, '2.0.0', 'application/vnd.oci.image.index.v1+json', JSON.stringify({ manifests }));
      },
      says: /passed over 2\.0\.0/,
    },
    {
      name: 'that calls an image a page',
      prepare: (name) => server.putManifest(name, '2.0.0', 'text/html', '<html><body>Sign in</body></html>'),
      says: /passed over 2\.0\.0: .*not readable JSON/,
    },
    {
      name: 'with an artifact that is no image',
      prepare: (name) =>
        server.putManifest(
          name,
          '2.0.0',
          MANIFEST,
          JSON.stringify({
            schemaVersion: 2,
            config: { mediaType: 'application/vnd.cncf.helm.config.v1+json', digest: 7 },
            layers: 'none',
          }),
        ),
      says: /passed over 2\.0\.0/,
    },
    {
      name: 'with lists within lists',
      prepare: (name) => server.putManifest(name, '2.0.0', MANIFEST, `{"config":${'['.repeat(50_000)}${']'.repeat(50_000)}}`),
      says: /passed over 2\.0\.0/,
    },
  ])('$name: the best that is all right is taken', async ({ name, prepare, says }) => {
    const repository = `bad/${Buffer.from(name).toString('hex').slice(-60)}`;
    server.pushImage(repository, '1.0.0');
    prepare(repository);
    const world = await open({ image: { repoURL: server.repository(repository), constraint: '>=1.0.0' } });
    expect(await freightOf(world)).toEqual(['1.0.0']);
    expect(await world.condition('Ready')).toMatchObject({ status: 'True' });
    if (says !== undefined) expect((await world.condition('Ready'))?.message).toMatch(says);
    await world.stop();
  });

  it('of which nothing can be read says what is wrong with the best', async () => {
    server.putManifest('all-bad', '2.0.0', MANIFEST, '<html>');
    const world = await open({ image: { repoURL: server.repository('all-bad') } });
    expect((await world.condition('Ready'))?.message).toMatch(/not readable JSON/);
    await world.stop();
  });
});

describe('credentials that expire', () => {
  it('are explained with their Secret, and news is found as soon as they are renewed', async () => {
    const auth = { kind: 'basic' as const, username: 'robot', password: 'first' };
    const guarded = await startRegistry({ auth });
    guarded.pushImage('app', '1.0.0');
    const known = { username: 'robot', password: 'first', source: { namespace: 'shop', name: 'robot' }, identity: 'robot' };
    const credentials = { find: () => Promise.resolve({ ...known }) };
    const world = await openWith({ credentials }, { image: { repoURL: guarded.repository('app') } });
    expect(await freightOf(world)).toEqual(['1.0.0']);
    auth.password = 'second';
    guarded.pushImage('app', '1.1.0');
    await world.clock.advanceBy(300_000);
    await world.manager.idle();
    const { message } = (await world.condition('Healthy')) ?? {};
    expect(message).toMatch(/it refuses the credentials of Secret shop\/robot/);
    expect(message).not.toMatch(/first|second/);
    known.password = 'second';
    await world.clock.advanceBy(60_000);
    await world.manager.idle();
    expect((await freightOf(world)).toSorted()).toEqual(['1.0.0', '1.1.0']);
    await world.stop();
    await guarded.close();
  });
});

describe('a bad subscription', () => {
  /** An address where nobody listens. */
  const nobody = 'http://127.0.0.1:9';
  const answering = async (status: number, body: string): Promise<{ url: string; close: () => Promise<void> }> =>
    httpFixture((_, response) => void response.writeHead(status, { 'content-type': 'text/html' }).end(body));

  it.each<{
    name: string;
    bad: () => Promise<{ subscription: Record<string, object>; close?: () => Promise<void> }>;
    says: RegExp;
  }>([
    {
      name: 'an image that is not there',
      bad: async () => ({ subscription: { image: { repoURL: server.repository('absent') } } }),
      says: /absent/,
    },
    {
      name: 'a registry that is not there',
      bad: async () => ({ subscription: { image: { repoURL: '127.0.0.1:9/acme/web' } } }),
      says: /127\.0\.0\.1:9/,
    },
    {
      name: 'a registry that is a page',
      bad: async () => {
        const { url, close } = await answering(200, '<html>Welcome</html>');
        return { subscription: { image: { repoURL: `${url.replace('http://', '')}/acme/web` } }, close };
      },
      says: /is this a registry\?/,
    },
    {
      name: 'charts that are a page',
      bad: async () => {
        const { url, close } = await answering(200, '<html>Welcome</html>');
        return { subscription: { chart: { repoURL: url, name: 'web' } }, close };
      },
      says: /chart /,
    },
    {
      name: 'charts that are gone',
      bad: async () => {
        const { url, close } = await answering(410, 'gone');
        return { subscription: { chart: { repoURL: url, name: 'web' } }, close };
      },
      says: /chart /,
    },
    {
      name: 'charts that nobody serves',
      bad: async () => ({ subscription: { chart: { repoURL: nobody, name: 'web' } } }),
      says: /chart /,
    },
    {
      name: 'a git repository that is a page',
      bad: async () => {
        const { url, close } = await answering(200, '<html>Welcome</html>');
        return { subscription: { git: { repoURL: `${url}/acme/web.git` } }, close };
      },
      says: /git /,
    },
    {
      name: 'a git server that is not there',
      bad: async () => ({ subscription: { git: { repoURL: `${nobody}/acme/web.git` } } }),
      says: /git /,
    },
  ])('$name: costs only itself, and the condition says which and why', async ({ bad, says }) => {
    server.pushImage('fine', '1.0.0');
    const { subscription, close } = await bad();
    try {
      const world = await open(subscription, { image: { repoURL: server.repository('fine') } });
      const { status } = await world.warehouse();
      expect(status?.discoveredArtifacts?.images?.find(({ references }) => references?.[0]?.tag === '1.0.0')).toBeDefined();
      const { status: healthy, message = '' } = (await world.condition('Healthy')) ?? {};
      expect(healthy).toBe('False');
      expect(message).toMatch(/^spec\.subscriptions\[0\] /);
      expect(message).toMatch(says);
      expect(message.length).toBeLessThan(2000);
      expect(await freightOf(world)).toEqual([]);
      await world.stop();
    } finally {
      await close?.();
    }
  });
});

describe('three subscriptions', () => {
  it('of which one has vanished: the others are shown, and the condition says which has', async () => {
    server.pushImage('good', '1.0.0');
    const repoURL = await git.createRepository('good', { 'a.txt': '1' });
    const world = await open(
      { image: { repoURL: server.repository('good') } },
      { git: { repoURL } },
      { git: { repoURL: repoURL.replace('good', 'vanished') } },
    );
    const { status } = await world.warehouse();
    expect(status?.discoveredArtifacts?.images?.[0]?.references?.[0]?.tag).toBe('1.0.0');
    expect(status?.discoveredArtifacts?.git?.[0]?.commits).toHaveLength(1);
    expect((await world.condition('Healthy'))?.message).toMatch(/^spec\.subscriptions\[2\] \(git .*vanished/);
    expect(await freightOf(world)).toEqual([]);
    await git.createRepository('vanished', { 'b.txt': '1' });
    await world.clock.advanceBy(60_000);
    await world.manager.idle();
    expect(await freightOf(world)).toEqual(['1.0.0']);
    expect(await world.condition('Healthy')).toMatchObject({ status: 'True' });
    await world.stop();
  });

  it('of which one is an empty repository, which is explained', async () => {
    const repoURL = await git.createRepository('empty');
    const world = await open({ git: { repoURL } });
    expect((await world.condition('Ready'))?.message).toMatch(/has no default branch/);
    await world.stop();
  });
});
