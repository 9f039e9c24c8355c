import { describe, expect, it } from 'vitest';
import type { Value } from '../values/value.ts';
import { encodeYaml } from './yaml.ts';

describe('values as YAML', () => {
  it.each<[string, Value]>([
    ['null\n', null],
    ['1\n', 1n],
    ['1.5\n', 1.5],
    ['x\n', 'x'],
    ['""\n', ''],
    ['"1.10"\n', '1.10'],
    ['"true"\n', 'true'],
    ['"no"\n', 'no'],
    ['"2024-01-02"\n', '2024-01-02'],
    ["'a: b'\n", 'a: b'],
    ['a:b\n', 'a:b'],
    ["'- a'\n", '- a'],
    ['-a\n', '-a'],
    ["'a #b'\n", 'a #b'],
    ["it's\n", "it's"],
    ["'''x'''\n", "'x'"],
    ["'@x'\n", '@x'],
    ["' x'\n", ' x'],
    ['|-\n    a\n    b\n', 'a\nb'],
    ['|\n    a\n    b\n', 'a\nb\n'],
    ['"\\u0001"\n', '\u0001'],
    ['[]\n', []],
    ['{}\n', {}],
    ['- 1\n- - 2\n  - 3\n', [1n, [2n, 3n]]],
    ['a: x\nb: 1\n', { b: 1, a: 'x' }],
    ['a:\n    b: []\n', { a: { b: [] } }],
    ['a:\n    - b: 1\n      c: 2\n', { a: [{ b: 1, c: 2 }] }],
    ['a: |-\n    x\n    y\n', { a: 'x\ny' }],
  ])('%j', (want, value) => {
    expect(encodeYaml(value)).toBe(want);
  });
});
