import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clone } from './clone.ts';
import { deepFreeze } from './deep-freeze.ts';
import { equal } from './equal.ts';
import { applyMergePatch, createMergePatch } from './merge-patch.ts';

/** JSON objects without null, which merge patches cannot express. */
const withoutNull = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, fc.string(), fc.integer(), fc.boolean(), fc.array(tie('value')), tie('object')),
  object: fc.dictionary(fc.string(), tie('value')),
})).object;

describe('clone', () => {
  it('copies deeply, so that a frozen original can be changed in the copy', () => {
    const original = deepFreeze({ a: { b: [{ c: 1 }] } });
    const copy = clone(original);
    copy.a.b[0]!.c = 2;
    expect(original.a.b[0]!.c).toBe(1);
  });

  it('equals its original', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => equal(clone(value), value)));
  });

  it('leaves out undefined properties and survives a property named __proto__', () => {
    expect(Object.keys(clone({ a: undefined, b: 1 }))).toEqual(['b']);
    const hostile = JSON.parse('{"__proto__":{"polluted":true}}') as object;
    expect(JSON.stringify(clone(hostile))).toBe('{"__proto__":{"polluted":true}}');
  });
});

describe('deepFreeze', () => {
  it('freezes everything inside', () => {
    const value = deepFreeze({ a: [{ b: 1 }] });
    expect(() => {
      value.a[0]!.b = 2;
    }).toThrow(TypeError);
  });
});

describe('equal', () => {
  const cases: { name: string; a: unknown; b: unknown; want: boolean }[] = [
    { name: 'order of properties', a: { x: 1, y: 2 }, b: { y: 2, x: 1 }, want: true },
    { name: 'undefined and absent', a: { x: undefined }, b: {}, want: true },
    { name: 'absent and undefined', a: {}, b: { x: undefined }, want: true },
    { name: 'different undefined keys', a: { x: undefined, z: 1 }, b: { y: undefined, z: 1 }, want: true },
    { name: 'one undefined, one set', a: { x: undefined }, b: { y: 1 }, want: false },
    { name: 'array and object', a: [], b: {}, want: false },
    { name: 'null and object', a: null, b: {}, want: false },
    { name: 'order of items', a: [1, 2], b: [2, 1], want: false },
    { name: 'inherited properties', a: { toString: undefined, x: 1 }, b: { x: 1 }, want: true },
    { name: 'number and text', a: 1, b: '1', want: false },
  ];
  it.each(cases)('$name', ({ a, b, want }) => {
    expect(equal(a, b)).toBe(want);
    expect(equal(b, a)).toBe(want);
  });
});

describe('merge patch', () => {
  // The examples of RFC 7386, appendix A.
  const cases: [target: unknown, patch: unknown, want: unknown][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  it.each(cases)('%j patched with %j', (target, patch, want) => {
    expect(applyMergePatch(target, patch)).toEqual(want);
  });

  it('turns any object into any other, and is absent exactly when they are equal', () => {
    fc.assert(
      fc.property(withoutNull, withoutNull, (before, after) => {
        const patch = createMergePatch(before, after);
        if (patch === undefined) return equal(before, after);
        return equal(applyMergePatch(before, patch), after) && !equal(before, after);
      }),
    );
  });

  it('names only what changed', () => {
    expect(createMergePatch({ a: { x: 1, y: 2 }, b: [1] }, { a: { x: 1, z: 3 }, b: [1] })).toEqual({ a: { y: null, z: 3 } });
  });
});
