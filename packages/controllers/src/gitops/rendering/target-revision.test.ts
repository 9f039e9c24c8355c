import { expect, it } from 'vitest';
import { tagOfRange } from './target-revision.ts';

const tags = ['v1.0.0', '1.2.0', 'v1.10.0', '2.0.0', '2.1.0-rc.1', 'release', '3.x'];

it.each<[string, string | undefined]>([
  ['1.x', 'v1.10.0'],
  ['^1.2.0', 'v1.10.0'],
  ['>=1.0.0 <1.5.0', '1.2.0'],
  ['*', '2.0.0'],
  ['3.x', undefined],
  ['', undefined],
  ['main', undefined],
  ['stage/test', undefined],
  ['feature/x', undefined],
  ['fix/x-y', undefined],
  ['1.2.0', undefined],
  ['a'.repeat(40), undefined],
])('the target revision %s means the tag %s', (target, want) => {
  expect(tagOfRange(target, tags)).toBe(want);
});

it('fails when no tag satisfies a range', () => {
  expect(() => tagOfRange('>=9', tags)).toThrow('no tag satisfies the range >=9');
});
