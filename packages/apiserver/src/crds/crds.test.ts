import { coreKinds, CustomResourceDefinition, defineKind, s, type KubeObject } from '@kargo/api';
import { seededRandom, VirtualClock } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openApiServer, type ApiServer } from '../api-server.ts';

let server: ApiServer;
beforeEach(() => {
  server = openApiServer({ path: ':memory:', kinds: coreKinds, clock: new VirtualClock(), random: seededRandom(1) });
});
afterEach(() => server.close());

/** How a caller names the kind that is defined at run time. */
const Lamp = defineKind({ group: 'example.com', version: 'v1', kind: 'Lamp', plural: 'lamps', schema: s.object({}) });
const key = { namespace: 'default', name: 'desk' };

function definition(spec: object = {}): CustomResourceDefinition {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'lamps.example.com' },
    spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'lamps', kind: 'Lamp' }, versions: [version()], ...spec },
  };
}

function version(properties: object = {}): object {
  return {
    name: 'v1',
    served: true,
    storage: true,
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: {
          spec: {
            type: 'object',
            properties: {
              watts: { type: 'integer', default: 40 },
              colour: { type: 'string', pattern: '^[a-z]+$' },
              ...properties,
            },
            'x-kubernetes-validations': [{ rule: 'self.watts < 100', message: 'too bright' }],
          },
        },
      },
    },
  };
}

function lamp(spec: object): KubeObject {
  return { apiVersion: 'example.com/v1', kind: 'Lamp', metadata: { ...key }, spec } as KubeObject;
}

describe('kinds defined at run time', () => {
  it('are served at once, with pruning, defaults, validation and rules', async () => {
    const client = server.client();
    await expect(client.create(Lamp, lamp({}))).rejects.toMatchObject({ reason: 'NotFound' });
    const made = await client.create(CustomResourceDefinition, definition());
    expect(made.status).toMatchObject({ conditions: [{ type: 'NamesAccepted' }, { type: 'Established', status: 'True' }] });
    await expect(client.create(Lamp, lamp({ watts: 100, colour: 'RED' }))).rejects.toMatchObject({
      reason: 'Invalid',
      message: expect.stringContaining(`spec.colour in body should match '^[a-z]+$'`),
    });
    await expect(client.create(Lamp, lamp({ watts: 100 }))).rejects.toMatchObject({
      message: expect.stringContaining('too bright'),
    });
    expect(await client.create(Lamp, lamp({ unknown: 1 }))).toMatchObject({ spec: { watts: 40 } });
  });

  it('follow changes of their definition', async () => {
    const client = server.client();
    const made = await client.create(CustomResourceDefinition, definition());
    await client.update(CustomResourceDefinition, {
      ...made,
      spec: definition({ versions: [version({ shade: { type: 'string' } })] }).spec,
    });
    expect(await client.create(Lamp, lamp({ shade: 'paper' }))).toMatchObject({ spec: { shade: 'paper' } });
  });

  it('go with their objects', async () => {
    const client = server.client();
    await client.create(CustomResourceDefinition, definition());
    const held = lamp({});
    held.metadata.finalizers = ['example.com/hold'];
    await client.create(Lamp, held);
    await client.delete(CustomResourceDefinition, { name: 'lamps.example.com' });
    await vi.waitFor(async () => expect((await client.get(Lamp, key)).metadata.deletionTimestamp).toBeDefined());
    await client.patch(Lamp, key, { type: 'merge', body: { metadata: { finalizers: null } } });
    await vi.waitFor(() =>
      expect(client.get(Lamp, key)).rejects.toMatchObject({ message: expect.stringContaining('not served') }),
    );
  });

  it('are refused with every problem of their definition', async () => {
    const hostile = version({ a: { type: 'string', pattern: '(?=x)' }, b: { $ref: '#' }, c: { type: 'wrong' } });
    const error = server.client().create(CustomResourceDefinition, definition({ scope: 'Galaxy', versions: [hostile] }));
    await expect(error).rejects.toMatchObject({ reason: 'Invalid' });
    const fields = await error.catch((reason: { details: { causes: { field: string }[] } }) =>
      reason.details.causes.map(({ field }) => field),
    );
    const at = 'spec.versions[0].schema.openAPIV3Schema.properties.spec.properties';
    expect(fields).toEqual(['spec.scope', `${at}.a.pattern`, `${at}.b.type`, `${at}.b.$ref`, `${at}.c.type`]);
  });
});
