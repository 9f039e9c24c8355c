import { describe, expect, it } from 'vitest';
import { bestOf, fixedEntries, projectEntries } from './palette-entries.ts';

const data = {
  stages: new Map([
    ['test', { metadata: { name: 'test' }, spec: { requestedFreight: [] }, status: { phase: 'Steady' } }],
    ['prod', { metadata: { name: 'prod' }, spec: { requestedFreight: [] } }],
  ]),
  warehouses: new Map([['web', {}]]),
  freight: new Map([
    [
      'abc',
      {
        alias: 'brisk-otter',
        metadata: { name: 'abc' },
        origin: { kind: 'Warehouse', name: 'web' },
        images: [{ repoURL: 'r', tag: '1.2.3' }],
      },
    ],
  ]),
} as never;
const all = [...projectEntries('shop', data, 0), ...fixedEntries(['shop', 'bank'])];

describe('the palette finds', () => {
  it.each([
    { name: 'a stage by its name', text: 'prod', first: '/project/shop/stage/prod' },
    { name: 'a project by its name', text: 'bank', first: '/project/bank' },
    { name: 'freight by its version', text: '1.2.3', first: '/project/shop/freight/abc' },
    { name: 'freight by a part of its alias', text: 'otter', first: '/project/shop/freight/abc' },
    { name: 'a setting by words of it', text: 'analysis templ', first: '/project/shop/settings/analysis-templates' },
    { name: 'a setting of everything', text: 'system roles', first: '/settings/access' },
    { name: 'what can be done', text: 'create st', first: '/project/shop/create-stage' },
    { name: 'how to change a stage', text: 'edit test', first: '/project/shop/stage/test/edit' },
  ])('$name', ({ text, first }) => expect(bestOf(all, text)[0]?.to).toBe(first));

  it('nothing that lacks a word', () => expect(bestOf(all, 'prod nonsense')).toEqual([]));
});
