import { expect, it } from 'vitest';
import { RenderedTexts } from './rendered-texts.ts';

const rendered = (text: string): { text: string; type: 'Directory' } => ({ text, type: 'Directory' });

it('keeps what was used last, within so many bytes', () => {
  const texts = new RenderedTexts(2 * (3 * 11));
  for (const key of ['a', 'b', 'c']) texts.set(key, rendered(key.repeat(10)));
  expect(texts.get('a')).toEqual(rendered('a'.repeat(10)));
  texts.set('d', rendered('d'.repeat(10)));
  expect(['a', 'b', 'c', 'd'].map((key) => texts.get(key) !== undefined)).toEqual([true, false, true, true]);
  texts.set('e', rendered('e'.repeat(21)));
  expect(['a', 'b', 'c', 'd', 'e'].map((key) => texts.get(key) !== undefined)).toEqual([false, false, false, true, true]);
});

it('keeps the newest under a key, and counts it once', () => {
  const texts = new RenderedTexts(2 * (2 * 11));
  for (let times = 0; times < 50; times++) texts.set('a', rendered(String(times % 10).repeat(10)));
  texts.set('b', rendered('b'.repeat(10)));
  expect(texts.get('a')).toEqual(rendered('9'.repeat(10)));
  expect(texts.get('b')).toBeDefined();
});

it('does not keep what alone is too large, nor what it replaces', () => {
  const texts = new RenderedTexts(100);
  texts.set('a', rendered('small'));
  texts.set('b', rendered('small'));
  texts.set('a', rendered('x'.repeat(1000)));
  expect(texts.get('a')).toBeUndefined();
  expect(texts.get('b')).toEqual(rendered('small'));
});
