import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiError, ConfigMap, coreKinds, CustomResourceDefinition, defineKind, Namespace, s, type KubeObject } from '@kargo/api';
import { seededRandom, VirtualClock, type WatchEvent } from '@kargo/kube';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openApiServer, type ApiServer } from './api-server.ts';

const directory = mkdtempSync(join(tmpdir(), 'kargo-restart-'));
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

let path: string;
let server: ApiServer;
let files = 0;

beforeEach(() => {
  path = join(directory, 'nested', `${++files}.db`);
  server = open();
});
afterEach(() => server.close());

function open(): ApiServer {
  return openApiServer({ path, kinds: coreKinds, clock: new VirtualClock(), random: seededRandom(1) });
}

async function restart(): Promise<void> {
  await server.close();
  server = open();
}

const Lamp = defineKind({ group: 'example.com', version: 'v1', kind: 'Lamp', plural: 'lamps', schema: s.object({}) });

function configMap(name: string, metadata: KubeObject['metadata'] = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', ...metadata } };
}

describe('after a restart', () => {
  it('everything is as it was, and versions go on growing', async () => {
    const before = await server.client().create(ConfigMap, configMap('a'));
    await restart();
    expect(await server.client().get(ConfigMap, { namespace: 'default', name: 'a' })).toEqual(before);
    const after = await server.client().create(ConfigMap, configMap('b'));
    expect(Number(after.metadata.resourceVersion)).toBeGreaterThan(Number(before.metadata.resourceVersion));
  });

  it('watches go on where they were', async () => {
    const { metadata } = await server.client().create(ConfigMap, configMap('a'));
    await server.client().delete(ConfigMap, { namespace: 'default', name: 'a' });
    await server.client().create(ConfigMap, configMap('b'));
    await restart();
    const seen: string[] = [];
    for await (const event of server.client().watch(ConfigMap, { resourceVersion: metadata.resourceVersion })) {
      seen.push(describeEvent(event));
      if (seen.length === 2) break;
    }
    expect(seen).toEqual(['DELETED a', 'ADDED b']);
  });

  it('a namespace that was being emptied is emptied', async () => {
    const client = server.client();
    await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'going' } });
    await client.create(ConfigMap, configMap('held', { namespace: 'going', finalizers: ['example.com/hold'] }));
    await client.delete(Namespace, { name: 'going' });
    await restart();
    const key = { namespace: 'going', name: 'held' };
    await server.client().patch(ConfigMap, key, { type: 'merge', body: { metadata: { finalizers: null } } });
    await vi.waitFor(() => expect(server.client().get(Namespace, { name: 'going' })).rejects.toBeInstanceOf(ApiError));
  });

  it('what lost its owner while nobody collected is collected', async () => {
    const client = server.client();
    const owner = await client.create(ConfigMap, configMap('owner'));
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid ?? '' }];
    await client.create(ConfigMap, configMap('owned', { ownerReferences }));
    // Closing at once leaves the collector no time.
    await client.delete(ConfigMap, { namespace: 'default', name: 'owner' });
    await restart();
    await vi.waitFor(async () => expect((await server.client().list(ConfigMap)).items).toEqual([]));
  });

  it('kinds defined at run time are served', async () => {
    await server.client().create(CustomResourceDefinition, {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'lamps.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'lamps', kind: 'Lamp' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    });
    await restart();
    const lamp: KubeObject = { apiVersion: 'example.com/v1', kind: 'Lamp', metadata: { name: 'desk', namespace: 'default' } };
    expect((await server.client().create(Lamp, lamp)).metadata.uid).toBeDefined();
  });
});

function describeEvent(event: WatchEvent<ConfigMap>): string {
  return event.type === 'BOOKMARK' ? event.type : `${event.type} ${event.object.metadata.name}`;
}
