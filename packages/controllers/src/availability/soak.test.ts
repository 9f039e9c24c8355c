import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { someFreight } from './fixtures.ts';
import { dwell, soakMilliseconds, soakText } from './soak.ts';

describe('soak durations', () => {
  it.each([
    ['90s', 90_000],
    ['1.5h', 5_400_000],
    ['1h2m3.5s', 3_723_500],
    ['2h5m0s', 7_500_000],
    ['250ms', 250],
    ['0', 0],
    ['1', undefined],
    ['-1s', undefined],
    ['', undefined],
  ])('%s', (text, want) => expect(soakMilliseconds(text)).toBe(want));

  it('are written so that they are read back, to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), (seconds) => {
        expect(soakMilliseconds(soakText(seconds * 1000 + 999))).toBe(seconds * 1000);
      }),
    );
    expect([0, 59, 60, 7500].map((seconds) => soakText(seconds * 1000))).toEqual(['0s', '59s', '1m0s', '2h5m0s']);
  });
});

describe('dwell', () => {
  const now = Date.parse('2026-01-01T12:00:00Z');
  it('of Freight with an unreadable arrival is what was recorded', () => {
    expect(dwell(someFreight('f', { verifiedIn: { up: { longestSoak: '5s' } }, currentlyIn: { up: {} } }), 'up', now)).toBe(5000);
  });
  it('is never negative, even when clocks differ', () => {
    const ahead = { verifiedIn: { up: {} }, currentlyIn: { up: { since: '2026-01-01T13:00:00Z' } } };
    expect(dwell(someFreight('f', ahead), 'up', now)).toBe(0);
  });
});
