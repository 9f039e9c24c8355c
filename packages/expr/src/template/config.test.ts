import { describe, expect, it } from 'vitest';
import { ExprError } from '../error.ts';
import { hostFunction } from '../host/function.ts';
import type { Json } from '../json.ts';
import { renderConfig } from './config.ts';
import type { JsonSchemaLike } from './schema.ts';

const env = { vars: { tag: '1.10', sha: '1234567', n: 3, list: [1, 'a'], empty: null } };

describe('rendering a configuration', () => {
  it('renders strings at every depth, and nothing else', () => {
    const config: Json = { a: ['${{ vars.n }}', { b: 'x-${{ vars.n }}' }], '${{ vars.n }}': 1, c: true, d: null, e: '42' };
    expect(renderConfig(config, env)).toEqual({ a: [3, { b: 'x-3' }], '${{ vars.n }}': 1, c: true, d: null, e: '42' });
  });

  it.each<[string, Json]>([
    ['42\n', '42\n'],
    ['${{ 42 }}\n', 42],
    ['${{ quote(42) }}\n', '42\n'],
    ['${{ {"foo": "bar"} }}\n', { foo: 'bar' }],
    ['${{ 42 }}\n\n', 42],
  ])('[20 6.2.4] types the literal block %j as %j', (text, want) => {
    expect(renderConfig({ field: text }, {})).toEqual({ field: want });
  });

  it('keeps a key named __proto__ a key', () => {
    const config = JSON.parse('{"__proto__": {"polluted": "${{ 1 }}"}}') as Json;
    const out = renderConfig(config, {}) as Record<string, Json>;
    expect(Object.keys(out)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(out)).toBe(Object.prototype);
  });

  it('names the field in errors', () => {
    try {
      renderConfig({ images: [{ tag: '${{ 1 + }}' }] }, {});
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ExprError);
      expect((error as ExprError).reason).toMatch(/^images\.0\.tag: unexpected token/);
      expect((error as ExprError).code).toBe('parse');
    }
  });

  it('lets what suspends a run pass unchanged', () => {
    const pause = { waitFor: 'the freight' };
    const wait = hostFunction('wait', { params: [] }, () => {
      // oxlint-disable-next-line typescript/only-throw-error
      throw pause;
    });
    let thrown: unknown;
    try {
      renderConfig({ a: { b: '${{ wait() }}' } }, { wait });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBe(pause);
  });
});

describe('rendering a configuration by its schema', () => {
  const schema: JsonSchemaLike = {
    type: 'object',
    properties: {
      tag: { type: 'string' },
      count: { type: 'integer' },
      image: { oneOf: [{ properties: { tag: { type: 'string' } } }, { properties: { tag: { $ref: '#/definitions/text' } } }] },
      list: { type: 'array', items: { type: 'string' } },
      labels: { type: 'object', additionalProperties: { type: 'string' } },
      mode: { enum: ['a', '1'] },
      either: { type: ['string', 'integer'] },
      maybe: { type: ['string', 'null'] },
    },
    definitions: { text: { type: 'string' } },
  };

  it.each<[string, Json, Json]>([
    ['a version tag', { tag: '${{ vars.tag }}' }, { tag: '1.10' }],
    ['a number that is meant as text', { tag: '${{ vars.n }}' }, { tag: '3' }],
    ['a short commit', { tag: '${{ vars.sha }}' }, { tag: '1234567' }],
    ['quoted text', { tag: '${{ quote(vars.tag) }}' }, { tag: '1.10' }],
    ['one letter', { tag: "${{ 't' }}" }, { tag: 't' }],
    ['parts', { tag: '${{ 1 }}.${{ 20 }}' }, { tag: '1.20' }],
    ['JSON that is text', { tag: "${{ '[1]' }}" }, { tag: '[1]' }],
    ['a list where text is wanted, to be refused', { tag: '${{ vars.list }}' }, { tag: [1, 'a'] }],
    ['null where text is wanted, to be refused', { tag: '${{ vars.empty }}' }, { tag: null }],
    ['a number', { count: "${{ '3' }}" }, { count: 3 }],
    ['a field of alternatives', { image: { tag: '${{ vars.tag }}' } }, { image: { tag: '1.10' } }],
    ['items', { list: ['${{ vars.tag }}'] }, { list: ['1.10'] }],
    ['any key', { labels: { x: '${{ vars.n }}' } }, { labels: { x: '3' } }],
    ['words', { mode: '${{ 1 }}' }, { mode: '1' }],
    ['a field of several types', { either: '${{ vars.tag }}' }, { either: 1.1 }],
    ['text or null', { maybe: '${{ vars.tag }}' }, { maybe: '1.10' }],
    ['a field that is not in the schema', { other: '${{ vars.tag }}' }, { other: 1.1 }],
  ])('%s', (_, config, want) => {
    expect(renderConfig(config, env, { schema })).toEqual(want);
  });
});
