/**
 * The edge cases of scheduling and phases that Argo Rollouts' own tests pin down, one after the other. The number in each title is the
 * place in the list of the analysis specification: part C, "scheduling and phases".
 */
import type { AnalysisRun, AnalysisRunSpec, AnalysisRunStatus, Measurement, Metric, MetricResult } from '@kargo/api';
import { silentLog, type Client, type Log } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import type { CollectRequest, MeasurementResult, Provider } from '../provider.ts';
import { assessMetric } from './assess.ts';
import { recordOutcomes } from './measure.ts';
import { passOver, type PassResult } from './pass.ts';
import { dueTasks, nextWakeUp } from './schedule.ts';

const START = Date.parse('2026-01-02T03:04:05Z');
const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString().replace('.000Z', 'Z');
const metric = (name: string, rest: Partial<Metric> = {}): Metric => ({ name, provider: { scripted: {} }, ...rest });
const ended = (seconds: number, phase = 'Successful'): Measurement => ({
  phase,
  startedAt: at(seconds),
  finishedAt: at(seconds),
});
const inFlight = (rest: Partial<Measurement> = {}): Measurement => ({ phase: 'Running', startedAt: at(0), ...rest });
const result = (name: string, rest: Partial<MetricResult> = {}): MetricResult => ({ name, phase: 'Running', ...rest });
const status = (results: MetricResult[], startedAt: string | undefined = at(0)): AnalysisRunStatus => ({
  phase: 'Running',
  ...(startedAt === undefined ? {} : { startedAt }),
  metricResults: results,
});

/** Names of what is due, as `run a`. */
const due = (metrics: Metric[], given: AnalysisRunStatus | undefined, seconds: number, terminating = false): string[] =>
  dueTasks(metrics, given, terminating, START + seconds * 1000).map(({ kind, metric: { name } }) => `${kind} ${name}`);
/** Seconds until the next look; undefined if only an event can move the run. */
const wake = (metrics: Metric[], given: AnalysisRunStatus | undefined, seconds = 0): number | undefined => {
  const next = nextWakeUp(metrics, given, START + seconds * 1000);
  return next === undefined ? undefined : (next - START) / 1000;
};

interface Look {
  spec: Partial<AnalysisRunSpec> & { metrics: Metric[] };
  status?: AnalysisRunStatus;
  seconds?: number;
  provider?: Partial<Provider>;
  secrets?: Record<string, string>;
  log?: Log;
}

/** One look at a run. Every metric succeeds unless told otherwise; what is in flight can be terminated. */
function look({ spec, status: before, seconds = 0, provider, secrets = {}, log = silentLog }: Look): Promise<PassResult> {
  const clock = {
    now: () => START + seconds * 1000,
    setTimer: () => ({ cancel: () => undefined }),
    sleep: () => Promise.resolve(),
  };
  const scripted: Provider = {
    name: 'scripted',
    run: () => Promise.resolve<MeasurementResult>({ phase: 'Successful' }),
    resume: (_request, measurement) => Promise.resolve(measurement),
    terminate: (_request, measurement) => Promise.resolve({ ...measurement, phase: 'Inconclusive' }),
    ...provider,
  };
  const client = {
    get: () =>
      Promise.resolve({
        data: Object.fromEntries(Object.entries(secrets).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
      }),
  } as unknown as Client;
  const run: AnalysisRun = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: { name: 'r', namespace: 'p', uid: 'u' },
    spec,
    ...(before === undefined ? {} : { status: before }),
  };
  const http = { send: () => Promise.reject(new Error('no http here')) };
  return passOver(run, { providers: [scripted], ports: { clock, http, client }, signal: new AbortController().signal, log });
}

const fails = (message?: string): Partial<Provider> => ({
  run: () => Promise.resolve({ phase: 'Failed', ...(message === undefined ? {} : { message }) }),
});
const byName = (phases: Record<string, string>): Partial<Provider> => ({
  run: ({ metric: { name } }) => Promise.resolve({ phase: phases[name] ?? 'Successful' }),
});

describe('[40 C1.1] an interval of 60 s', () => {
  const given = status([result('a', { count: 1, measurements: [ended(0)] })]);
  it.each([
    [50, []],
    [61, ['run a']],
  ])('%i s after the last finish: %j', (seconds, want) => {
    expect(due([metric('a', { interval: '60s' })], given, seconds)).toEqual(want);
  });
});

describe('[40 C1.2] siblings', () => {
  it('that have already failed suppress all new measurements', () => {
    const given = status([result('a', { phase: 'Failed', measurements: [ended(0, 'Failed')] })]);
    expect(due([metric('a'), metric('b')], given, 5, true)).toEqual([]);
  });
  it('all start when there are no results', () => {
    expect(due([metric('a'), metric('b')], undefined, 0)).toEqual(['run a', 'run b']);
  });
});

describe('[40 C1.3] without interval and count', () => {
  it.each([
    ['nothing follows the one measurement', [result('a', { count: 1, measurements: [ended(0)] })], []],
    ['a result without measurements gets one', [result('a', { measurements: [] })], ['run a']],
  ])('%s', (_, results, want) => {
    expect(due([metric('a')], status(results), 600)).toEqual(want);
  });
});

it('[40 C1.4] a measurement that claims success without a finish time is resumed, not run again', () => {
  expect(due([metric('a')], status([result('a', { measurements: [{ phase: 'Successful', startedAt: at(0) }] })]), 5)).toEqual([
    'resume a',
  ]);
});

describe('[40 C1.5] an initial delay of 20 s', () => {
  const metrics = [metric('a', { initialDelay: '20s' })];
  it.each<[string, AnalysisRunStatus | undefined, number, string[]]>([
    ['is not over while the run has not started', undefined, 0, []],
    ['is not over after 10 s', status([]), 10, []],
    ['is over after 20 s', status([]), 20, ['run a']],
  ])('%s', (_, given, seconds, want) => {
    expect(due(metrics, given, seconds)).toEqual(want);
  });
  it('is waited for to the second', () => {
    expect(wake(metrics, status([]))).toBe(20);
  });
  it('that cannot be read ends the run before anything is measured', async () => {
    const { status: after, wakeUp } = await look({ spec: { metrics: [metric('a', { initialDelay: 'soon' })] } });
    expect(after).toMatchObject({ phase: 'Error', message: expect.stringContaining('invalid startDelay string') });
    expect(wakeUp).toBeUndefined();
  });
});

it('[40 C1.6] only the metric whose resumeAt has passed is resumed', () => {
  const given = status([
    result('a', { measurements: [inFlight({ resumeAt: at(5) })] }),
    result('b', { measurements: [inFlight({ resumeAt: at(20) })] }),
  ]);
  expect(due([metric('a'), metric('b')], given, 10)).toEqual(['resume a']);
});

it('[40 C1.7] an error is tried again after 10 s, even with an interval of 5 m', () => {
  const metrics = [metric('a', { interval: '5m' })];
  const given = status([result('a', { error: 1, measurements: [ended(0, 'Error')] })]);
  expect([due(metrics, given, 9), due(metrics, given, 11), wake(metrics, given)]).toEqual([[], ['run a'], 10]);
});

describe('[40 C1.8] the next look', () => {
  it('is the earliest over all metrics', () => {
    const metrics = [metric('a', { interval: '60s' }), metric('b', { interval: '30s' })];
    const given = status(['a', 'b'].map((name) => result(name, { count: 1, measurements: [ended(0)] })));
    expect(wake(metrics, given)).toBe(30);
  });
  it.each<[string, MetricResult]>([
    ['what is in flight without a time to resume', result('a', { measurements: [inFlight()] })],
    ['what is completed', result('a', { phase: 'Successful', measurements: [ended(0)] })],
  ])('does not come from %s', (_, given) => {
    expect(wake([metric('a', { interval: '60s' })], status([given]))).toBeUndefined();
  });
});

describe('[40 C1.9] [40 C1.10] [40 C1.11] limits', () => {
  const verdict = (rest: Partial<Metric>, counters: Partial<MetricResult>, terminating = false): string =>
    assessMetric(metric('a', { interval: '60s', ...rest }), result('a', { measurements: [ended(0)], ...counters }), terminating)
      .phase;
  it.each<[Partial<Metric>, Partial<MetricResult>, boolean, string]>([
    [{ failureLimit: 2 }, { failed: 3, count: 3 }, false, 'Failed'],
    [{ failureLimit: 2 }, { failed: 3, count: 3 }, true, 'Failed'],
    [{ failureLimit: 3 }, { failed: 3, count: 3 }, false, 'Running'],
    [{ failureLimit: 3 }, { failed: 3, count: 3 }, true, 'Successful'],
    [{ inconclusiveLimit: 2 }, { inconclusive: 3, count: 3 }, false, 'Inconclusive'],
    [{ inconclusiveLimit: 2 }, { inconclusive: 3, count: 3 }, true, 'Inconclusive'],
    [{ inconclusiveLimit: 3 }, { inconclusive: 3, count: 3 }, false, 'Running'],
    [{ inconclusiveLimit: 3 }, { inconclusive: 3, count: 3 }, true, 'Successful'],
    [{}, { consecutiveError: 5, error: 5 }, false, 'Error'],
    [{}, { consecutiveError: 4, error: 4 }, false, 'Running'],
    [{ consecutiveErrorLimit: 0 }, { consecutiveError: 1, error: 1 }, false, 'Error'],
  ])('%j with %j, terminating %j: %s', (rest, counters, terminating, want) => {
    expect(verdict(rest, counters, terminating)).toBe(want);
  });

  it.each<[string, Partial<Metric>, Partial<MetricResult>, boolean, string]>([
    ['10 reached', { count: 5 }, { consecutiveSuccess: 3, count: 3 }, false, 'Successful'],
    ['10 count reached without it', { count: 5 }, { consecutiveSuccess: 1, count: 5 }, false, 'Failed'],
    ['10 count reached without it, terminating', { count: 5 }, { consecutiveSuccess: 1, count: 5 }, true, 'Failed'],
    ['10 indefinite', {}, { consecutiveSuccess: 1, count: 5 }, false, 'Running'],
    ['10 indefinite, terminating', {}, { consecutiveSuccess: 1, count: 5 }, true, 'Successful'],
    ['11 failure breach wins', { count: 9, failureLimit: 1 }, { consecutiveSuccess: 3, failed: 2, count: 5 }, false, 'Failed'],
    ['11 success first', { count: 9, failureLimit: 3 }, { consecutiveSuccess: 3, failed: 2, count: 5 }, false, 'Successful'],
    [
      '11 neither at the end',
      { count: 5, failureLimit: 2 },
      { consecutiveSuccess: 1, failed: 2, count: 5 },
      false,
      'Inconclusive',
    ],
  ])('[40 C1.%s] a limit of three successes in a row: %j with %j', (_, rest, counters, terminating, want) => {
    expect(verdict({ consecutiveSuccessLimit: 3, failureLimit: -1, ...rest }, counters, terminating)).toBe(want);
  });

  it('[40 C1.12] count reached with more inconclusive measurements than allowed is Inconclusive', () => {
    expect(verdict({ count: 3, inconclusiveLimit: 1 }, { inconclusive: 2, successful: 1, count: 3 })).toBe('Inconclusive');
  });
});

it.each([{}, { count: 0 }])('[40 C1.13] with %j there is one measurement, and the run succeeds in one look', async (rest) => {
  const { status: after } = await look({ spec: { metrics: [metric('a', rest)] } });
  expect(after).toMatchObject({ phase: 'Successful', metricResults: [{ count: 1, measurements: [{ phase: 'Successful' }] }] });
});

describe.each(['Failed', 'Inconclusive', 'Error'])('[40 C1.14] a sibling that ended %s', (phase) => {
  it('terminates what is in flight, and gives the run its phase', async () => {
    const before = status([
      result('a', { phase, [phase.toLowerCase()]: 1, count: 1, measurements: [ended(0, phase)] }),
      result('b', { measurements: [inFlight({ metadata: { 'job-name': 'x' } })] }),
    ]);
    const { status: after } = await look({
      spec: { metrics: [metric('a', { consecutiveErrorLimit: 0 }), metric('b')] },
      status: before,
      seconds: 1,
    });
    expect(after.metricResults?.[1]).toMatchObject({
      phase: 'Inconclusive',
      message: 'Metric Terminated',
      measurements: [{ phase: 'Inconclusive', message: 'Metric Terminated' }],
    });
    expect(after.phase).toBe(phase);
  });
});

it('[40 C1.15] the fifth error in a row leaves the count where it was', () => {
  const given = status([
    result('a', { count: 4, successful: 4, error: 4, consecutiveError: 4, measurements: [ended(0, 'Error')] }),
  ]);
  recordOutcomes(given, [{ task: { kind: 'run', metric: metric('a') }, measurement: { phase: 'Error' } }], new Set(), at(10));
  expect(given.metricResults?.[0]).toMatchObject({ count: 4, error: 5, consecutiveError: 5 });
});

it('[40 C1.16] of metrics that are equally bad, the first in the specification is named', async () => {
  const { status: after } = await look({ spec: { metrics: [metric('z'), metric('a')] }, provider: fails() });
  expect(after.message).toContain('Metric "z"');
});

it('[40 C1.17] the text of the provider is appended', async () => {
  const { status: after } = await look({ spec: { metrics: [metric('a')] }, provider: fails('Provider Error') });
  expect(after.message).toBe('Metric "a" assessed Failed due to failed (1) > failureLimit (0): "Error Message: Provider Error"');
});

describe('[40 C1.18] dry runs', () => {
  it('alone succeed whatever they measure, and are counted apart', async () => {
    const { status: after } = await look({ spec: { metrics: [metric('a')], dryRun: [{ metricName: 'a' }] }, provider: fails() });
    expect(after).toMatchObject({ phase: 'Successful', runSummary: {}, dryRunSummary: { count: 1, failed: 1 } });
    expect(after.message).toBeUndefined();
    expect(after.metricResults?.[0]).toMatchObject({
      dryRun: true,
      message: 'Metric assessed Failed due to failed (1) > failureLimit (0)',
    });
  });
  it('beside a real metric do not hide what that one found', async () => {
    const { status: after } = await look({
      spec: { metrics: [metric('dry'), metric('real')], dryRun: [{ metricName: '^dry$' }] },
      provider: byName({ dry: 'Failed', real: 'Inconclusive' }),
    });
    expect(after).toMatchObject({ phase: 'Inconclusive', message: expect.stringContaining('Metric "real"') });
  });
  it('that have not begun are ended with the run', async () => {
    const { status: after } = await look({
      spec: { metrics: [metric('a', { initialDelay: '1h' })], dryRun: [{ metricName: '*' }], terminate: true },
    });
    expect(after).toMatchObject({ phase: 'Successful', message: 'Run Terminated', dryRunSummary: { count: 1 } });
    expect(after.dryRunSummary).toEqual({ count: 1 });
  });
});

it.each<[string, Partial<AnalysisRunSpec>, string]>([
  ['dryRun', { dryRun: [{ metricName: 'a' }, { metricName: 'none' }] }, "dryRun[1]: Rule didn't match any metric name(s)"],
  [
    'dryRun of a terminated run',
    { dryRun: [{ metricName: 'none' }], terminate: true },
    "dryRun[0]: Rule didn't match any metric name(s)",
  ],
  [
    'measurementRetention',
    { measurementRetention: [{ metricName: 'none', limit: 1 }] },
    "measurementRetention[0]: Rule didn't match any metric name(s)",
  ],
])('[40 C1.19] a rule of %s that matches nothing ends the run', async (_, spec, message) => {
  const { status: after } = await look({ spec: { metrics: [metric('a')], ...spec } });
  expect(after).toMatchObject({ phase: 'Error', message });
  expect(after.completedAt).toBeDefined();
});

describe('[40 C1.20] old measurements', () => {
  const many = (count: number): AnalysisRunStatus =>
    status([result('a', { count, successful: count, measurements: Array.from({ length: count }, (_, index) => ended(index)) })]);
  it.each([
    ['ten are kept', undefined, 10],
    ['as many as a rule says are kept', [{ metricName: 'a', limit: 3 }], 3],
    ['a limit of none is the default', [{ metricName: 'a', limit: 0 }], 10],
  ])('%s, the newest', async (_, measurementRetention, kept) => {
    const { status: after } = await look({
      spec: {
        metrics: [metric('a', { interval: '1s' })],
        ...(measurementRetention === undefined ? {} : { measurementRetention }),
      },
      status: many(12),
      seconds: 60,
    });
    const measurements = after.metricResults?.[0]?.measurements ?? [];
    expect(measurements).toHaveLength(kept);
    expect(measurements.at(-1)?.startedAt).toBe(at(60));
    expect(after.metricResults?.[0]?.count).toBe(13);
  });
  it('are collected with arguments resolved', async () => {
    const collected: CollectRequest[] = [];
    await look({
      spec: {
        metrics: [metric('a', { interval: '1s', provider: { scripted: { url: '{{args.url}}' } } })],
        args: [{ name: 'url', value: 'http://x' }],
      },
      status: many(12),
      seconds: 60,
      provider: { collect: (request) => Promise.resolve(void collected.push(request)) },
    });
    expect(collected).toMatchObject([{ keep: 10, metric: { provider: { scripted: { url: 'http://x' } } } }]);
  });
});

it('[40 C1.22] secrets are replaced in messages, values, metadata and logs', async () => {
  const lines: string[] = [];
  const log = new Proxy(silentLog, {
    get: (target, name) =>
      name === 'child'
        ? () => log
        : typeof name === 'string' && name in target
          ? (...parts: unknown[]) => void lines.push(JSON.stringify(parts))
          : undefined,
  });
  const { status: after } = await look({
    spec: {
      metrics: [metric('a', { provider: { scripted: { key: '{{args.key}}' } } })],
      args: [{ name: 'key', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
    },
    secrets: { k: 'hunter22' },
    provider: { run: () => Promise.reject(new Error('the server did not like hunter22 at http://x/?q=hunter22')) },
    log,
  });
  expect(after.metricResults?.[0]?.measurements?.[0]?.message).toBe('the server did not like ***** at http://x/?q=*****');
  expect(JSON.stringify([after, lines])).not.toContain('hunter22');
  expect(lines.join()).toContain('*****');
});
