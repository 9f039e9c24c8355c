import { describe, expect, it } from 'vitest';
import { ParseError } from '../parse-error.ts';
import { compareQuantities, parseQuantity } from './quantity.ts';

describe('quantities', () => {
  it.each([
    ['0', 0],
    ['2', 2],
    ['-2', -2],
    ['+1.5', 1.5],
    ['.5', 0.5],
    ['5.', 5],
    ['100m', 0.1],
    ['1500u', 0.0015],
    ['1k', 1000],
    ['1Ki', 1024],
    ['1.5Gi', 1.5 * 1024 ** 3],
    ['2E', 2e18],
    ['1Ei', 1024 ** 6],
    ['-999Ei', -(2 ** 63)],
    ['Mi', 0],
    ['1e3', 1000],
    ['1E3', 1000],
    ['12e-1', 1.2],
  ])('%s is %d', (text, want) => {
    expect(parseQuantity(text).toNumber()).toBe(want);
    expect(parseQuantity(text).toString()).toBe(text);
  });

  it.each(['', '1K', '1mi', '1 Gi', ' 1', '1e', '--1', '1e9999', 'Infinity', '0x10', '1kk'])('refuses %j', (text) => {
    expect(() => parseQuantity(text)).toThrow(ParseError);
  });

  it('compares amounts, not texts', () => {
    const order = (a: string, b: string): number => compareQuantities(parseQuantity(a), parseQuantity(b));
    expect(order('1', '1000m')).toBe(0);
    expect(order('1Gi', '1G')).toBe(1);
    expect(order('9007199254740992', '9007199254740993')).toBe(-1);
    expect(order('0.1n', '0')).toBe(1);
  });
});
