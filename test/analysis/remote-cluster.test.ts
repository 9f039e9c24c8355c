/** Jobs of analyses in another cluster: an embedded API plays it, and the test its nodes. */
import { fileJobLogs, remoteClusterExecutor, type JobExecutor, type JobLogs } from '@kargo/analysis';
import { allKinds, AnalysisRun, ApiError, Job, Namespace, Pod, type Workload } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { seededRandom, silentLog, type Client } from '@kargo/kube';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { World } from './world.ts';

const metric = {
  name: 'smoke',
  provider: {
    job: {
      spec: {
        backoffLimit: 1,
        template: {
          metadata: { labels: { app: 'smoke' } },
          spec: {
            serviceAccountName: 'tester',
            restartPolicy: 'OnFailure',
            containers: [
              { name: 'main', image: 'alpine', env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'there', key: 'x' } } }] },
            ],
          },
        },
      },
    },
  },
};

let world: World;
let directory: string;
let logs: JobLogs;
let cluster: ReturnType<typeof openApiServer>;
beforeEach(async () => {
  world = new World();
  directory = await mkdtemp(join(tmpdir(), 'remote-cluster-'));
  logs = fileJobLogs({ directory, clock: world.clock, log: silentLog });
  cluster = openApiServer({ path: ':memory:', kinds: allKinds, clock: world.clock, random: seededRandom(9) });
  await there().create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'checks' } });
});
afterEach(async () => {
  await world.close();
  await cluster.close();
  await rm(directory, { recursive: true, force: true });
});

const there = () => cluster.client();
const jobs = async (): Promise<Workload[]> => (await there().list(Job, { namespace: 'checks' })).items;

async function start(output: string[] = [], client: Client = there()): Promise<void> {
  const executor: JobExecutor = remoteClusterExecutor({
    client,
    clock: world.clock,
    namespace: 'checks',
    podLogs: async function* ({ pod, container }) {
      yield `${container} of ${pod}\n`;
      yield* output;
    },
  });
  await world.start({ runs: executor, logs });
  await world.create({ metrics: [metric] });
  await world.clock.advanceBy(100);
}

/** What the nodes of the cluster do with the newest Job: a Pod, with its container in that state, and the end of the Job. */
async function node(state: object, condition?: object): Promise<void> {
  const job = (await jobs()).at(-1);
  if (job === undefined) throw new Error('there is no Job in the cluster');
  const { template } = job.spec as { template: { metadata: object } };
  const name = `${job.metadata.name}-x`;
  const pod = await there().create(Pod, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...template.metadata, namespace: 'checks', name },
    spec: {},
  });
  await there().updateStatus(Pod, { ...pod, status: { containerStatuses: [{ name: 'main', state }] } });
  if (condition !== undefined)
    await there().updateStatus(Job, { ...job, status: { conditions: [{ status: 'True', ...condition }] } });
  // The executor looks once a second, and takes the Job away when it has seen the end.
  await until(async () => condition === undefined || !(await jobs()).some(({ metadata }) => metadata.uid === job.metadata.uid));
  await until(async () => (await world.client.list(Job, { namespace: 'demo' })).items[0]?.status?.['active'] === undefined);
  await world.clock.advanceBy(100);
}

/** Lets time pass, and real work on files be done, until something is so. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let looks = 0; looks < 1000 && !(await isSo()); looks += 1) {
    await world.clock.advanceBy(100);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

it('runs the Pod template as it stands, once an attempt, and removes it afterwards', async () => {
  await start();
  const [job] = await jobs();
  expect(job?.spec).toMatchObject({
    backoffLimit: 0,
    template: {
      metadata: { labels: { app: 'smoke' } },
      spec: {
        serviceAccountName: 'tester',
        restartPolicy: 'Never',
        containers: [{ env: [{ valueFrom: { secretKeyRef: { name: 'there' } } }] }],
      },
    },
  });
  await node({ terminated: { exitCode: 0 } }, { type: 'Complete' });
  expect((await world.run()).status).toMatchObject({
    phase: 'Successful',
    metricResults: [{ measurements: [{ metadata: { 'job-executor': 'remote-cluster' } }] }],
  });
  expect(await jobs()).toEqual([]);
});

it('passes the output on, and keeps it', async () => {
  await start(['all is well\n']);
  await node({ terminated: { exitCode: 0 } }, { type: 'Complete' });
  const { uid = '' } = (await world.run()).metadata;
  const [owner] = await logs.owners('demo');
  expect(owner).toBe(uid);
  const { metadata } = (await world.client.list(Job, { namespace: 'demo' })).items[0] ?? { metadata: { name: '' } };
  let text = '';
  const key = { namespace: 'demo', owner: uid, job: metadata.name ?? '', attempt: 1, container: 'main' };
  for await (const piece of logs.read(key, { follow: false, signal: new AbortController().signal })) text += piece;
  expect(text).toContain('all is well');
});

it('counts nothing against the Job while the cluster does not answer', async () => {
  const client = there();
  let away = true;
  const failing: Client = Object.assign(Object.create(client) as Client, {
    create: (...args: Parameters<Client['create']>) => (away ? refuse() : client.create(...args)),
    get: (...args: Parameters<Client['get']>) => (away ? refuse() : client.get(...args)),
    list: (...args: Parameters<Client['list']>) => (away ? refuse() : client.list(...args)),
    delete: () => refuse(),
  });
  const refuse = (): Promise<never> => Promise.reject(new ApiError('ServiceUnavailable', 'nobody answers'));
  await start([], failing);
  await world.clock.advanceBy(5000);
  expect(await jobs()).toEqual([]);
  away = false;
  await until(async () => (await jobs()).length === 1);
  away = true;
  await world.clock.advanceBy(5000);
  const [job] = await jobs();
  await there().updateStatus(Job, { ...(job as Workload), status: { conditions: [{ status: 'True', type: 'Complete' }] } });
  away = false;
  await until(async () => (await world.run()).status?.phase === 'Successful');
  expect((await world.run()).status?.phase).toBe('Successful');
  // What could not be removed, the cluster removes.
  expect((await jobs()).map(({ spec }) => spec?.['ttlSecondsAfterFinished'])).toEqual([3600]);
});

it('fails with the exit code, and tries again as often as the Job says', async () => {
  await start();
  await node({ terminated: { exitCode: 3, message: 'no answer' } }, { type: 'Failed', reason: 'BackoffLimitExceeded' });
  await until(async () => (await jobs()).length > 0);
  expect((await world.client.list(Job, { namespace: 'demo' })).items[0]?.status).toMatchObject({ failed: 1 });
  await node({ terminated: { exitCode: 3, message: 'no answer' } }, { type: 'Failed', reason: 'BackoffLimitExceeded' });
  const { status } = await world.run();
  expect(status?.phase).toBe('Failed');
  expect(status?.message).toContain('container "main" ended with exit code 3: no answer');
});

it('tells an image that cannot be had from a failure', async () => {
  await start();
  await node({ waiting: { reason: 'ImagePullBackOff', message: 'not found' } });
  expect((await world.run()).status).toMatchObject({
    phase: 'Inconclusive',
    message: expect.stringContaining('ImagePullBackOff'),
  });
  expect(await jobs()).toEqual([]);
});

it('ends when the run is deleted', async () => {
  await start();
  await world.client.delete(AnalysisRun, { namespace: 'demo', name: 'run' }, { propagationPolicy: 'Background' });
  await until(async () => (await jobs()).length === 0);
  expect(await jobs()).toEqual([]);
});
