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

describe('versions of kinds', () => {
  const Old = { ...Lamp, version: 'v1beta1' };
  const both = (storage: 'v1' | 'v1beta1', properties: object = {}): object[] => [
    { ...version(properties), storage: storage === 'v1' },
    { ...version(properties), name: 'v1beta1', storage: storage === 'v1beta1' },
  ];
  const old = (spec: object): KubeObject => ({ ...lamp(spec), apiVersion: 'example.com/v1beta1' });

  it('are all served, from one stored form', async () => {
    const client = server.client();
    await client.create(CustomResourceDefinition, definition({ versions: both('v1') }));
    expect(await client.create(Old, old({ watts: 5 }))).toMatchObject({ apiVersion: 'example.com/v1beta1', spec: { watts: 5 } });
    expect(await client.get(Lamp, key)).toMatchObject({ apiVersion: 'example.com/v1' });
    const body = { apiVersion: 'example.com/v1beta1', spec: { colour: 'red' } };
    expect(await client.patch(Old, key, { type: 'merge', body })).toMatchObject({
      apiVersion: 'example.com/v1beta1',
      spec: { watts: 5, colour: 'red' },
    });
    const applied = await client.patch(
      Old,
      key,
      { type: 'apply', body: { ...old({ watts: 5 }), metadata: { name: 'desk' } } as KubeObject },
      { fieldManager: 'one', force: true },
    );
    expect(applied.apiVersion).toBe('example.com/v1beta1');
    const { items, apiVersion } = await client.list(Old);
    expect([apiVersion, items[0]?.apiVersion]).toEqual(['example.com/v1beta1', 'example.com/v1beta1']);
    for await (const event of client.watch(Old)) {
      if (event.type !== 'BOOKMARK') expect(event.object.apiVersion).toBe('example.com/v1beta1');
      break;
    }
    await expect(client.create(Old, old({ watts: 100 }))).rejects.toMatchObject({ reason: 'Invalid' });
    await expect(client.get({ ...Lamp, version: 'v9' }, key)).rejects.toMatchObject({ reason: 'NotFound' });
  });

  it('change their stored form with all that is stored', async () => {
    const client = server.client();
    const made = await client.create(CustomResourceDefinition, definition({ versions: both('v1beta1') }));
    const stored = await client.create(Old, old({ watts: 5 }));
    const { spec } = definition({ versions: both('v1', { shade: { type: 'string', default: 'paper' } }) });
    await client.update(CustomResourceDefinition, { ...made, spec });
    await vi.waitFor(async () => {
      const now = await client.get(Lamp, key);
      expect(now).toMatchObject({ apiVersion: 'example.com/v1', spec: { watts: 5, shade: 'paper' } });
      expect(now.metadata.resourceVersion).not.toBe(stored.metadata.resourceVersion);
      const definitionNow = await client.get(CustomResourceDefinition, { name: 'lamps.example.com' });
      expect(definitionNow.status?.['storedVersions']).toEqual(['v1']);
    });
    // Only now the old version may go.
    const now = await client.get(CustomResourceDefinition, { name: 'lamps.example.com' });
    await client.update(CustomResourceDefinition, { ...now, spec: definition({ versions: [version()] }).spec });
    expect(await client.get(Lamp, key)).toMatchObject({ spec: { watts: 5 } });
  });
});

describe('hostile definitions', () => {
  const spend = async (schema: object, spec: object): Promise<string> => {
    const client = server.client();
    const hostile = { ...version(), schema: { openAPIV3Schema: { type: 'object', properties: { spec: schema } } } };
    await client.create(CustomResourceDefinition, definition({ versions: [hostile] }));
    return client.create(Lamp, lamp(spec)).then(
      () => 'stored',
      (error: Error) => error.message,
    );
  };
  const list = { type: 'array', items: { type: 'integer' } };
  const ruled = (rule: string, properties: object): object => ({
    type: 'object',
    properties,
    'x-kubernetes-validations': [{ rule }],
  });
  const numbers = Array.from({ length: 5000 }, (_, index) => index);
  const cases: [name: string, schema: object, spec: object, answer: RegExp][] = [
    [
      'loops in loops',
      ruled('self.n.all(a, self.n.all(b, self.n.all(c, a + b + c >= 0)))', { n: list }),
      { n: numbers },
      /call cost exceeds limit for rule/,
    ],
    [
      'lists of lists',
      ruled('self.n.map(a, self.n.map(b, self.n)).size() > 0', { n: list }),
      { n: numbers },
      /call cost exceeds limit/,
    ],
    [
      'text that doubles',
      ruled(
        `cel.bind(a, self.t + self.t, cel.bind(b, a + a, cel.bind(c, b + b, cel.bind(d, c + c, cel.bind(e, d + d, cel.bind(f, e + e, cel.bind(g, f + f, g + g))))))).size() > 0`,
        { t: { type: 'string' } },
      ),
      { t: 'x'.repeat(100_000) },
      /call cost exceeds limit/,
    ],
    [
      'text that is put into itself',
      ruled(`self.t.replace('', self.t).size() > 0`, { t: { type: 'string' } }),
      { t: 'x'.repeat(100_000) },
      /call cost exceeds limit/,
    ],
    [
      'a pattern in a rule that would track back',
      ruled(`self.t.matches('^(a+)+$')`, { t: { type: 'string' } }),
      { t: `${'a'.repeat(50_000)}b` },
      /failed rule/,
    ],
    [
      'a pattern that would track back',
      { type: 'object', properties: { t: { type: 'string', pattern: '^(a|aa)+$' } } },
      { t: `${'a'.repeat(50_000)}b` },
      /should match/,
    ],
    [
      'a rule for each of many items',
      {
        type: 'object',
        properties: {
          n: {
            type: 'array',
            items: {
              type: 'integer',
              'x-kubernetes-validations': [
                {
                  rule: '[1,2,3,4].all(a, [1,2,3,4].all(b, [1,2,3,4].all(c, [1,2,3,4].all(d, self != a * b * c * d + 100000))))',
                },
              ],
            },
          },
        },
      },
      { n: numbers },
      /running out of cost budget, no further validation rules will be run/,
    ],
    [
      'defaults for each of many items',
      {
        type: 'object',
        properties: {
          n: { type: 'array', items: { type: 'object', properties: { t: { type: 'string', default: 'x'.repeat(10_000) } } } },
        },
      },
      { n: Array.from({ length: 100_000 }, () => ({})) },
      /Request entity too large/,
    ],
  ];
  it.each(cases)('%s are answered in bounded time', async (_, schema, spec, answer) => {
    expect(await spend(schema, spec)).toMatch(answer);
  });

  it('with defaults in defaults are looked at once a level', async () => {
    let schema: object = { type: 'string', default: 'x' };
    for (let level = 0; level < 40; level++) schema = { type: 'object', default: {}, properties: { x: schema } };
    expect(await spend({ type: 'object', properties: { x: schema } }, {})).toBe('stored');
  });

  it('with conditions in conditions are looked at once a level', async () => {
    let schema: object = { required: ['a'] };
    for (let level = 0; level < 40; level++) schema = { anyOf: [schema] };
    expect(await spend({ type: 'object', ...schema }, {})).toMatch(/must validate at least one schema \(anyOf\)/);
  });

  it('are refused where they are not structural', async () => {
    const properties = {
      list: { type: 'array' },
      both: { type: 'object', properties: {}, additionalProperties: { type: 'string' } },
      none: { type: 'object', additionalProperties: false },
      unique: { type: 'array', items: { type: 'string' }, uniqueItems: true },
      keys: { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'map' },
      late: { type: 'integer', default: 'x' },
      named: { type: 'object', default: { pattern: 1 }, properties: { pattern: { type: 'string' } } },
      typed: { type: 'object', anyOf: [{ type: 'object' }] },
      number: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
    };
    const error = await server
      .client()
      .create(CustomResourceDefinition, definition({ versions: [version(properties)] }))
      .then(
        () => expect.fail('it was stored'),
        (reason: { details: { causes: { field: string }[] } }) => reason,
      );
    const at = 'spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.';
    expect(error.details.causes.map(({ field }) => field.replace(at, ''))).toEqual([
      'list.items',
      'both.additionalProperties',
      'none.additionalProperties',
      'unique.uniqueItems',
      'keys.x-kubernetes-list-map-keys',
      'late.default',
      'named.default',
      'typed.anyOf[0].type',
    ]);
  });

  it('with conditions are followed', async () => {
    const schema = {
      type: 'object',
      properties: {
        a: { type: 'integer', multipleOf: 3, minimum: 0, exclusiveMinimum: true, not: { enum: [9] } },
        b: { type: 'string' },
      },
      oneOf: [{ required: ['a'] }, { required: ['b'] }],
    };
    expect(await spend(schema, {})).toMatch(/must validate one and only one schema \(oneOf\)/);
    const client = server.client();
    await expect(client.create(Lamp, lamp({ a: 4 }))).rejects.toThrow(/multiple of 3/);
    await expect(client.create(Lamp, lamp({ a: 0 }))).rejects.toThrow(/should be greater than 0/);
    await expect(client.create(Lamp, lamp({ a: 9 }))).rejects.toThrow(/must not validate the schema \(not\)/);
    expect(await client.create(Lamp, lamp({ a: 6 }))).toMatchObject({ spec: { a: 6 } });
  });
});
