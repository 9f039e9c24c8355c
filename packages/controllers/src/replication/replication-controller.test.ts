import { allKinds, annotations, apiVersionOf, ConfigMap, labels, Namespace, Project, Secret, type Kind } from '@kargo/api';
import { openApiServer, type ApiServer } from '@kargo/apiserver';
import { Manager, seededRandom, silentLog, VirtualClock, type Client } from '@kargo/kube';
import { interceptClient } from '@kargo/kube/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Replicable } from './replicas.ts';
import { replicationController } from './replication-controller.ts';

const SHARED = 'kargo-shared-resources';
let api: ApiServer;
let client: Client;
let clock: VirtualClock;
let manager: Manager;
/** What was listed in the shared namespace. */
let lists: string[];

beforeEach(async () => {
  clock = new VirtualClock('2026-01-01T00:00:00Z');
  const random = seededRandom(1);
  api = openApiServer({ path: ':memory:', kinds: allKinds, clock, random });
  client = api.client();
  manager = new Manager({ client, clock, random, log: silentLog });
  lists = [];
  const listing: Client = {
    ...interceptClient(client, {}),
    list: (kind, options) => {
      if (options?.namespace === SHARED) lists.push(`${kind.kind} ${options.labelSelector ?? ''}`.trim());
      return client.list(kind, options);
    },
  };
  manager.add(replicationController({ client: listing, cache: manager.cache, clock, sharedNamespace: SHARED }));
  await manager.start();
  for (const name of [SHARED, 'other']) await namespace(name);
  for (const name of ['shop', 'blog']) await project(name);
});
afterEach(async () => {
  expect(manager.defects()).toEqual([]);
  await manager.stop();
  await api.close();
});

async function namespace(name: string, more: Record<string, string> = {}): Promise<void> {
  await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: more } });
}

async function project(name: string): Promise<void> {
  await namespace(name, { [labels.project]: 'true' });
  await client.create(Project, { apiVersion: apiVersionOf(Project), kind: 'Project', metadata: { name } });
}

interface Input {
  namespace?: string;
  replicate?: boolean;
  type?: string;
  data?: Record<string, string>;
}

function make(
  kind: Kind<Replicable>,
  name: string,
  { namespace: of = SHARED, replicate = true, type, data = { a: 'eA==' } }: Input = {},
) {
  return client.create(kind, {
    apiVersion: 'v1',
    kind: kind.kind,
    metadata: {
      namespace: of,
      name,
      labels: type === undefined ? {} : { [labels.credType]: type },
      annotations: { [annotations.description]: 'mine', ...(replicate ? { [annotations.replicateTo]: '*' } : {}) },
    },
    data,
  } as Replicable);
}

const secret = Secret as Kind<Replicable>;
const configMap = ConfigMap as Kind<Replicable>;
const at = async (kind: Kind<Replicable>, name: string): Promise<string[]> =>
  (await client.list(kind)).items
    .flatMap(({ metadata }) => (metadata.name === name ? [metadata.namespace ?? ''] : []))
    .toSorted();
const look = async (): Promise<void> => {
  await clock.advanceBy(60_000);
  await manager.idle();
};

describe('what is shared', () => {
  it('is in every Project within a minute, also in later ones, and nowhere else', async () => {
    await make(secret, 'token', { type: 'generic' });
    await make(configMap, 'settings');
    await look();
    expect(await at(secret, 'token')).toEqual(['blog', SHARED, 'shop']);
    expect(await at(configMap, 'settings')).toEqual(['blog', SHARED, 'shop']);
    await project('late');
    await manager.idle();
    expect(await at(secret, 'token')).toContain('late');
    const { metadata, ...copy } = await client.get(secret, { namespace: 'shop', name: 'token' });
    expect(copy).toMatchObject({ data: { a: 'eA==' } });
    expect(metadata.labels).toEqual({
      [labels.credType]: 'generic',
      [labels.replicatedFrom]: 'token',
      [labels.replicatedSha]: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
    });
    expect(metadata.annotations).toEqual({
      [annotations.description]: 'mine',
      [annotations.replicatedAt]: '2026-01-01T00:00:50Z',
    });
  });

  it('is listed once for all Projects, and only the Secrets that may be meant', async () => {
    for (const name of ['one', 'two', 'three']) await project(name);
    await look();
    lists = [];
    await clock.advanceBy(50_000);
    await manager.idle();
    expect(lists.toSorted()).toEqual(['ConfigMap', `Secret ${labels.credType}`]);
  });

  it('stays where it is without the annotation, and Secrets that do not say what they are for', async () => {
    await make(secret, 'plain', { type: 'git', replicate: false });
    await make(secret, 'untyped');
    await look();
    expect(await at(secret, 'plain')).toEqual([SHARED]);
    expect(await at(secret, 'untyped')).toEqual([SHARED]);
  });

  it('follows its source, and is set right where somebody changed it', async () => {
    const source = await make(configMap, 'settings');
    await look();
    const of = async (name: string) => client.get(configMap, { namespace: name, name: 'settings' });
    const before = (await of('blog')).metadata.resourceVersion;
    await look();
    expect((await of('blog')).metadata.resourceVersion).toBe(before);
    await client.update(configMap, { ...(await of('shop')), data: { a: 'spoiled' } } as Replicable);
    await look();
    expect((await of('shop')).data).toEqual({ a: 'eA==' });
    const { metadata } = await of('shop');
    const astray = { ...metadata.labels, [labels.replicatedFrom]: 'another' };
    await client.update(configMap, { ...(await of('shop')), metadata: { ...metadata, labels: astray } } as Replicable);
    await look();
    expect((await of('shop')).metadata.labels?.[labels.replicatedFrom]).toBe('settings');
    await client.update(configMap, { ...source, data: { b: '2' } } as Replicable);
    await look();
    expect([(await of('shop')).data, (await of('blog')).data]).toEqual([{ b: '2' }, { b: '2' }]);
  });

  it('goes with its source, or with the annotation', async () => {
    await make(configMap, 'gone');
    const unmarked = await make(configMap, 'unmarked');
    await look();
    await client.delete(configMap, { namespace: SHARED, name: 'gone' });
    await client.update(configMap, { ...unmarked, metadata: { ...unmarked.metadata, annotations: {} } });
    await look();
    expect(await at(configMap, 'gone')).toEqual([]);
    expect(await at(configMap, 'unmarked')).toEqual([SHARED]);
  });

  it('leaves alone what people made under the same name', async () => {
    await make(configMap, 'settings', { namespace: 'shop', replicate: false, data: { own: '1' } });
    await make(configMap, 'settings');
    await look();
    expect((await client.get(configMap, { namespace: 'shop', name: 'settings' })).data).toEqual({ own: '1' });
    expect((await client.get(configMap, { namespace: 'blog', name: 'settings' })).data).toEqual({ a: 'eA==' });
    await client.delete(configMap, { namespace: SHARED, name: 'settings' });
    await look();
    expect(await at(configMap, 'settings')).toEqual(['shop']);
  });
});
