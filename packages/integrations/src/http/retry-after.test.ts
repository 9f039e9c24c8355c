import { describe, expect, it } from 'vitest';
import { retryAfterOf } from './retry-after.ts';

const NOW = Date.parse('2025-05-01T22:01:18Z');

describe('how long a server wants to be left alone', () => {
  it.each<[Record<string, string>, number | undefined]>([
    [{}, undefined],
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': 'Thu, 01 May 2025 22:02:18 GMT' }, 60_000],
    [{ 'retry-after': 'Thu, 01 May 2025 21:00:00 GMT' }, 0],
    // As Docker Hub says it: the instant, in seconds; others have seen milliseconds.
    [{ 'retry-after': '1746136938', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1746136938' }, 60_000],
    [{ 'retry-after': '1746136938000' }, 60_000],
    [{ 'retry-after': '1000000000' }, 0],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1746136938' }, 60_000],
    [{ 'x-ratelimit-remaining': '3', 'x-ratelimit-reset': '1746136938' }, undefined],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '60' }, undefined],
    // As GHCR says it, in the words of Go.
    [{ 'retry-after': '985.86µs' }, undefined],
    [{ 'retry-after': '' }, undefined],
  ])('%j: %s', (headers, want) => {
    expect(retryAfterOf({ status: 429, headers }, NOW)).toBe(want);
  });
});
