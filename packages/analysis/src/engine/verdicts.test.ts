/** What runs end with: each row is a set of metrics with the samples they give, and the verdict on run and metrics. */
import type { AnalysisRun, AnalysisRunStatus, Metric } from '@kargo/api';
import { silentLog, type Client } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import type { MeasurementResult, Provider } from '../provider.ts';
import { passOver } from './pass.ts';
import { isCompleted } from './phases.ts';

type Sample = 'S' | 'F' | 'I' | 'E' | 'J' | 'K';

interface MetricCase {
  /** Settings: n count, fl/il failure/inconclusive limit, ce/cs consecutive error/success limit, d initial delay, inf an interval without count. */
  n?: number;
  inf?: boolean;
  fl?: number;
  il?: number;
  ce?: number;
  cs?: number;
  d?: string;
  dry?: boolean;
  samples: string;
}

interface Case {
  name: string;
  metrics: MetricCase[];
  /** `spec.terminate` is set once the samples are used up. */
  terminate?: boolean;
  phases: (string | undefined)[];
  run: string;
  message?: string | RegExp;
  summary?: AnalysisRunStatus['runSummary'];
  dryRunSummary?: AnalysisRunStatus['runSummary'];
  counters?: Partial<Record<'count' | 'error' | 'failed' | 'successful' | 'inconclusive', number>>;
}

const PHASES: Record<string, string> = { S: 'Successful', F: 'Failed', I: 'Inconclusive', E: 'Error' };

function metricOf(index: number, { n, inf, fl, il, ce, cs, d }: MetricCase): Metric {
  return {
    name: 'ab'[index] ?? '',
    ...(n === undefined ? {} : { count: n }),
    ...(inf === true || (n ?? 0) > 1 ? { interval: '60s' } : {}),
    ...(fl === undefined ? {} : { failureLimit: fl }),
    ...(il === undefined ? {} : { inconclusiveLimit: il }),
    ...(ce === undefined ? {} : { consecutiveErrorLimit: ce }),
    ...(cs === undefined ? {} : { consecutiveSuccessLimit: cs }),
    ...(d === undefined ? {} : { initialDelay: d }),
    provider: { scripted: {} },
  };
}

/** Plays the samples of each metric; J and K stay in flight, J can be terminated. */
function scripted(cases: readonly MetricCase[]): { provider: Provider; left: () => number } {
  const scripts = cases.map(({ samples }) => samples.split('') as Sample[]);
  const provider: Provider = {
    name: 'scripted',
    run({ metric }) {
      const sample = scripts['ab'.indexOf(metric.name)]?.shift();
      if (sample === undefined) throw new Error(`metric ${metric.name} was measured more often than expected`);
      if (sample === 'E') return Promise.reject(new Error('boom'));
      return Promise.resolve<MeasurementResult>(
        sample === 'J' || sample === 'K' ? { phase: 'Running', metadata: { kind: sample } } : { phase: PHASES[sample] ?? '' },
      );
    },
    resume: (_request, measurement) => Promise.resolve(measurement),
    terminate: (_request, measurement) =>
      Promise.resolve(measurement.metadata?.['kind'] === 'J' ? { ...measurement, phase: 'Inconclusive' } : measurement),
  };
  return { provider, left: () => scripts.reduce((sum, script) => sum + script.length, 0) };
}

/** Runs on invented time: after each pass that changes the status at once again, else at the wake-up the engine asks for. */
async function play({ metrics, terminate }: Case): Promise<AnalysisRunStatus> {
  let now = Date.parse('2026-01-02T03:04:05Z');
  const { provider, left } = scripted(metrics);
  const clock = { now: () => now, setTimer: () => ({ cancel: () => undefined }), sleep: () => Promise.resolve() };
  const dryRun = metrics.flatMap(({ dry }, index) => (dry === true ? [{ metricName: `^${'ab'[index]}$` }] : []));
  let run: AnalysisRun = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: { name: 'r', namespace: 'p', uid: 'u' },
    spec: { metrics: metrics.map((metric, index) => metricOf(index, metric)), ...(dryRun.length === 0 ? {} : { dryRun }) },
  };
  const ports = {
    clock,
    http: { send: () => Promise.reject(new Error('no http here')) },
    client: undefined as unknown as Client,
  };
  for (let pass = 0; pass < 50; pass += 1) {
    const result = await passOver(run, { providers: [provider], ports, signal: new AbortController().signal, log: silentLog });
    const changed = JSON.stringify(result.status) !== JSON.stringify(run.status);
    run = { ...run, status: result.status };
    if (isCompleted(result.status.phase) || (!changed && result.wakeUp === undefined && terminate !== true)) return result.status;
    if (changed) continue;
    if (left() === 0 && terminate === true && run.spec.terminate !== true)
      run = { ...run, spec: { ...run.spec, terminate: true } };
    else if (result.wakeUp !== undefined) now = result.wakeUp;
  }
  throw new Error('the run did not end');
}

const cases: Case[] = [
  {
    name: 'one success',
    metrics: [{ samples: 'S' }],
    phases: ['Successful'],
    run: 'Successful',
    summary: { count: 1, successful: 1 },
  },
  {
    name: 'one failure',
    metrics: [{ samples: 'F' }],
    phases: ['Failed'],
    run: 'Failed',
    message: 'Metric "a" assessed Failed due to failed (1) > failureLimit (0)',
  },
  {
    name: 'one inconclusive',
    metrics: [{ samples: 'I' }],
    phases: ['Inconclusive'],
    run: 'Inconclusive',
    message: /inconclusive \(1\) > inconclusiveLimit \(0\)/,
  },
  { name: 'an error is tried again', metrics: [{ samples: 'ES' }], phases: ['Successful'], run: 'Successful' },
  {
    name: 'four errors are forgiven',
    metrics: [{ samples: 'EEEES' }],
    phases: ['Successful'],
    run: 'Successful',
    counters: { count: 1, error: 4 },
  },
  {
    name: 'five errors are not',
    metrics: [{ samples: 'EEEEE' }],
    phases: ['Error'],
    run: 'Error',
    message: 'Metric "a" assessed Error due to consecutiveErrors (5) > consecutiveErrorLimit (4): "Error Message: boom"',
  },
  { name: 'no error forgiven', metrics: [{ ce: 0, samples: 'E' }], phases: ['Error'], run: 'Error' },
  { name: 'one failure forgiven', metrics: [{ n: 3, fl: 1, samples: 'FSS' }], phases: ['Successful'], run: 'Successful' },
  { name: 'ends at the second failure', metrics: [{ n: 3, fl: 1, samples: 'FF' }], phases: ['Failed'], run: 'Failed' },
  {
    name: 'all failures within the limit',
    metrics: [{ n: 3, fl: 3, samples: 'FFF' }],
    phases: ['Successful'],
    run: 'Successful',
  },
  { name: 'one inconclusive forgiven', metrics: [{ n: 3, il: 1, samples: 'SIS' }], phases: ['Successful'], run: 'Successful' },
  { name: 'two are not', metrics: [{ n: 3, il: 1, samples: 'II' }], phases: ['Inconclusive'], run: 'Inconclusive' },
  { name: 'errors do not count', metrics: [{ n: 2, samples: 'SES' }], phases: ['Successful'], run: 'Successful' },
  {
    name: 'errors in a row after success',
    metrics: [{ n: 2, ce: 1, samples: 'ESEE' }],
    phases: ['Error'],
    run: 'Error',
    counters: { count: 1, error: 3 },
  },
  {
    name: 'a failure within the limit of a single measurement',
    metrics: [{ fl: 1, samples: 'F' }],
    phases: ['Successful'],
    run: 'Successful',
  },
  { name: 'without count until it fails', metrics: [{ inf: true, samples: 'SSF' }], phases: ['Failed'], run: 'Failed' },
  { name: 'three in a row', metrics: [{ n: 5, cs: 3, fl: -1, samples: 'SFSSS' }], phases: ['Successful'], run: 'Successful' },
  { name: 'three in a row end early', metrics: [{ n: 5, cs: 3, samples: 'SSS' }], phases: ['Successful'], run: 'Successful' },
  {
    name: 'never three in a row',
    metrics: [{ n: 4, cs: 3, fl: -1, samples: 'SSFS' }],
    phases: ['Failed'],
    run: 'Failed',
    message: /consecutiveSuccess \(1\) < consecutiveSuccessLimit \(3\)/,
  },
  {
    name: 'neither limit reached',
    metrics: [{ n: 5, cs: 3, fl: 1, samples: 'SSFSS' }],
    phases: ['Inconclusive'],
    run: 'Inconclusive',
  },
  {
    name: 'an error breaks the row',
    metrics: [{ inf: true, cs: 2, fl: -1, samples: 'FFSESS' }],
    phases: ['Successful'],
    run: 'Successful',
  },
  {
    name: 'terminated while going well',
    metrics: [{ inf: true, samples: 'SSS' }],
    terminate: true,
    phases: ['Successful'],
    run: 'Successful',
    message: 'Run Terminated',
  },
  {
    name: 'terminated after an error',
    metrics: [{ inf: true, samples: 'SE' }],
    terminate: true,
    phases: ['Successful'],
    run: 'Successful',
    message: 'Run Terminated',
  },
  {
    name: 'terminated with a job in flight',
    metrics: [{ samples: 'J' }],
    terminate: true,
    phases: ['Inconclusive'],
    run: 'Inconclusive',
    message: /inconclusive \(1\) > .*"Error Message: Metric Terminated"/,
  },
  {
    name: 'terminated with a job in flight and forgiven',
    metrics: [{ il: 1, samples: 'J' }],
    terminate: true,
    phases: ['Successful'],
    run: 'Successful',
    message: 'Run Terminated',
  },
  {
    name: 'terminated with something that cannot be',
    metrics: [{ samples: 'K' }],
    terminate: true,
    phases: ['Running'],
    run: 'Successful',
    message: 'Run Terminated',
    summary: { count: 1 },
  },
  {
    name: 'terminated before it began',
    metrics: [{ d: '1h', samples: '' }],
    terminate: true,
    phases: [undefined],
    run: 'Successful',
    message: 'Run Terminated',
  },
  {
    name: 'a failure ends the sibling job',
    metrics: [{ samples: 'F' }, { samples: 'J' }],
    phases: ['Failed', 'Inconclusive'],
    run: 'Failed',
    message: /"a"/,
  },
  {
    name: 'a failure leaves what cannot be ended',
    metrics: [{ samples: 'F' }, { samples: 'K' }],
    phases: ['Failed', 'Running'],
    run: 'Failed',
    message: /"a"/,
  },
  {
    name: 'a failure cuts the sibling short',
    metrics: [{ samples: 'F' }, { n: 5, samples: 'S' }],
    phases: ['Failed', 'Successful'],
    run: 'Failed',
    message: /"a"/,
  },
  {
    name: 'a failure keeps the sibling from starting',
    metrics: [{ samples: 'F' }, { d: '1h', samples: '' }],
    phases: ['Failed', undefined],
    run: 'Failed',
    summary: { count: 2, failed: 1 },
  },
  {
    name: 'error outranks inconclusive',
    metrics: [{ samples: 'I' }, { ce: 0, samples: 'E' }],
    phases: ['Inconclusive', 'Error'],
    run: 'Error',
    message: /"b"/,
  },
  {
    name: 'failure outranks error',
    metrics: [{ ce: 0, samples: 'E' }, { samples: 'F' }],
    phases: ['Error', 'Failed'],
    run: 'Failed',
    message: /"b"/,
  },
  {
    name: 'the first of two failures is named',
    metrics: [{ samples: 'F' }, { samples: 'F' }],
    phases: ['Failed', 'Failed'],
    run: 'Failed',
    message: /"a"/,
  },
  {
    name: 'a dry run never decides',
    metrics: [{ dry: true, samples: 'F' }],
    phases: ['Failed'],
    run: 'Successful',
    summary: {},
    dryRunSummary: { count: 1, failed: 1 },
  },
  {
    name: 'a dry run beside a real metric',
    metrics: [
      { dry: true, samples: 'F' },
      { n: 2, samples: 'SS' },
    ],
    phases: ['Failed', 'Successful'],
    run: 'Successful',
  },
  {
    name: 'a failure ends the dry job too',
    metrics: [{ dry: true, samples: 'J' }, { samples: 'F' }],
    phases: ['Inconclusive', 'Failed'],
    run: 'Failed',
    message: /"b"/,
  },
  {
    name: 'count below the limits is refused',
    metrics: [{ n: 3, fl: 2, cs: 2, samples: '' }],
    phases: [undefined],
    run: 'Error',
    message: /count \(3\) must be >= failureLimit \+ consecutiveSuccessLimit \(2 \+ 2\)/,
  },
  {
    name: 'no limit at all is refused',
    metrics: [{ inf: true, fl: -1, samples: '' }],
    phases: [undefined],
    run: 'Error',
    message: /cannot both be disabled/,
  },
];

describe('[40 A5.4] the verdict of a run', () => {
  it.each(cases)('$name', async (given) => {
    const status = await play(given);
    const phases = given.metrics.map((_, index) => status.metricResults?.find(({ name }) => name === 'ab'[index])?.phase);
    expect({ run: status.phase, phases }).toEqual({ run: given.run, phases: given.phases });
    if (given.message instanceof RegExp) expect(status.message).toMatch(given.message);
    else if (given.message !== undefined) expect(status.message).toBe(given.message);
    else if (given.run === 'Successful') expect(status.message).toBeUndefined();
    if (given.summary !== undefined) expect(status.runSummary).toEqual(given.summary);
    if (given.dryRunSummary !== undefined) expect(status.dryRunSummary).toEqual(given.dryRunSummary);
    if (given.counters !== undefined) expect(status.metricResults?.[0]).toMatchObject(given.counters);
    expect(status.completedAt).toBeDefined();
  });
});
