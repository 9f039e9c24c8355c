import type { AnalysisRunStatus, Measurement, Metric, MetricResult } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { dueTasks, nextWakeUp } from './schedule.ts';

const START = Date.parse('2026-01-02T03:04:05Z');
const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString().replace('.000Z', 'Z');
const metric = (name: string, rest: Partial<Metric> = {}): Metric => ({ name, provider: { web: {} }, ...rest });
const ended = (seconds: number, phase = 'Successful'): Measurement => ({
  phase,
  startedAt: at(seconds),
  finishedAt: at(seconds),
});
const status = (results: Partial<MetricResult>[], startedAt: string | undefined = at(0)): AnalysisRunStatus => ({
  phase: 'Running',
  startedAt,
  metricResults: results.map((result) => ({ name: 'a', phase: 'Running', ...result })),
});

interface Case {
  name: string;
  metrics: Metric[];
  status?: AnalysisRunStatus;
  now: number;
  terminating?: boolean;
  resumable?: string[];
  want: string[];
}

describe('what is due', () => {
  it.each<Case>([
    {
      name: 'nothing before the interval is over',
      metrics: [metric('a', { interval: '60s' })],
      status: status([{ count: 1, measurements: [ended(0)] }]),
      now: 50,
      want: [],
    },
    {
      name: 'the next measurement after the interval',
      metrics: [metric('a', { interval: '60s' })],
      status: status([{ count: 1, measurements: [ended(0)] }]),
      now: 61,
      want: ['run a'],
    },
    { name: 'every metric of a new run', metrics: [metric('a'), metric('b')], now: 0, want: ['run a', 'run b'] },
    {
      name: 'nothing new once a sibling has decided',
      metrics: [metric('a'), metric('b')],
      status: status([{ phase: 'Failed', measurements: [ended(0, 'Failed')] }]),
      now: 5,
      terminating: true,
      want: [],
    },
    {
      name: 'nothing after the only measurement',
      metrics: [metric('a')],
      status: status([{ count: 1, measurements: [ended(0)] }]),
      now: 500,
      want: [],
    },
    {
      name: 'a first measurement where a result without measurements stands',
      metrics: [metric('a')],
      status: status([{ measurements: [] }]),
      now: 5,
      want: ['run a'],
    },
    {
      name: 'what is in flight is taken up again, whatever phase it claims',
      metrics: [metric('a')],
      status: status([{ measurements: [{ phase: 'Successful', startedAt: at(0) }] }]),
      now: 5,
      want: ['resume a'],
    },
    {
      name: 'only what may be resumed already',
      metrics: [metric('a'), metric('b')],
      status: status([
        { measurements: [{ phase: 'Running', resumeAt: at(10) }] },
        { name: 'b', measurements: [{ phase: 'Running', resumeAt: at(4) }] },
      ]),
      now: 5,
      want: ['resume b'],
    },
    {
      name: 'what is known to have ended does not wait for its time',
      metrics: [metric('a')],
      status: status([{ measurements: [{ phase: 'Running', resumeAt: at(10) }] }]),
      now: 5,
      resumable: ['a'],
      want: ['resume a'],
    },
    {
      name: 'what is in flight is terminated, whatever its time',
      metrics: [metric('a')],
      status: status([{ measurements: [{ phase: 'Running', resumeAt: at(10) }] }]),
      now: 5,
      terminating: true,
      want: ['terminate a'],
    },
    { name: 'no delayed metric in the first pass', metrics: [metric('a', { initialDelay: '20s' })], now: 100, want: [] },
    {
      name: 'no delayed metric too early',
      metrics: [metric('a', { initialDelay: '20s' })],
      status: status([]),
      now: 10,
      want: [],
    },
    {
      name: 'a delayed metric in time',
      metrics: [metric('a', { initialDelay: '20s' })],
      status: status([]),
      now: 20,
      want: ['run a'],
    },
    {
      name: 'an error is tried again after ten seconds, however long the interval',
      metrics: [metric('a', { interval: '5m' })],
      status: status([{ error: 1, measurements: [ended(0, 'Error')] }]),
      now: 10,
      want: ['run a'],
    },
    {
      name: 'an error is not tried again sooner',
      metrics: [metric('a', { interval: '1s', count: 2 })],
      status: status([{ error: 1, measurements: [ended(0, 'Error')] }]),
      now: 9,
      want: [],
    },
    {
      name: 'nothing for a metric that is done',
      metrics: [metric('a', { interval: '1s' })],
      status: status([{ phase: 'Successful', measurements: [ended(0)] }]),
      now: 100,
      want: [],
    },
  ])('is $name', ({ metrics, status: given, now, terminating = false, resumable = [], want }) => {
    const tasks = dueTasks(metrics, given, terminating, START + now * 1000, new Set(resumable));
    expect(tasks.map((task) => `${task.kind} ${task.metric.name}`)).toEqual(want);
  });
});

describe('the next wake-up', () => {
  it.each<Omit<Case, 'want'> & { want: number | undefined }>([
    {
      name: 'of an interval',
      metrics: [metric('a', { interval: '60s' })],
      status: status([{ count: 1, measurements: [ended(5)] }]),
      now: 5,
      want: 65,
    },
    {
      name: 'of an error',
      metrics: [metric('a', { interval: '5m' })],
      status: status([{ error: 1, measurements: [ended(5, 'Error')] }]),
      now: 5,
      want: 15,
    },
    {
      name: 'of a delay, counted from the start',
      metrics: [metric('a', { initialDelay: '20s' })],
      status: status([]),
      now: 5,
      want: 20,
    },
    { name: 'of a delay before the start', metrics: [metric('a', { initialDelay: '20s' })], now: 5, want: 25 },
    {
      name: 'the earliest of several',
      metrics: [metric('a', { interval: '60s' }), metric('b', { interval: '30s' })],
      status: status([
        { count: 1, measurements: [ended(0)] },
        { name: 'b', count: 1, measurements: [ended(0)] },
      ]),
      now: 1,
      want: 30,
    },
    {
      name: 'none while in flight without a time',
      metrics: [metric('a')],
      status: status([{ measurements: [{ phase: 'Running' }] }]),
      now: 1,
      want: undefined,
    },
    {
      name: 'of a measurement in flight with a time',
      metrics: [metric('a')],
      status: status([{ measurements: [{ phase: 'Running', resumeAt: at(7) }] }]),
      now: 1,
      want: 7,
    },
    {
      name: 'none for a completed metric',
      metrics: [metric('a', { interval: '60s' })],
      status: status([{ phase: 'Successful', measurements: [ended(0)] }]),
      now: 1,
      want: undefined,
    },
    {
      name: 'none once the count is reached',
      metrics: [metric('a', { interval: '60s', count: 1 })],
      status: status([{ count: 1, measurements: [ended(0)] }]),
      now: 1,
      want: undefined,
    },
  ])('is $name', ({ metrics, status: given, now, want }) => {
    const wakeUp = nextWakeUp(metrics, given, START + now * 1000);
    expect(wakeUp === undefined ? undefined : (wakeUp - START) / 1000).toBe(want);
  });
});
