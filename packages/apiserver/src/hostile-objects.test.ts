import { allKinds, ApiError, ConfigMap, Namespace, Role, Secret, Stage, type Kind, type KubeObject } from '@kargo/api';
import { seededRandom, VirtualClock } from '@kargo/kube';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { openApiServer } from './api-server.ts';
import { fuzzParameters } from './fuzz-parameters.ts';

const keys = [
  'name',
  'generateName',
  'namespace',
  'labels',
  'annotations',
  'finalizers',
  'ownerReferences',
  'managedFields',
  'uid',
  'spec',
  'status',
  'data',
  'stringData',
  'type',
  'requestedFreight',
  'origin',
  'steps',
  '__proto__',
  'constructor',
  'a',
];
const anything = fc.oneof(fc.object({ key: fc.constantFrom(...keys), maxDepth: 3 }), fc.jsonValue());
const metadata = fc.record(
  {
    name: fc.oneof(fc.constant('a'), anything),
    generateName: fc.oneof(fc.constant('a-'), anything),
    namespace: fc.oneof(fc.constant('default'), anything),
    labels: fc.oneof(fc.constant({ a: 'b' }), anything),
    annotations: anything,
    finalizers: fc.oneof(fc.constant(['example.com/x']), anything),
    ownerReferences: fc.oneof(
      fc.array(fc.record({ kind: anything, apiVersion: anything, name: anything, uid: anything })),
      anything,
    ),
    managedFields: anything,
    resourceVersion: fc.oneof(fc.constant('1'), anything),
  },
  { requiredKeys: [] },
);
const kinds: Readonly<Record<string, Kind>> = { Stage, ConfigMap, Secret, Namespace, Role };

describe('objects of any content', () => {
  const server = openApiServer({ path: ':memory:', kinds: allKinds, clock: new VirtualClock(), random: seededRandom(1) });
  const client = server.client();
  afterAll(() => server.close());

  it('are stored or refused, by every way of writing', async () => {
    const fields = fc.record(
      { spec: anything, status: anything, data: anything, stringData: anything, type: anything },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(kinds)), metadata, fields, async (name, meta, rest) => {
        const kind = kinds[name] ?? Stage;
        const object = {
          apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
          kind: kind.kind,
          metadata: meta,
          ...rest,
        } as unknown as KubeObject;
        const key = { namespace: 'default', name: 'a' };
        const patch = { metadata: meta, ...rest } as never;
        for (const write of [
          () => client.create(kind, object, { fieldValidation: 'Strict' }),
          () => client.create(kind, object),
          () => client.patch(kind, key, { type: 'merge', body: patch }),
          () => client.patch(kind, key, { type: 'apply', body: object }, { fieldManager: 'm', force: true }),
          () => client.updateStatus(kind, object),
          () => client.update(kind, object),
        ])
          await write().catch((error: unknown) => {
            expect(error).toBeInstanceOf(ApiError);
            expect((error as ApiError).reason).not.toBe('InternalError');
          });
      }),
      fuzzParameters(200),
    );
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });
});
