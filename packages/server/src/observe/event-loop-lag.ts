import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge, type Registry } from 'prom-client';

/** How often is looked, in milliseconds: a lag that lasts longer is never overlooked. */
export const EVERY = 100;

/** For the library's own measure of the lag, which looks as often as this says: never again, in milliseconds. */
export const NEVER: number = 2 ** 31 - 1;

/** A histogram that fills itself once it is enabled; that says whether it was not before. */
export type Delays = Pick<
  ReturnType<typeof monitorEventLoopDelay>,
  'enable' | 'reset' | 'count' | 'mean' | 'min' | 'max' | 'stddev' | 'percentile'
>;

/**
 * Measures how late the event loop is, under the usual names: `nodejs_eventloop_lag_seconds` (the mean) and its statistics, each since it
 * was asked last. Takes the place of the library's own measure, which wakes an idle process a hundred times a second and counts the time
 * between two looks as lag. Nothing is measured until somebody asks, so the first answer says 0. Returns what sets them, to
 * be called before each answer. `delays` has the times from one look to the next, in nanoseconds.
 */
export function measureEventLoopLag(
  registry: Registry,
  delays: Delays = monitorEventLoopDelay({ resolution: EVERY }),
): () => void {
  for (const { name } of registry.getMetricsAsArray())
    if (name.startsWith('nodejs_eventloop_lag')) registry.removeSingleMetric(name);
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds - EVERY * 1e6);
  const statistics: [name: string, help: string, read: () => number][] = [
    ['', 'Lag of the event loop on average', () => late(delays.mean)],
    ['_min', 'The smallest lag of the event loop', () => late(delays.min)],
    ['_max', 'The largest lag of the event loop', () => late(delays.max)],
    ['_mean', 'The mean of the lags of the event loop', () => late(delays.mean)],
    ['_stddev', 'The standard deviation of the lags of the event loop', () => delays.stddev],
    ...[50, 90, 99].map((percent): [string, string, () => number] => [
      `_p${percent}`,
      `The ${percent}th percentile of the lags of the event loop`,
      () => late(delays.percentile(percent)),
    ]),
  ];
  const gauges = statistics.map(([name, help, read]) => ({
    gauge: new Gauge({ name: `nodejs_eventloop_lag${name}_seconds`, help, registers: [registry] }),
    read,
  }));
  return () => {
    const isFirst = delays.enable();
    for (const { gauge, read } of gauges) gauge.set(isFirst || delays.count === 0 ? 0 : read() / 1e9);
    delays.reset();
  };
}
