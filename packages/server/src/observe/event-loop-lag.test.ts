import { createHistogram } from 'node:perf_hooks';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { EVERY, measureEventLoopLag } from './event-loop-lag.ts';
import { createMetrics } from './metrics.ts';

async function lags(text: Promise<string>): Promise<Map<string, number>> {
  const lines = (await text).matchAll(/^nodejs_eventloop_lag(\S*)_seconds (\S+)$/gm);
  return new Map(Array.from(lines, ([, name, value]) => [name ?? '', Number(value)]));
}
const NAMES = ['', '_min', '_max', '_mean', '_stddev', '_p50', '_p90', '_p99'];

it('tells how late the event loop was since it was asked last, without the time between two looks', async () => {
  const registry = new Registry();
  const histogram = createHistogram();
  let enabled = 0;
  const delays = Object.assign(histogram, { enable: () => (enabled += 1) === 1 });
  const take = measureEventLoopLag(registry, delays);
  const next = (...late: number[]): Promise<Map<string, number>> => {
    for (const ms of late) histogram.record((EVERY + ms) * 1e6);
    take();
    return lags(registry.metrics());
  };
  expect([...(await next())]).toEqual(NAMES.map((name) => [name, 0]));
  const then = await next(0, 400, 20);
  const seconds = { '': 0.14, _min: 0, _max: 0.4, _mean: 0.14, _stddev: 0.184, _p50: 0.02, _p90: 0.4, _p99: 0.4 };
  for (const [name, value] of Object.entries(seconds)) expect(then.get(name), name).toBeCloseTo(value, 2);
  expect((await next(0)).get('_max')).toBeLessThan(0.01);
  expect([...(await next())]).toEqual(NAMES.map((name) => [name, 0]));
});

it('looks at the event loop of this process once somebody has asked', async () => {
  const { rest } = createMetrics();
  const told = (): Promise<Map<string, number>> => lags(rest.exposition().then(({ text }) => text));
  expect([...(await told())]).toEqual(NAMES.map((name) => [name, 0]));
  // A timer is always a little late; looked at more often than is assumed, it would never seem to be.
  await expect.poll(async () => (await told()).get('_max'), { interval: 3 * EVERY, timeout: 10_000 }).toBeGreaterThan(0);
});

it('keeps the other measures of the process', async () => {
  const { text } = await createMetrics().rest.exposition();
  for (const name of [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'nodejs_heap_size_used_bytes',
    'nodejs_gc_duration_seconds',
  ])
    expect(text).toContain(`# TYPE ${name}`);
});
