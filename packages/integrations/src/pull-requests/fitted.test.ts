import { expect, it } from 'vitest';
import { fitted, shortTitle } from './fitted.ts';

it.each([
  ['one\r\n two', 20, 'one two'],
  ['exactly', 7, 'exactly'],
  ['too long', 7, 'too lo…'],
  ['ship 🚀🚀', 8, 'ship 🚀…'],
  ['ship 🚀🚀', 9, 'ship 🚀🚀'],
])('the title %j in %d characters is %j', (title, max, want) => {
  expect(shortTitle(title, max)).toBe(want);
});

it('a description that is too long loses its middle, and no character is cut in two', () => {
  for (const max of [60, 61, 62]) {
    const short = fitted(`${'🚀'.repeat(100)}\n\nMade by x`, max);
    expect(short.length).toBeLessThanOrEqual(max);
    expect(short.isWellFormed()).toBe(true);
    expect(short.endsWith('\n\nMade by x')).toBe(true);
  }
});
