import type { KubeList, Workload } from '@kargo/api';
import type { Reader } from '@kargo/kube';
import { expect, it } from 'vitest';
import type { PodLogs } from '../remote-cluster-executor.ts';
import type { JobLogReader } from './port.ts';
import { clusterJobLogs, firstJobLogs } from './cluster-job-logs.ts';

const started = (name: string): object => ({ name, state: { terminated: { exitCode: 0 } } });
const pod = (name: string, second: number, status: object): Workload => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'shop', name, creationTimestamp: `2026-01-01T00:00:0${second}Z` },
  status: status as Record<string, unknown>,
});
const pods = [
  pod('late', 5, { containerStatuses: [{ name: 'main', state: { running: {} } }] }),
  pod('early', 1, { initContainerStatuses: [started('init')], containerStatuses: [started('main')] }),
  pod('waiting', 9, { containerStatuses: [{ name: 'main', state: { waiting: { reason: 'ContainerCreating' } } }] }),
];
const selectors: (string | undefined)[] = [];
const reader = {
  list: (_kind, options) => {
    selectors.push(options?.labelSelector);
    return Promise.resolve({ items: pods } as unknown as KubeList<never>);
  },
} as Pick<Reader, 'list'>;
const podLogs: PodLogs = async function* ({ pod: name, container }, options) {
  yield `${name}/${container} ${JSON.stringify({ ...options, signal: undefined })}`;
};
const key = { namespace: 'shop', owner: 'uid', job: 'uid.smoke.1' };
const { signal } = new AbortController();

it('finds the containers of a Job that have begun in its Pods, oldest first', async () => {
  expect(await clusterJobLogs({ reader, podLogs }).list(key)).toEqual([
    { attempt: 1, container: 'init' },
    { attempt: 1, container: 'main' },
    { attempt: 2, container: 'main' },
  ]);
  expect(selectors.at(-1)).toBe('job-name=uid.smoke.1');
});

it('reads them from the cluster, with times', async () => {
  const logs = clusterJobLogs({ reader, podLogs });
  const read = (attempt: number) => Array.fromAsync(logs.read({ ...key, attempt, container: 'main' }, { follow: false, signal }));
  expect(await read(2)).toEqual(['late/main {"follow":false,"timestamps":true}']);
  expect(await read(7)).toEqual([]);
});

it('takes what is kept first', async () => {
  const kept = {
    list: () => Promise.resolve([{ attempt: 1, container: 'main' }]),
    read: async function* () {
      yield 'kept';
    },
  };
  const none = {
    list: () => Promise.resolve([]),
    read: async function* () {
      yield 'never';
    },
  };
  const of = (...places: JobLogReader[]) =>
    Array.fromAsync(firstJobLogs(...places).read({ ...key, attempt: 1, container: 'main' }, { follow: false, signal }));
  expect(await of(none, kept)).toEqual(['kept']);
  expect(await of(none)).toEqual([]);
});
