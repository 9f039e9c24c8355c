/** What people are told about analysis runs: phases as events, likely mistakes as warnings. */
import { AnalysisRun } from '@kargo/api';
import { afterEach, expect, it } from 'vitest';
import { World } from './world.ts';

let world: World;
afterEach(async () => {
  await world.close();
});

const answers = (...texts: string[]) => {
  let next = 0;
  return () =>
    Promise.resolve({
      status: 200,
      headers: {},
      body: new TextEncoder().encode(texts[Math.min(next++, texts.length - 1)] ?? ''),
    });
};
const web = { web: { url: 'http://metrics/' } };

it('tells every phase of metrics and of the run', async () => {
  world = new World([], answers('2'));
  await world.start();
  await world.create({ metrics: [{ name: 'errors', successCondition: 'result < 1', provider: web }] });
  await world.clock.advanceBy(1_000);
  expect(await world.events()).toEqual([
    'Warning AnalysisRunFailed: Analysis run is now Failed: Metric "errors" assessed Failed due to failed (1) > failureLimit (0)',
    "Warning MetricFailed: Metric 'errors' is now Failed",
  ]);
});

it('warns of an interval without a count, once', async () => {
  world = new World([], answers('0'));
  await world.start();
  await world.create({ metrics: [{ name: 'errors', interval: '30s', provider: web }] });
  await world.clock.advanceBy(100_000);
  const warnings = (await world.events()).filter((event) => event.startsWith('Warning'));
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/^Warning AnalysisRunQuestionable: Metric "errors" has an interval but no count/);
});

it.each([
  ['an argument is missing', { args: [{ name: 'x' }] }, 'Unable to resolve metric arguments: argument "x" was not supplied'],
  ['a rule matches nothing', { dryRun: [{ metricName: 'other' }] }, "dryRun[0]: Rule didn't match any metric name(s)"],
  [
    'a retention rule matches nothing, even when terminated',
    { terminate: true, measurementRetention: [{ metricName: 'other', limit: 1 }] },
    "measurementRetention[0]: Rule didn't match any metric name(s)",
  ],
])('ends a run with a time and an event when %s', async (_name, spec, message) => {
  world = new World([], answers('0'));
  await world.start();
  await world.create({ metrics: [{ name: 'errors', provider: web }], ...spec });
  await world.clock.advanceBy(1_000);
  expect((await world.run()).status).toMatchObject({
    phase: 'Error',
    message,
    startedAt: expect.any(String) as string,
    completedAt: expect.any(String) as string,
  });
  expect(await world.events()).toEqual([`Warning AnalysisRunError: Analysis run is now Error: ${message}`]);
});

it('leaves runs for another controller alone and warns after a minute', async () => {
  world = new World([], answers('0'));
  await world.start();
  await world.create(
    { metrics: [{ name: 'errors', provider: web }] },
    { labels: { 'argo-rollouts.argoproj.io/controller-instance-id': 'other' } },
  );
  await world.clock.advanceBy(59_000);
  expect(await world.events()).toEqual([]);
  await world.clock.advanceBy(2_000);
  expect((await world.run()).status).toBeUndefined();
  expect(await world.events()).toEqual([expect.stringMatching(/^Warning AnalysisRunIgnored: .*instance id other/)]);
  await world.client.patch(
    AnalysisRun,
    { namespace: 'demo', name: 'run' },
    { type: 'merge', body: { metadata: { labels: { 'argo-rollouts.argoproj.io/controller-instance-id': null } } } },
  );
  await world.clock.advanceBy(1_000);
  expect((await world.run()).status?.phase).toBe('Successful');
  expect(world.defects()).toEqual([]);
});

it('deletes a run at the exact end of its time to live', async () => {
  world = new World([], answers('0'));
  await world.start();
  await world.create({ metrics: [{ name: 'errors', provider: web }], ttlStrategy: { secondsAfterCompletion: 60 } });
  await world.clock.advanceBy(60_000);
  expect((await world.run()).status?.phase).toBe('Successful');
  await world.clock.advanceBy(1_500);
  await expect(world.run()).rejects.toThrow(/not found/);
});
