import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decimal, decimals } from './decimal.ts';

it.each([
  [0, '0'],
  [-0, '-0'],
  [10, '10'],
  [0.5, '0.5'],
  [1e-7, '0.0000001'],
  [1.5e-10, '0.00000000015'],
  [-2.5e21, '-2500000000000000000000'],
  [1e300, `1${'0'.repeat(300)}`],
  [Number.NaN, 'NaN'],
  [Infinity, '+Inf'],
  [-Infinity, '-Inf'],
])('writes %d as %s', (value, text) => {
  expect(decimal(value)).toBe(text);
});

it('writes numbers that read back the same, without exponent', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(decimal(value)).not.toContain('e');
      expect(Number(decimal(value))).toBe(value);
    }),
  );
});

it('writes lists without blanks', () => {
  expect(decimals([10, 11])).toBe('[10,11]');
  expect(decimals([])).toBe('[]');
});
