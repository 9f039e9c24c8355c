import { setTimeout as later } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';

async function lags(text: Promise<{ text: string }>): Promise<Map<string, number>> {
  const lines = (await text).text.matchAll(/^nodejs_eventloop_lag(\S*)_seconds (\S+)$/gm);
  return new Map(Array.from(lines, ([, name, value]) => [name ?? '', Number(value)]));
}

it('tells how late the event loop was since it was asked last, without the time between two looks', async () => {
  const { rest } = createMetrics();
  const first = await lags(rest.exposition());
  expect([...first]).toEqual(['', '_min', '_max', '_mean', '_stddev', '_p50', '_p90', '_p99'].map((name) => [name, 0]));
  await later(120);
  const held = performance.now() + 400;
  while (performance.now() < held);
  await later(120);
  const then = await lags(rest.exposition());
  expect(then.get('_max')).toBeGreaterThanOrEqual(0.2);
  expect(then.get('_min')).toBeLessThan(then.get('_max') ?? 0);
  expect((await lags(rest.exposition())).get('_max')).toBeLessThan(0.2);
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
