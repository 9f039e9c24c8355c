import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toJson } from './json.ts';

describe('an output becomes plain JSON', () => {
  it.each([
    [7n, 7],
    [new Date('2026-01-02T03:04:05Z'), '2026-01-02T03:04:05Z'],
    [new Uint8Array([1, 2, 3]), 'AQID'],
    [new Map([['a', new Set([1, 2])]]), { a: [1, 2] }],
    [{ a: undefined, b: [undefined, Number.NaN] }, { b: [null, null] }],
    [Number.POSITIVE_INFINITY, null],
    [() => 1, null],
    [{ toJSON: () => ({ x: 1n }) }, { x: 1 }],
    [new URL('https://x.example/y'), 'https://x.example/y'],
  ])('%o', (given, want) => {
    expect(toJson(given)).toEqual(want);
  });

  it('leaves JSON as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        expect(toJson(plain)).toEqual(plain);
      }),
    );
  });

  it('refuses what contains itself', () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    expect(() => toJson(loop)).toThrow('contains itself');
  });
});
