import { describe, expect, it } from 'vitest';
import { ParseError } from '../parse-error.ts';
import { compileRE2 } from './re2.ts';

describe('RE2 patterns', () => {
  it.each([
    ['b+', 'abbbc', true],
    ['^b', 'ab', false],
    ['(?i)ABC', 'xabcx', true],
    ['^v?\\d+\\.\\d+$', 'v1.2', true],
    ['\\pL+', '☃é', true],
    ['', 'anything', true],
    ['^$', '', true],
    ['a.c', 'a\nc', false],
    ['(?s)a.c', 'a\nc', true],
  ])('%s finds something in %j: %j', (pattern, text, want) => {
    expect(compileRE2(pattern).test(text)).toBe(want);
    expect(compileRE2(pattern).find(text) !== undefined).toBe(want);
  });

  it.each(['(', '*', '[z-a]', '(?=x)', '(?<!x)y', '(a)\\1', 'a{1001}'])('refuses %s', (pattern) => {
    expect(() => compileRE2(pattern)).toThrow(ParseError);
  });

  it('takes linear time where backtracking would explode', () => {
    expect(compileRE2('^(a+)+$').test(`${'a'.repeat(50_000)}!`)).toBe(false);
  });

  it('gives groups by number and name', () => {
    const match = compileRE2('(?P<major>\\d+)\\.(\\d+)(x)?').find('version 12.34');
    expect(match).toEqual({ text: '12.34', index: 8, groups: ['12', '34', undefined], named: { major: '12' } });
  });

  it.each([
    ['a(x*)b', '-ab-axxb-', '$1', '--xx-'],
    ['a(x*)b', '-ab-axxb-', '$1W', '---'],
    ['a(x*)b', '-ab-axxb-', '${1}W', '-W-xxW-'],
    ['(?P<n>b)', 'abc', '[$n]', 'a[b]c'],
    ['b', 'abc', '$$0=$0', 'a$0=bc'],
    ['', 'abc', '-', '-a-b-c-'],
    ['z', 'abc', '-', 'abc'],
    ['b', 'abc', '$ $', 'a$ $c'],
  ])('replaces %s in %s by %s', (pattern, text, replacement, want) => {
    expect(compileRE2(pattern).replace(text, replacement)).toBe(want);
  });
});
