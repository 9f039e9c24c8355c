import { Deployment, Secret } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { shapeOf } from './shape.ts';
import { strategicMerge } from './strategic-merge.ts';

function pod(fields: object): object {
  return { spec: { template: { spec: fields } } };
}

const cases: { name: string; target: object; patch: object; want: object }[] = [
  {
    name: 'merges items of lists with keys',
    target: pod({
      containers: [
        { name: 'a', image: 'x' },
        { name: 'b', image: 'y' },
      ],
    }),
    patch: pod({
      containers: [
        { name: 'b', image: 'z' },
        { name: 'c', image: 'w' },
      ],
    }),
    want: pod({
      containers: [
        { name: 'a', image: 'x' },
        { name: 'b', image: 'z' },
        { name: 'c', image: 'w' },
      ],
    }),
  },
  {
    name: 'deletes items by directive',
    target: pod({ containers: [{ name: 'a' }, { name: 'b' }] }),
    patch: pod({ containers: [{ name: 'a', $patch: 'delete' }] }),
    want: pod({ containers: [{ name: 'b' }] }),
  },
  {
    name: 'replaces a list by directive',
    target: pod({ containers: [{ name: 'a' }, { name: 'b' }] }),
    patch: pod({ containers: [{ $patch: 'replace' }, { name: 'c' }] }),
    want: pod({ containers: [{ name: 'c' }] }),
  },
  {
    name: 'replaces lists without keys, and objects by directive',
    target: pod({ tolerations: [{ key: 'a' }], securityContext: { runAsUser: 1, fsGroup: 2 } }),
    patch: pod({ tolerations: [{ key: 'b' }], securityContext: { $patch: 'replace', runAsUser: 3 } }),
    want: pod({ tolerations: [{ key: 'b' }], securityContext: { runAsUser: 3 } }),
  },
  {
    name: 'orders items',
    target: pod({ containers: [{ name: 'a' }, { name: 'b' }] }),
    patch: pod({ '$setElementOrder/containers': [{ name: 'c' }, { name: 'b' }, { name: 'a' }], containers: [{ name: 'c' }] }),
    want: pod({ containers: [{ name: 'c' }, { name: 'b' }, { name: 'a' }] }),
  },
  {
    name: 'keeps only the keys to retain',
    target: { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } },
    patch: { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } },
    want: { spec: { strategy: { type: 'Recreate' } } },
  },
  {
    name: 'deletes from lists of values, and merges sets',
    target: { metadata: { finalizers: ['a', 'b'] } },
    patch: { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'], finalizers: ['c'] } },
    want: { metadata: { finalizers: ['b', 'c'] } },
  },
  {
    name: 'removes by null',
    target: { metadata: { labels: { a: '1', b: '2' } } },
    patch: { metadata: { labels: { a: null } } },
    want: { metadata: { labels: { b: '2' } } },
  },
];

describe('a strategic merge patch', () => {
  it.each(cases)('$name', ({ target, patch, want }) => {
    const before = structuredClone(target);
    expect(strategicMerge(target, patch as Record<string, unknown>, shapeOf(Deployment))).toEqual(want);
    expect(target).toEqual(before);
  });

  it('is refused when an item has no key or a directive is unknown', () => {
    expect(() => strategicMerge({}, pod({ containers: [{ image: 'x' }] }) as never, shapeOf(Deployment))).toThrow(/merge key/);
    expect(() => strategicMerge({}, { $patch: 'eat' }, shapeOf(Secret))).toThrow(/unknown patch type/);
  });
});
