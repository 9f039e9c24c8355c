/** The output of the Jobs of analyses over the REST API: who may read it, what is asked for, and that it comes as it is said. */
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileJobLogs, type JobLogs } from '@kargo/analysis';
import { AnalysisRun, Project, type Metric } from '@kargo/api';
import { silentLog, systemClock } from '@kargo/kube';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openHarness, userToken, type Harness } from './harness.ts';

const RUN = '/projects/demo/analysis-runs/run/logs';
const key = (job: string, attempt = 1) => ({ namespace: 'demo', owner: uid, job, attempt, container: 'main' });

let harness: Harness;
let logs: JobLogs;
let directory: string;
let uid: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'analysis-logs-'));
  logs = fileJobLogs({ directory, clock: systemClock, log: silentLog });
  harness = await openHarness({ jobLogs: logs });
  const { client } = harness;
  await client.create(Project, { apiVersion: 'kargo.akuity.io/v1alpha1', kind: 'Project', metadata: { name: 'demo' } });
  const metric = (name: string): Metric => ({
    name,
    provider: { job: { spec: { template: { spec: { containers: [{ name: 'main' }] } } } } },
  });
  const run = await client.create(AnalysisRun, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: { namespace: 'demo', name: 'run' },
    spec: { metrics: [metric('a')] },
  });
  uid = run.metadata.uid ?? '';
  const measurement = (job: string) => ({ phase: 'Running', metadata: { 'job-name': job, 'job-namespace': 'demo' } });
  await client.update(AnalysisRun, {
    ...run,
    status: {
      phase: 'Running',
      metricResults: [{ name: 'a', phase: 'Running', measurements: [measurement('one'), measurement('two')] }],
    },
  });
});
afterEach(async () => {
  await harness.server.close();
  await rm(directory, { recursive: true, force: true });
});

async function said(job: string, text: string, attempt = 1): Promise<void> {
  const writer = logs.open(key(job, attempt));
  writer.write(text);
  await writer.close();
}

/** What the frames of an answer say together, without the times. */
const textOf = (frames: string): string =>
  frames
    .split('\n\n')
    .filter((frame) => frame !== '' && !frame.startsWith(':'))
    .map((frame) =>
      frame
        .split('\n')
        .map((line) => line.replace(/^data: /, ''))
        .join('\n'),
    )
    .join('')
    .replaceAll(/^\S+Z /gm, '');

it('is that of the newest measurement and attempt, unless asked otherwise', async () => {
  await said('one', 'first\n');
  await said('two', 'second\n\nthird\n');
  await said('two', 'again\n', 2);
  const text = async (query = ''): Promise<string> => textOf((await harness.call('GET', `${RUN}${query}`)).text);
  expect(await text()).toBe('again\n');
  expect(await text('?attempt=1')).toBe('second\n\nthird\n');
  expect(await text('?measurement=0&metricName=a&containerName=main')).toBe('first\n');
  expect((await harness.call('GET', RUN)).headers['content-type']).toBe('text/event-stream');
});

it.each([
  ['?metricName=b', 404, 'no job metric \\"b\\"'],
  ['?containerName=x', 404, 'no container \\"x\\"'],
  ['?attempt=7', 404, 'attempt 7'],
  ['?attempt=zero', 400, 'attempt must be a whole number'],
  ['?measurement=9', 404, 'no such measurement'],
])('that there is not (%s) is refused with the reason', async (query, status, words) => {
  const answer = await harness.call('GET', `${RUN}${query}`);
  expect(answer.status).toBe(status);
  expect(answer.text).toContain(words);
});

it('of a run that does not exist, or where none is kept, is refused', async () => {
  expect((await harness.call('GET', '/projects/demo/analysis-runs/gone/logs')).status).toBe(404);
  const without = await openHarness();
  await without.client.create(Project, { apiVersion: 'kargo.akuity.io/v1alpha1', kind: 'Project', metadata: { name: 'demo' } });
  expect(await without.call('GET', RUN)).toMatchObject({ status: 501, text: expect.stringContaining('not configured') });
  await without.server.close();
});

it('is not for people who may not read the run', async () => {
  await said('two', 'secret plans\n');
  const answer = await harness.call('GET', RUN, undefined, { authorization: `Bearer ${userToken('alice')}` });
  expect(answer.status).toBe(403);
  expect(answer.text).not.toContain('plans');
});

it('comes while it is said, until the container has ended', async () => {
  await harness.server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = harness.server.server.address() as AddressInfo;
  const writer = logs.open(key('two'));
  writer.write('one\n');
  while ((await logs.list(key('two'))).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const response = await fetch(`http://127.0.0.1:${port}/v1beta1${RUN}`, {
    headers: { authorization: `Bearer ${harness.token}` },
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let seen = '';
  const until = async (words: string): Promise<void> => {
    while (!seen.includes(words)) seen += (await reader.read()).value ?? '';
  };
  await until('one');
  writer.write('two\n');
  await until('two');
  await writer.close();
  expect((await reader.read()).done).toBe(true);
});

it('is waited for where nothing has been said yet, and ends with the run', async () => {
  await harness.server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = harness.server.server.address() as AddressInfo;
  const ask = (): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/v1beta1${RUN}`, { headers: { authorization: `Bearer ${harness.token}` } });
  // The server looks again on virtual time, and the answer comes in real time.
  const textAfter = async (response: Response): Promise<string> => {
    let ended = false;
    const text = response.text().finally(() => (ended = true));
    while (!ended) {
      await harness.clock.advanceBy(500);
      await systemClock.sleep(5);
    }
    return textOf(await text);
  };
  const first = await ask();
  expect(first.status).toBe(200);
  await said('two', 'at last\n');
  expect(await textAfter(first)).toBe('at last\n');
  await logs.remove({ namespace: 'demo', owner: uid });
  const second = await ask();
  const run = await harness.client.get(AnalysisRun, { namespace: 'demo', name: 'run' });
  await harness.client.update(AnalysisRun, { ...run, status: { ...run.status, phase: 'Failed' } });
  expect(await textAfter(second)).toBe('');
  // Without following, and of a run that is over, there is nothing to wait for.
  expect((await harness.call('GET', `${RUN}?follow=false`)).status).toBe(404);
  expect((await ask()).status).toBe(404);
});
