import { allKinds, ApiError, ConfigMap, Event, Namespace, Secret, Stage, type KubeObject } from '@kargo/api';
import { VirtualClock, seededRandom, type WatchEvent } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openApiServer, type ApiServer } from './api-server.ts';

let server: ApiServer;
let clock: VirtualClock;

beforeEach(async () => {
  clock = new VirtualClock();
  server = openApiServer({ path: ':memory:', kinds: allKinds, clock, random: seededRandom(1) });
  await server.client().create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'demo' } });
});

afterEach(() => server.close());

function stage(name: string, fields: object = {}): Stage {
  return {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Stage',
    metadata: { name, namespace: 'demo' },
    spec: { requestedFreight: [{ origin: { kind: 'Warehouse', name: 'w' }, sources: { direct: true } }] },
    ...fields,
  } as Stage;
}

function configMap(name: string, data: Record<string, string> = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'demo' }, data };
}

async function refusal(call: Promise<unknown>): Promise<ApiError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ApiError) return error;
  throw new Error(`expected an ApiError, got ${String(error)}`);
}

describe('creating', () => {
  it('fills in what the server owns and drops status', async () => {
    const made = await server.client().create(Stage, stage('test', { status: { phase: 'Steady' } }));
    expect(made.metadata).toMatchObject({
      name: 'test',
      generation: 1,
      resourceVersion: expect.stringMatching(/^\d+$/),
      uid: expect.any(String),
    });
    expect(made.metadata.creationTimestamp).toMatch(/^\d{4}-.*Z$/);
    expect(made.status).toBeUndefined();
  });

  it('makes names from generateName', async () => {
    const client = server.client();
    const object = configMap('');
    const made = await client.create(ConfigMap, { ...object, metadata: { namespace: 'demo', generateName: 'a-' } });
    expect(made.metadata.name).toMatch(/^a-[a-z0-9]{5}$/);
  });

  it('refuses a second object of the same name', async () => {
    await server.client().create(Stage, stage('test'));
    expect(await refusal(server.client().create(Stage, stage('test')))).toMatchObject({ reason: 'AlreadyExists', code: 409 });
  });

  it('refuses objects in namespaces that do not exist', async () => {
    const object = stage('test');
    object.metadata.namespace = 'nowhere';
    expect(await refusal(server.client().create(Stage, object))).toMatchObject({
      reason: 'NotFound',
      message: 'namespaces "nowhere" not found',
    });
  });

  it('names every problem at once', async () => {
    const error = await refusal(
      server
        .client()
        .create(Stage, stage('Bad_Name', { spec: { requestedFreight: [{ origin: { kind: 'Depot', name: 1 }, sources: {} }] } })),
    );
    expect(error.reason).toBe('Invalid');
    expect(error.details?.causes?.map(({ field }) => field)).toEqual([
      'metadata.name',
      'spec.requestedFreight[0].origin.kind',
      'spec.requestedFreight[0].origin.name',
    ]);
  });

  it('names unknown fields and what was probably meant when strict, and drops them otherwise', async () => {
    const client = server.client();
    const typo = stage('test', { spec: { ...stage('x').spec, shrad: 'a' } });
    const error = await refusal(client.create(Stage, typo, { fieldValidation: 'Strict' }));
    expect(error.reason).toBe('BadRequest');
    expect(error.message).toContain('unknown field "spec.shrad", did you mean "spec.shard"?');
    const warnings: string[] = [];
    const made = await client.create(Stage, typo, { fieldValidation: 'Warn', onWarning: (warning) => warnings.push(warning) });
    expect(made.spec).not.toHaveProperty('shrad');
    expect(warnings).toEqual(['unknown field "spec.shrad", did you mean "spec.shard"?']);
  });

  it('stores nothing on a dry run', async () => {
    const made = await server.client().create(Stage, stage('test'), { dryRun: true });
    expect(made.metadata.uid).toBeDefined();
    expect(await refusal(server.client().get(Stage, { namespace: 'demo', name: 'test' }))).toMatchObject({ reason: 'NotFound' });
  });

  it('folds stringData of secrets into data', async () => {
    const made = await server.client().create(Secret, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'demo' },
      stringData: { password: 'hunter2' },
    });
    expect(made).toMatchObject({ type: 'Opaque', data: { password: 'aHVudGVyMg==' } });
    expect(made.stringData).toBeUndefined();
  });
});

describe('changing', () => {
  it('counts generations on spec changes only, and writes nothing when nothing changes', async () => {
    const client = server.client();
    const made = await client.create(Stage, stage('test'));
    const labelled = await client.patch(Stage, key('test'), { type: 'merge', body: { metadata: { labels: { a: 'b' } } } });
    const changed = await client.patch(Stage, key('test'), { type: 'merge', body: { spec: { shard: 's' } } });
    const same = await client.patch(Stage, key('test'), { type: 'merge', body: { spec: { shard: 's' } } });
    expect([made, labelled, changed].map(({ metadata }) => metadata.generation)).toEqual([1, 1, 2]);
    expect(same.metadata.resourceVersion).toBe(changed.metadata.resourceVersion);
  });

  it('keeps spec and status apart', async () => {
    const client = server.client();
    const made = await client.create(Stage, stage('test'));
    const both = { ...made, spec: { ...made.spec, shard: 's' }, status: { phase: 'Steady' } };
    const updated = await client.update(Stage, both);
    expect([updated.spec.shard, updated.status]).toEqual(['s', undefined]);
    const status = await client.updateStatus(Stage, {
      ...updated,
      spec: { ...updated.spec, shard: 'other' },
      status: { phase: 'Steady' },
    });
    expect([status.spec.shard, status.status?.phase, status.metadata.generation]).toEqual(['s', 'Steady', 2]);
  });

  it('refuses stale versions and other uids, and lets unconditional writers through together', async () => {
    const client = server.client();
    const made = await client.create(ConfigMap, configMap('a'));
    await client.update(ConfigMap, { ...made, data: { x: '1' } });
    expect(await refusal(client.update(ConfigMap, { ...made, data: { x: '2' } }))).toMatchObject({ reason: 'Conflict' });
    expect(
      await refusal(client.patch(ConfigMap, key('a'), { type: 'merge', body: { metadata: { uid: 'other' } } })),
    ).toMatchObject({ reason: 'Conflict' });
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        client.patch(ConfigMap, key('a'), { type: 'merge', body: { data: { [`k${index}`]: 'v' } } }),
      ),
    );
    expect(Object.keys((await client.get(ConfigMap, key('a'))).data ?? {})).toHaveLength(21);
  });
});

describe('deleting', () => {
  it('waits for finalizers', async () => {
    const client = server.client();
    const object = configMap('a');
    await client.create(ConfigMap, { ...object, metadata: { ...object.metadata, finalizers: ['example.com/hold'] } });
    await client.delete(ConfigMap, key('a'));
    const marked = await client.get(ConfigMap, key('a'));
    expect(marked.metadata.deletionTimestamp).toBeDefined();
    await client.patch(ConfigMap, key('a'), { type: 'merge', body: { metadata: { finalizers: null } } });
    expect(await refusal(client.get(ConfigMap, key('a')))).toMatchObject({ reason: 'NotFound' });
  });

  it('honours preconditions', async () => {
    const client = server.client();
    await client.create(ConfigMap, configMap('a'));
    expect(await refusal(client.delete(ConfigMap, key('a'), { preconditions: { uid: 'other' } }))).toMatchObject({
      reason: 'Conflict',
    });
    expect(await refusal(client.delete(ConfigMap, key('missing')))).toMatchObject({ reason: 'NotFound' });
  });
});

describe('deleting owners', () => {
  async function owned(): Promise<void> {
    const client = server.client();
    const owner = await client.create(ConfigMap, configMap('owner'));
    const reference = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: 'owner',
      uid: owner.metadata.uid ?? '',
      blockOwnerDeletion: true,
    };
    const object = configMap('owned');
    await client.create(ConfigMap, { ...object, metadata: { ...object.metadata, ownerReferences: [reference] } });
  }

  it('deletes what only they owned', async () => {
    await owned();
    await server.client().delete(ConfigMap, key('owner'));
    await vi.waitFor(async () => expect(await names()).toEqual([]));
  });

  it('deletes dependents first in the foreground', async () => {
    await owned();
    const client = server.client();
    const events = take(client.watch(ConfigMap, { resourceVersion: (await client.list(ConfigMap)).metadata.resourceVersion }), 3);
    await client.delete(ConfigMap, key('owner'), { propagationPolicy: 'Foreground' });
    const seen = (await events).map(({ type, object }) => `${type} ${(object as KubeObject).metadata.name}`);
    expect(seen.filter((text) => text.startsWith('DELETED'))).toEqual(['DELETED owned', 'DELETED owner']);
  });

  it('leaves dependents when they are orphaned', async () => {
    await owned();
    await server.client().delete(ConfigMap, key('owner'), { propagationPolicy: 'Orphan' });
    await vi.waitFor(async () => expect(await names()).toEqual(['owned']));
    expect((await server.client().get(ConfigMap, key('owned'))).metadata.ownerReferences).toBeUndefined();
  });

  it('collects objects whose owner never was', async () => {
    const object = configMap('lost');
    await server.client().create(ConfigMap, {
      ...object,
      metadata: { ...object.metadata, ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'none', uid: 'none' }] },
    });
    await vi.waitFor(async () => expect(await names()).toEqual([]));
  });
});

describe('deleting a namespace', () => {
  it('deletes its content first, waits for finalizers, and refuses newcomers', async () => {
    const client = server.client();
    const object = configMap('held');
    await client.create(ConfigMap, { ...object, metadata: { ...object.metadata, finalizers: ['example.com/hold'] } });
    await client.create(ConfigMap, configMap('free'));
    await client.delete(Namespace, { name: 'demo' });
    await vi.waitFor(async () => expect(await names()).toEqual(['held']));
    await vi.waitFor(async () =>
      expect((await client.get(Namespace, { name: 'demo' })).status).toMatchObject({
        phase: 'Terminating',
        conditions: [
          { message: 'Some resources are remaining: ConfigMap has 1 resource instances' },
          { message: 'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances' },
        ],
      }),
    );
    expect(await refusal(client.create(ConfigMap, configMap('late')))).toMatchObject({ reason: 'Forbidden' });
    await client.patch(ConfigMap, key('held'), { type: 'json', body: [{ op: 'remove', path: '/metadata/finalizers' }] });
    await vi.waitFor(async () =>
      expect(await refusal(client.get(Namespace, { name: 'demo' }))).toMatchObject({ reason: 'NotFound' }),
    );
  });

  it('keeps the system namespaces', async () => {
    expect(await refusal(server.client().delete(Namespace, { name: 'default' }))).toMatchObject({ reason: 'Forbidden' });
  });
});

describe('events', () => {
  it('are kept for an hour after their last change', async () => {
    const client = server.client();
    const event = (name: string): Event => ({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace: 'demo' },
      involvedObject: { kind: 'Stage', name: 'test' },
    });
    await client.create(Event, event('old'));
    await client.create(Event, event('seen-again'));
    await clock.advanceBy(30 * 60_000);
    await client.patch(Event, key('seen-again'), { type: 'merge', body: { count: 2 } });
    await clock.advanceBy(31 * 60_000);
    const left = async (): Promise<unknown[]> => (await client.list(Event)).items.map(({ metadata }) => metadata.name);
    await vi.waitFor(async () => expect(await left()).toEqual(['seen-again']));
    await clock.advanceBy(30 * 60_000);
    await vi.waitFor(async () => expect(await left()).toEqual([]));
  });
});

describe('listing', () => {
  it('pages over one consistent state', async () => {
    const client = server.client();
    for (const name of ['a', 'b', 'c', 'd']) await client.create(ConfigMap, configMap(name));
    const first = await client.list(ConfigMap, { namespace: 'demo', limit: 2 });
    await client.delete(ConfigMap, key('c'));
    await client.create(ConfigMap, configMap('bb'));
    const second = await client.list(ConfigMap, { namespace: 'demo', limit: 2, continue: first.metadata.continue });
    expect([first, second].map(({ items }) => items.map(({ metadata }) => metadata.name))).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    expect(first.metadata.remainingItemCount).toBe(2);
    expect(second.metadata.continue).toBeUndefined();
  });

  it('selects by labels and fields', async () => {
    const client = server.client();
    for (const name of ['a', 'b']) {
      const object = configMap(name);
      await client.create(ConfigMap, { ...object, metadata: { ...object.metadata, labels: { app: name } } });
    }
    const selected = async (options: object): Promise<unknown[]> =>
      (await client.list(ConfigMap, options)).items.map(({ metadata }) => metadata.name);
    expect(await selected({ labelSelector: 'app in (a)' })).toEqual(['a']);
    expect(await selected({ fieldSelector: 'metadata.name=b,metadata.namespace=demo' })).toEqual(['b']);
    expect(await refusal(client.list(ConfigMap, { fieldSelector: 'data.x=1' }))).toMatchObject({ reason: 'BadRequest' });
  });
});

describe('watching', () => {
  it('shows what is there, then what changes, as the selector sees it', async () => {
    const client = server.client();
    const object = configMap('a');
    await client.create(ConfigMap, { ...object, metadata: { ...object.metadata, labels: { app: 'x' } } });
    const events = take(client.watch(ConfigMap, { labelSelector: 'app=x' }), 4);
    await client.patch(ConfigMap, key('a'), { type: 'merge', body: { data: { k: 'v' } } });
    await client.patch(ConfigMap, key('a'), { type: 'merge', body: { metadata: { labels: { app: 'y' } } } });
    await client.patch(ConfigMap, key('a'), { type: 'merge', body: { metadata: { labels: { app: 'x' } } } });
    expect((await events).map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED', 'ADDED']);
  });

  it('ends with Expired when history does not reach back', async () => {
    await server.close();
    server = openApiServer({
      path: ':memory:',
      kinds: allKinds,
      clock: new VirtualClock(),
      random: seededRandom(1),
      historyLimit: 4,
    });
    const client = server.client();
    await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'demo' } });
    const { metadata } = await client.create(ConfigMap, configMap('a'));
    for (let index = 0; index < 10; index++)
      await client.patch(ConfigMap, key('a'), { type: 'merge', body: { data: { index: `${index}` } } });
    expect(await refusal(take(client.watch(ConfigMap, { resourceVersion: metadata.resourceVersion }), 1))).toMatchObject({
      reason: 'Expired',
      code: 410,
    });
  });
});

describe('admission', () => {
  it('mutates, checks the schema, then validates, and reports all problems together', async () => {
    server.setAdmission([
      {
        kind: Stage,
        operations: ['CREATE'],
        mutate: ({ object }) => {
          object.metadata.labels = { mutated: 'yes' };
        },
        validate: () => [{ field: 'spec.requestedFreight', type: 'FieldValueInvalid', detail: 'not today' }],
      },
    ]);
    const error = await refusal(server.client().create(Stage, stage('test', { spec: { requestedFreight: [] } })));
    expect(error.details?.causes?.map(({ message }) => message)).toEqual([
      'Invalid value: 0: spec.requestedFreight in body should have at least 1 items',
      'Invalid value: not today',
    ]);
  });

  it('reports what is wrong with the object, not what a rule tripped over', async () => {
    server.setAdmission([
      {
        kind: Stage,
        operations: ['CREATE'],
        mutate: ({ object }) => void (object as Stage).spec.requestedFreight.length,
      },
    ]);
    expect(await refusal(server.client().create(Stage, stage('test', { spec: undefined })))).toMatchObject({ reason: 'Invalid' });
  });
});

async function names(): Promise<unknown[]> {
  return (await server.client().list(ConfigMap)).items.map(({ metadata }) => metadata.name);
}

function key(name: string): { namespace: string; name: string } {
  return { namespace: 'demo', name };
}

async function take<T extends KubeObject>(events: AsyncIterable<WatchEvent<T>>, count: number): Promise<WatchEvent<T>[]> {
  const taken: WatchEvent<T>[] = [];
  for await (const event of events) {
    taken.push(event);
    if (taken.length >= count) return taken;
  }
  return taken;
}
