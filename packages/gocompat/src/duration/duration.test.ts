import { describe, expect, it } from 'vitest';
import { ParseError } from '../parse-error.ts';
import { formatAge } from './age.ts';
import { formatDuration, formatDurationNanos, parseDuration, parseDurationNanos } from './duration.ts';

describe('Go durations', () => {
  it.each([
    ['0', 0n],
    ['+0', 0n],
    ['5s', 5_000_000_000n],
    ['-5s', -5_000_000_000n],
    ['1h2m3.5s', 3_723_500_000_000n],
    ['.5s', 500_000_000n],
    ['1.s', 1_000_000_000n],
    ['1.5h', 5_400_000_000_000n],
    ['10ns', 10n],
    ['3us', 3_000n],
    ['3µs', 3_000n],
    ['3μs', 3_000n],
    ['0.3333333333333333333h', 1_200_000_000_000n],
    ['9223372036854775807ns', 9_223_372_036_854_775_807n],
    ['-9223372036854775808ns', -9_223_372_036_854_775_808n],
    ['9007199254740993ns', 9_007_199_254_740_993n],
    ['1m1m', 120_000_000_000n],
  ])('%s is %s ns', (text, want) => {
    expect(parseDurationNanos(text)).toBe(want);
  });

  it.each([
    '',
    '3',
    '-',
    's',
    '.',
    '-.',
    '.s',
    '+.s',
    '1d',
    '1h 2m',
    '1.2.3s',
    '9223372036854775808ns',
    '3000000h',
    '--1s',
    '1S',
    ' 1s',
    '1s ',
  ])('refuses %j', (text) => {
    expect(() => parseDurationNanos(text)).toThrow(ParseError);
  });

  it('is milliseconds where numbers are enough', () => {
    expect(parseDuration('1.5s')).toBe(1500);
    expect(parseDuration('100us')).toBe(0.1);
    expect(parseDuration('-1m')).toBe(-60_000);
  });

  it.each([
    [0n, '0s'],
    [1n, '1ns'],
    [1_100n, '1.1µs'],
    [2_200_000n, '2.2ms'],
    [3_300_000_000n, '3.3s'],
    [245_000_000_000n, '4m5s'],
    [245_001_000_000n, '4m5.001s'],
    [18_367_001_000_000n, '5h6m7.001s'],
    [3_600_000_000_000n, '1h0m0s'],
    [-60_000_000_000n, '-1m0s'],
  ])('%s ns is written %s', (nanos, want) => {
    expect(formatDurationNanos(nanos)).toBe(want);
    expect(parseDurationNanos(want)).toBe(nanos);
    expect(formatDuration(Number(nanos) / 1e6)).toBe(want);
  });
});

describe('ages', () => {
  const [m, h, d] = [60, 3600, 86_400];
  it.each([
    [-5, '<invalid>'],
    [-1, '0s'],
    [0, '0s'],
    [119, '119s'],
    [2 * m, '2m'],
    [5 * m + 3, '5m3s'],
    [10 * m + 3, '10m'],
    [3 * h + 5 * m, '3h5m'],
    [8 * h + 5 * m, '8h'],
    [47 * h, '47h'],
    [3 * d + 2 * h, '3d2h'],
    [8 * d + 2 * h, '8d'],
    [(2 * 365 + 30) * d, '2y30d'],
    [9 * 365 * d, '9y'],
  ])('%s s is %s', (seconds, want) => {
    expect(formatAge(seconds * 1000)).toBe(want);
  });
});
