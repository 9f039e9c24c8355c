/** What a look at a repository with very many tags costs once everything is known, counted at the registry. */
import { apiVersionOf, Freight, type ImageSubscription, type Json, Warehouse } from '@kargo/api';
import { type Http, realHttp, realRegistries } from '@kargo/integrations';
import { type RegistryServer, startRegistry } from '@kargo/integrations/testing';
import { systemClock } from '@kargo/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { warehouseWorld } from '../../packages/controllers/src/warehouse/testing/warehouse-world.ts';

const http = realHttp();
let server: RegistryServer;

beforeAll(async () => {
  server = await startRegistry({ pageSize: 1_000_000 });
  for (let tag = 0; tag < 10_000; tag += 1) server.pushImage('many', `1.${Math.floor(tag / 100)}.${tag % 100}`);
  for (let tag = 0; tag < 300; tag += 1)
    server.pushImage('builds', `build-${tag}`, { createdAt: new Date(1_700_000_000_000 + tag * 60_000).toISOString() });
});
afterAll(async () => {
  http.close();
  await server.close();
});

const steady = async (
  repository: string,
  more: Omit<ImageSubscription, 'repoURL'>,
  meanwhile: () => void = () => undefined,
): Promise<{ asked: string[]; tags: string[] }> => {
  const image = { repoURL: server.repository(repository), ...more } as unknown as Json;
  const registries = realRegistries({ http, clock: systemClock, requestsPerSecond: 1_000_000 });
  const world = await warehouseWorld({ interval: '5m0s', subscriptions: [{ image }] }, { ports: { registries } });
  try {
    await world.manager.idle();
    meanwhile();
    const before = server.requests.length;
    await world.clock.advanceBy(300_000);
    await world.manager.idle();
    const { items } = await world.client.list(Freight, { namespace: 'shop' });
    return {
      asked: server.requests.slice(before).map(({ method, url }) => `${method} ${url.replace(/^\/v2\/[a-z]+\//, '')}`),
      tags: items.map(({ images }) => images?.[0]?.tag ?? '').toSorted(),
    };
  } finally {
    await world.stop();
  }
};

describe('the newest of very many tags', () => {
  it.each<[string, string, Omit<ImageSubscription, 'repoURL'>, string[]]>([
    ['by version', 'many', {}, ['GET tags/list?n=100000', 'HEAD manifests/1.99.99']],
    ['within a constraint', 'many', { constraint: '^1.5.0' }, ['GET tags/list?n=100000', 'HEAD manifests/1.99.99']],
    ['by name', 'many', { imageSelectionStrategy: 'Lexical' }, ['GET tags/list?n=100000', 'HEAD manifests/1.99.99']],
    ['where tags never move', 'many', { cacheByTag: true }, ['GET tags/list?n=100000']],
    ['by build', 'builds', { imageSelectionStrategy: 'NewestBuild' }, ['GET tags/list?n=100000', 'HEAD manifests/build-299']],
    [
      'by build, where tags never move',
      'builds',
      { imageSelectionStrategy: 'NewestBuild', cacheByTag: true },
      ['GET tags/list?n=100000'],
    ],
    ['one that moves', 'builds', { imageSelectionStrategy: 'Digest', constraint: 'build-7' }, ['HEAD manifests/build-7']],
  ])('costs at most two requests when nothing is new: %s', async (_, repository, more, want) => {
    expect((await steady(repository, more)).asked).toEqual(want);
  });

  it('that moves is found in the next look', async () => {
    const { tags } = await steady('many', {}, () => server.pushImage('many', '1.99.99', { content: 'pushed again' }));
    expect(tags).toEqual(['1.99.99', '1.99.99']);
  });

  it('that is new costs what there is to know about it', async () => {
    const { asked, tags } = await steady('many', {}, () => server.pushImage('many', '1.100.0', { content: 'new' }));
    expect(tags).toEqual(['1.100.0', '1.99.99']);
    expect(asked.filter((what) => !what.startsWith('HEAD'))).toEqual([
      'GET tags/list?n=100000',
      'GET manifests/1.100.0',
      expect.stringMatching(/^GET blobs\//) as string,
    ]);
    server.deleteTag('many', '1.100.0');
  });
});

describe('many Warehouses on one repository', () => {
  it('share what they ask when they look at the same time', async () => {
    const image = { repoURL: server.repository('many') };
    // As far away as registries are.
    const distant: Http = {
      send: async (request) => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        return http.send(request);
      },
    };
    const registries = realRegistries({ http: distant, clock: systemClock, requestsPerSecond: 1_000_000 });
    const spec = { interval: '5m0s', subscriptions: [{ image }] };
    const world = await warehouseWorld(spec, { ports: { registries } });
    try {
      for (let count = 0; count < 29; count += 1)
        await world.client.create(Warehouse, {
          apiVersion: apiVersionOf(Warehouse),
          kind: 'Warehouse',
          metadata: { name: `other-${count}`, namespace: 'shop' },
          spec,
        });
      await world.manager.idle();
      const before = server.requests.length;
      await world.clock.advanceBy(300_000);
      await world.manager.idle();
      expect((await world.client.list(Freight, { namespace: 'shop' })).items).toHaveLength(30);
      // Alone, each would make a listing and ask for the best. Who comes while one is under way shares the next.
      const asked = server.requests.slice(before).map(({ method }) => method);
      expect(asked.length).toBeGreaterThanOrEqual(2);
      expect(asked.length).toBeLessThanOrEqual(6);
    } finally {
      await world.stop();
    }
  });
});
