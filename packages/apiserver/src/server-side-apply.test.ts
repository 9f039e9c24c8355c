import { ApiError, coreKinds, ConfigMap, defineKind, Deployment, s, type KubeObject, type ObjectOfKind } from '@kargo/api';
import { seededRandom, VirtualClock, type PatchOptions } from '@kargo/kube';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openApiServer, type ApiServer } from './api-server.ts';
import { fuzzParameters } from './fuzz-parameters.ts';

const Rack = defineKind({
  group: 'example.com',
  version: 'v1',
  kind: 'Rack',
  plural: 'racks',
  statusSubresource: true,
  schema: s.object({
    spec: s.optional(
      s.object({
        size: s.optional(s.int()),
        tags: s.optional(s.array(s.string(), { listType: 'set' })),
        slots: s.optional(
          s.array(s.object({ id: s.string(), use: s.optional(s.string()), watts: s.optional(s.int({ default: 5 })) }), {
            listType: 'map',
            listMapKeys: ['id'],
          }),
        ),
        steps: s.optional(s.array(s.string())),
        settings: s.optional(s.map(s.string())),
      }),
    ),
    status: s.optional(s.object({ phase: s.optional(s.string()) })),
  }),
});
type Rack = ObjectOfKind<typeof Rack>;

let server: ApiServer;
beforeEach(() => {
  server = openApiServer({ path: ':memory:', kinds: [...coreKinds, Rack], clock: new VirtualClock(), random: seededRandom(1) });
});
afterEach(() => server.close());

const key = { namespace: 'default', name: 'r' };

function apply(manager: string, spec: NonNullable<Rack['spec']>, options: PatchOptions = {}): Promise<Rack> {
  const body = { apiVersion: 'example.com/v1', kind: 'Rack', metadata: { name: 'r' }, spec } as Rack;
  return server.client().patch(Rack, key, { type: 'apply', body }, { fieldManager: manager, ...options });
}

async function conflicts(call: Promise<unknown>): Promise<string[]> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw new Error(`expected a conflict, got ${String(error)}`);
  expect(error.reason).toBe('Conflict');
  return error.details?.causes?.map(({ message, field }) => `${message} ${field}`) ?? [];
}

describe('server-side apply', () => {
  it('creates, records who owns what, and writes nothing when nothing changes', async () => {
    const made = await apply('one', { size: 1, slots: [{ id: 'a', use: 'x' }], tags: ['t'] });
    expect(made.metadata.managedFields).toEqual([
      {
        manager: 'one',
        operation: 'Apply',
        apiVersion: 'example.com/v1',
        time: expect.any(String),
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:spec': {
            'f:size': {},
            'f:slots': { 'k:{"id":"a"}': { '.': {}, 'f:id': {}, 'f:use': {} } },
            'f:tags': { 'v:"t"': {} },
          },
        },
      },
    ]);
    const again = await apply('one', { size: 1, slots: [{ id: 'a', use: 'x' }], tags: ['t'] });
    expect(again.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
  });

  it('merges what several managers apply and takes away only what one of them gives up', async () => {
    await apply('one', { size: 1, slots: [{ id: 'a', use: 'x' }, { id: 'b' }], tags: ['one', 'both'], settings: { a: '1' } });
    const both = await apply('two', { slots: [{ id: 'c' }, { id: 'a', watts: 9 }], tags: ['two', 'both'], settings: { b: '2' } });
    expect(both.spec).toEqual({
      size: 1,
      slots: [
        { id: 'c', watts: 5 },
        { id: 'a', use: 'x', watts: 9 },
        { id: 'b', watts: 5 },
      ],
      tags: ['two', 'one', 'both'],
      settings: { a: '1', b: '2' },
    });
    const less = await apply('one', { slots: [{ id: 'b' }] });
    expect(less.spec).toEqual({
      slots: [
        { id: 'c', watts: 5 },
        { id: 'a', watts: 9 },
        { id: 'b', watts: 5 },
      ],
      tags: ['two', 'both'],
      settings: { b: '2' },
    });
  });

  it('names every conflict, and takes fields over by force', async () => {
    await apply('one', { size: 1, slots: [{ id: 'a', use: 'x' }], steps: ['s'] });
    expect(await conflicts(apply('two', { size: 2, slots: [{ id: 'a', use: 'y' }], steps: ['t'] }))).toEqual([
      'conflict with "one" using example.com/v1 .spec.size',
      'conflict with "one" using example.com/v1 .spec.slots[id="a"].use',
      'conflict with "one" using example.com/v1 .spec.steps',
    ]);
    const forced = await apply('two', { size: 2 }, { force: true });
    expect(forced.spec?.size).toBe(2);
    const given = await apply('one', { slots: [{ id: 'a', use: 'x' }], steps: ['s'] });
    expect(given.spec?.size).toBe(2);
  });

  it('shares fields on which all agree', async () => {
    await apply('one', { size: 1 });
    await apply('two', { size: 1 });
    expect((await apply('one', {})).spec).toEqual({ size: 1 });
    expect((await apply('two', {})).spec).toEqual({});
  });

  it('respects what others changed by other means', async () => {
    const client = server.client();
    await apply('one', { size: 1, settings: { a: '1' } });
    await client.patch(Rack, key, { type: 'merge', body: { spec: { size: 3 } } }, { fieldManager: 'editor' });
    expect(await conflicts(apply('one', { size: 1, settings: { a: '1' } }))).toEqual([
      'conflict with "editor" using example.com/v1 .spec.size',
    ]);
    const without = await apply('one', { settings: { a: '1' } });
    expect(without.spec).toEqual({ size: 3, settings: { a: '1' } });
  });

  it('loses nothing of an object that was never applied', async () => {
    const client = server.client();
    const object: Rack = { apiVersion: 'example.com/v1', kind: 'Rack', metadata: { ...key }, spec: { size: 1, steps: ['s'] } };
    await client.create(Rack, object);
    expect(await conflicts(apply('one', { size: 2 }))).toEqual([
      'conflict with "before-first-apply" using example.com/v1 .spec.size',
    ]);
    expect((await apply('one', { size: 2 }, { force: true })).spec).toEqual({ size: 2, steps: ['s'] });
  });

  it('keeps status apart', async () => {
    const client = server.client();
    const body = {
      apiVersion: 'example.com/v1',
      kind: 'Rack',
      metadata: { name: 'r' },
      spec: { size: 1 },
      status: { phase: 'Up' },
    } as Rack;
    expect((await client.patch(Rack, key, { type: 'apply', body }, { fieldManager: 'one' })).status).toBeUndefined();
    const status = await client.patch(
      Rack,
      key,
      { type: 'apply', body: { ...body, spec: { size: 9 } } as Rack },
      { fieldManager: 'ctl', subresource: 'status' },
    );
    expect([status.spec?.size, status.status?.phase]).toEqual([1, 'Up']);
    expect(status.metadata.managedFields?.map(({ manager, subresource }) => [manager, subresource])).toEqual([
      ['one', undefined],
      ['ctl', 'status'],
    ]);
    expect((await apply('one', { size: 2 })).status).toEqual({ phase: 'Up' });
  });

  it('merges containers of workloads by name', async () => {
    const client = server.client();
    const deployment = (containers: object[]): KubeObject =>
      ({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'd' },
        spec: { template: { spec: { containers } } },
      }) as KubeObject;
    const target = { namespace: 'default', name: 'd' };
    await client.patch(
      Deployment,
      target,
      { type: 'apply', body: deployment([{ name: 'app', image: 'a:1' }]) },
      { fieldManager: 'one' },
    );
    const both = await client.patch(
      Deployment,
      target,
      { type: 'apply', body: deployment([{ name: 'proxy', image: 'p:1' }]) },
      { fieldManager: 'two' },
    );
    expect(both.spec).toEqual({
      template: {
        spec: {
          containers: [
            { name: 'proxy', image: 'p:1' },
            { name: 'app', image: 'a:1' },
          ],
        },
      },
    });
  });

  it('is refused without a manager', async () => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'r' } } as ConfigMap;
    await expect(server.client().patch(ConfigMap, key, { type: 'apply', body })).rejects.toMatchObject({ reason: 'Invalid' });
  });
});

describe('server-side apply of anything by anybody', () => {
  const spec = fc.record(
    {
      size: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant('x')),
      tags: fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 4 }),
      slots: fc.array(fc.record({ id: fc.constantFrom('1', '2', '3'), use: fc.constantFrom('u', 'v') }, { requiredKeys: [] }), {
        maxLength: 4,
      }),
      steps: fc.array(fc.constantFrom('s', 't'), { maxLength: 2 }),
      settings: fc.dictionary(fc.constantFrom('k', 'l', '__proto__'), fc.constantFrom('1', '2')),
    },
    { requiredKeys: [] },
  );
  const step = fc.record({ manager: fc.constantFrom('one', 'two', 'kubectl'), spec, force: fc.boolean() });

  it('is answered, keeps what others own, and changes nothing when it is repeated', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        await server
          .client()
          .delete(Rack, key)
          .catch(() => undefined);
        for (const { manager, spec: wanted, force } of steps) {
          const before = await server
            .client()
            .get(Rack, key)
            .catch(() => undefined);
          const made = await apply(manager, wanted as never, { force }).catch((error: unknown) => error);
          if (made instanceof Error) {
            expect(made).toBeInstanceOf(ApiError);
            expect(['Conflict', 'BadRequest', 'Invalid']).toContain((made as ApiError).reason);
            expect(
              await server
                .client()
                .get(Rack, key)
                .catch(() => undefined),
            ).toEqual(before);
            continue;
          }
          const object = made as Rack;
          // Whatever is in the object and is not a default is owned by somebody.
          const owned = JSON.stringify(object.metadata.managedFields);
          for (const tag of object.spec?.tags ?? []) expect(owned).toContain(`v:\\"${tag}\\"`);
          for (const { id } of object.spec?.slots ?? []) expect(owned).toContain(`\\"id\\":\\"${id}\\"`);
          const again = await apply(manager, wanted as never, { force });
          expect(again.metadata.resourceVersion).toBe(object.metadata.resourceVersion);
        }
      }),
      fuzzParameters(150),
    );
    expect(({} as Record<string, unknown>)['1']).toBeUndefined();
  });
});
