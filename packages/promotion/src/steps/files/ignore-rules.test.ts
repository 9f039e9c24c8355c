import fc from 'fast-check';
import ignore from 'ignore';
import { describe, expect, it } from 'vitest';
import { compileIgnoreRules } from './ignore-rules.ts';

describe('ignore rules', () => {
  it.each<[rules: string, path: string, ignored: boolean]>([
    ['*.log', 'a/b.log', true],
    ['*.log\n!keep.log', 'keep.log', false],
    ['/a', 'b/a', false],
    ['a/b', 'x/a/b', false],
    ['build/', 'build', false],
    ['build/', 'build/x/y', true],
    ['build/\n!build/x', 'build/x', true],
    ['# a\n\\#b', '#b', true],
    ['a{b,c}', 'ab', false],
    ['a{b,c}', 'a{b,c}', true],
    ['**/x', 'a/b/x', true],
    ['a/**', 'a/b/c', true],
    ['a/**', 'a', false],
    ['a/**/z', 'a/z', true],
    ['name\\ ', 'name ', true],
    ['name  ', 'name', true],
    ['*', '.hidden', true],
    ['.git\n!.git/', '.git', true],
  ])('%j about %j: %s', (rules, path, ignored) => {
    expect(compileIgnoreRules(rules).ignores(path, false)).toBe(ignored);
  });

  it('takes back folders, not files of that name', () => {
    const rules = compileIgnoreRules('.git\n!.git/');
    expect([rules.ignores('.git', true), rules.ignores('.git/config', false), rules.ignores('.git', false)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('says what is wrong', () => {
    expect(() => compileIgnoreRules('[a')).toThrow('ignore: "[a" is not a pattern');
  });

  it('takes no time over patterns that lead others astray', () => {
    const rules = compileIgnoreRules(`${'*a'.repeat(30)}b`);
    expect(rules.ignores('a'.repeat(250), false)).toBe(false);
  });

  it('agrees with the usual implementation', () => {
    const part = fc.constantFrom('a', 'b', 'ab', '*', 'a*', '**', '?', 'b?');
    const pattern = fc
      .tuple(fc.constantFrom('', '!', '/', '!/'), fc.array(part, { minLength: 1, maxLength: 3 }), fc.constantFrom('', '/'))
      .map(([start, parts, end]) => `${start}${parts.join('/')}${end}`);
    const path = fc.array(fc.constantFrom('a', 'b', 'ab', 'bb'), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 4 }), path, fc.boolean(), (patterns, at, isFolder) => {
        const theirs = ignore({ ignorecase: false })
          .add(patterns)
          .ignores(isFolder ? `${at}/` : at);
        expect(compileIgnoreRules(patterns.join('\n')).ignores(at, isFolder)).toBe(theirs);
      }),
      { numRuns: 2000 },
    );
  });
});
