/** What Jobs of analysis runs say: kept with the measurement, found the way people ask for it, free of secrets, gone with the run. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { analysisRunLogs, fileJobLogs, type JobLogs } from '@kargo/analysis';
import { AnalysisRun, Job, type Metric } from '@kargo/api';
import { silentLog } from '@kargo/kube';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { World } from './world.ts';

let world: World;
let directory: string;
let logs: JobLogs;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'job-logs-'));
  world = new World([{ kind: 'failed', container: 'main', exitCode: 1, message: 'first attempt' }]);
  logs = fileJobLogs({ directory, clock: world.clock, log: silentLog });
  await world.start({ logs });
});
afterEach(async () => {
  await world.close();
  await rm(directory, { recursive: true, force: true });
});

const jobMetric = (name: string, ...containers: string[]): Metric => ({
  name,
  provider: {
    job: {
      spec: {
        ttlSecondsAfterFinished: 0,
        template: {
          spec: {
            hostNetwork: true,
            containers: containers.map((container) => ({
              name: container,
              image: 'alpine',
              command: ['echo', '{{args.token}}'],
            })),
          },
        },
      },
    },
  },
});

async function run(...metrics: Metric[]): Promise<void> {
  const args = [{ name: 'token', valueFrom: { secretKeyRef: { name: 's', key: 'token' } } }];
  await world.create({ metrics, args }, { secrets: { s: { token: 's3cr3t-token' } } });
  // Output is written to real files, for which virtual time does not wait.
  await expect
    .poll(async () => {
      await world.clock.advanceBy(15_000);
      return (await world.run()).status?.phase;
    })
    .toBe('Successful');
}

async function read(request: { metric?: string; container?: string; attempt?: number } = {}): Promise<string> {
  const signal = new AbortController().signal;
  const pieces = await analysisRunLogs(
    { namespace: 'demo', run: 'run', follow: false, signal, ...request },
    { reader: world.client, logs, clock: world.clock },
  );
  return (await Array.fromAsync(pieces)).join('').replaceAll(/\S+Z /g, '');
}

it('keeps them after the Job has gone, until the run goes', async () => {
  await run(jobMetric('test', 'main'));
  expect((await world.run()).status?.phase).toBe('Successful');
  expect((await world.client.list(Job, { namespace: 'demo' })).items).toEqual([]);
  expect(await read()).toBe('attempt 2 of main\n');
  expect(await read({ attempt: 1 })).toBe('attempt 1 of main\n');
  await world.client.delete(AnalysisRun, { namespace: 'demo', name: 'run' });
  await world.clock.advanceBy(100);
  await expect.poll(() => logs.owners('demo')).toEqual([]);
});

it('hides secret arguments, which stand in the Job as they are', async () => {
  await run(jobMetric('test', 'main'));
  expect(world.attempts[0]?.secrets).toEqual(['s3cr3t-token']);
});

it('warns once of what a Job asks for in vain', async () => {
  await run(jobMetric('test', 'main'));
  expect((await world.events()).filter((event) => event.includes('JobQuestionable'))).toEqual([
    'Warning JobQuestionable: hostNetwork has no effect outside a cluster',
  ]);
});

it('asks back when it is not clear which', async () => {
  await run(jobMetric('one', 'a', 'b'), jobMetric('two', 'main'));
  await expect(read()).rejects.toMatchObject({ reason: 'BadRequest', message: expect.stringContaining('one, two') as string });
  await expect(read({ metric: 'one' })).rejects.toMatchObject({
    reason: 'BadRequest',
    message: expect.stringContaining('a, b') as string,
  });
  await expect(read({ metric: 'three' })).rejects.toMatchObject({ reason: 'NotFound' });
  await expect(read({ metric: 'one', container: 'c' })).rejects.toMatchObject({ reason: 'NotFound' });
  await expect(read({ metric: 'two', attempt: 9 })).rejects.toMatchObject({ reason: 'NotFound' });
  expect(await read({ metric: 'two' })).toMatch(/^attempt \d of main\n$/);
});
