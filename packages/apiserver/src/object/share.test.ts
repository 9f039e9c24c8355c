import { clone, deepFreeze, equal } from '@kargo/kube';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shareParts } from './share.ts';

describe('sharing parts with an older value', () => {
  it('takes equal parts from it, and leaves the others', () => {
    const old = deepFreeze({ a: { b: [1, { c: 2 }] }, d: { e: 1 }, f: [{ g: 1 }, { g: 2 }] });
    const value = { a: { b: [1, { c: 2 }] }, d: { e: 2 }, f: [{ g: 1 }, { g: 3 }, { g: 2 }] };
    expect(shareParts(value, old)).toBe(value);
    expect(value).toStrictEqual({ a: { b: [1, { c: 2 }] }, d: { e: 2 }, f: [{ g: 1 }, { g: 3 }, { g: 2 }] });
    expect(value.a).toBe(old.a);
    expect(value.f[0]).toBe(old.f[0]);
    expect(value.d).not.toBe(old.d);
    expect(shareParts({ ...clone(old) }, old)).toBe(old);
  });

  it('never changes what a value says', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), fc.boolean(), (value, other, similar) => {
        const old = deepFreeze(clone(similar ? { ...(value as object), extra: other } : other));
        const before = clone(value);
        const shared = shareParts(clone(value), old);
        expect(equal(shared, before)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
