import { describe, expect, it } from 'vitest';
import { ParseError } from '../parse-error.ts';
import { compileGlob } from './glob.ts';

describe('path patterns', () => {
  it.each([
    ['*', '', true],
    ['*', '/', false],
    ['/*', '/', true],
    ['abc', 'abc', true],
    ['abc', 'abcd', false],
    ['*c', 'abc', true],
    ['a*', 'a/b', false],
    ['a*/b', 'abc/b', true],
    ['a*b*c*d*e*/f', 'axbxcxdxe/f', true],
    ['a*b*c*d*e*/f', 'axbxcxdxe/xxx/f', false],
    ['a*b?c*x', 'abxbbxdbxebxczzx', true],
    ['ab[c]', 'abc', true],
    ['ab[b-d]', 'abc', true],
    ['ab[e-g]', 'abc', false],
    ['ab[^c]', 'abc', false],
    ['ab[^b-d]', 'abc', false],
    ['ab[!e-g]', 'abc', true],
    ['a[^b]c', 'a/c', true],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'ab', false],
    ['a?b', 'a☺b', true],
    ['a[^a]b', 'a☺b', true],
    ['a[!a][!a][!a]b', 'a☺b', false],
    ['[a-ζ]*', 'α', true],
    ['a?b', 'a/b', false],
    ['[\\]a]', ']', true],
    ['[\\-]', '-', true],
    ['[x\\-]', '-', true],
    ['[\\-x]', 'z', false],
    ['**', '', true],
    ['**', 'a/b/c', true],
    ['a/**', 'a', true],
    ['a/**', 'a/b/c', true],
    ['a/**', 'ab', false],
    ['a/**/', 'a/b/', true],
    ['**/c', 'c', true],
    ['**/c', 'a/b/c', true],
    ['**/c', 'abc', false],
    ['a/**/b', 'a/b', true],
    ['a/**/b', 'a/x/y/b', true],
    ['a/**/b', 'ab', false],
    ['a/**/*.yaml', 'a/b/c.yaml', true],
    ['a**b', 'axxb', true],
    ['a**b', 'a/b', false],
    ['a/**b', 'a/xb', true],
    ['a/**b', 'a/x/b', false],
    ['{a,b}', 'b', true],
    ['{a,b}c', 'c', false],
    ['a{,bc}', 'a', true],
    ['a{b,{c,d}}e', 'ade', true],
    ['{a/**,b}', 'a', true],
    ['{a/**,b}', 'a/x', true],
    ['stages/{test,uat}/**', 'stages/uat/x.yaml', true],
    ['a,b', 'a,b', true],
    ['[-x]', '-', true],
    ['[x-]', '-', true],
    ['[a-]', 'b', false],
    ['{**,a}x', 'b/x', false],
    ['b*/**', 'b', false],
    ['b*/**', 'bc', true],
    ['**/*', '', false],
    ['a/**/*', 'a/', false],
    ['[{]', '{', true],
    ['\\{a', '{a', true],
    ['[z-a]', 'm', false],
    ['[^z-a]', 'm', true],
    ['a.b', 'axb', false],
    ['(a|b)+', 'a', false],
  ])('%s matches %s: %j', (pattern, path, want) => {
    expect(compileGlob(pattern).matches(path)).toBe(want);
  });

  it.each(['[', '[^', 'a[', '[]a]', 'a\\', '{a', '{a,b', 'a}', '{a,b}'.repeat(10)])('refuses %s', (pattern) => {
    expect(() => compileGlob(pattern)).toThrow(ParseError);
  });

  it('takes linear time where backtracking would explode', () => {
    expect(compileGlob('*a*a*a*a*a*a*a*a*a*b').matches('a'.repeat(5_000))).toBe(false);
    expect(compileGlob('**/a/**/a/**/a/**/b').matches('a/'.repeat(2_000))).toBe(false);
  });
});
