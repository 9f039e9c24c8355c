import type { Metric } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { metricsProblem } from './validate.ts';

const metric = (rest: Partial<Metric>): Metric => ({ name: 'a', provider: { web: {} }, ...rest });
const series = (rest: Partial<Metric>): Metric => metric({ interval: '60s', ...rest });

describe('problems of metrics', () => {
  it.each<[Metric[], string | undefined]>([
    [[], 'no metrics specified'],
    [[metric({}), metric({})], "metrics[1]: duplicate name 'a'"],
    [[metric({ consecutiveSuccessLimit: -1 })], 'metrics[0]: consecutiveSuccessLimit must be >= 0'],
    [[metric({ failureLimit: -2 })], 'metrics[0]: failureLimit must be >= 0, or -1 to be disabled'],
    [[series({ failureLimit: -1 })], 'metrics[0]: failureLimit and consecutiveSuccessLimit cannot both be disabled'],
    [[metric({ inconclusiveLimit: -1 })], 'metrics[0]: inconclusiveLimit must be >= 0'],
    [[metric({ consecutiveErrorLimit: -1 })], 'metrics[0]: consecutiveErrorLimit must be >= 0'],
    [
      [series({ count: 3, failureLimit: 2, consecutiveSuccessLimit: 2 })],
      'metrics[0]: count (3) must be >= failureLimit + consecutiveSuccessLimit (2 + 2) if both >= 0',
    ],
    [[series({ count: 4, failureLimit: 2, consecutiveSuccessLimit: 2 })], undefined],
    [
      [series({ count: 3, failureLimit: -1, consecutiveSuccessLimit: 4 })],
      'metrics[0]: count must be >= consecutiveSuccessLimit',
    ],
    [[series({ count: 3, failureLimit: -1, consecutiveSuccessLimit: 3 })], undefined],
    [[series({ count: 3, inconclusiveLimit: 4 })], 'metrics[0]: count must be >= inconclusiveLimit'],
    [[series({ count: 3, inconclusiveLimit: 3 })], undefined],
    [[metric({ count: 2 })], 'metrics[0]: interval must be specified when count > 1'],
    [[metric({ count: '2' })], 'metrics[0]: interval must be specified when count > 1'],
    [[metric({ count: 1 })], undefined],
    [[metric({ count: 0 })], undefined],
    [[metric({ count: -1 })], 'metrics[0]: count must be >= 0, found -1'],
    [[metric({ count: 'many' })], 'metrics[0]: count must be a whole number, found "many"'],
    [[metric({ interval: '60' })], 'metrics[0]: invalid interval string'],
    [[metric({ initialDelay: 'soon' })], 'metrics[0]: invalid startDelay string'],
    [[metric({ interval: '1h30m' })], undefined],
    [[metric({ provider: {} })], 'metrics[0]: no provider specified'],
    [[metric({ provider: { web: {}, job: {} } })], 'metrics[0]: multiple providers specified'],
    [[metric({ provider: { plugin: { 'a/x': {}, 'b/y': {} } } })], 'metrics[0]: multiple providers specified'],
    [[metric({ provider: { plugin: { 'a/x': {} } } })], undefined],
    [[metric({}), metric({ name: 'b', provider: {} })], 'metrics[1]: no provider specified'],
  ])('%j: %s', (metrics, want) => {
    const problem = metricsProblem(metrics);
    if (want === undefined) expect(problem).toBeUndefined();
    else expect(problem?.slice(0, want.length)).toBe(want);
  });
});
