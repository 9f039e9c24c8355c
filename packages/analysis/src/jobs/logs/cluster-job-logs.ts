import { Pod, type Workload } from '@kargo/api';
import type { Reader } from '@kargo/kube';
import type { PodLogs } from '../remote-cluster-executor.ts';
import type { JobLogReader } from './port.ts';

/**
 * The logs of Jobs that a cluster runs, as it has them: those of its Pods, oldest first, for as long as it keeps these. Nothing is taken out of
 * them.
 */
export function clusterJobLogs({ reader, podLogs }: { reader: Pick<Reader, 'list'>; podLogs: PodLogs }): JobLogReader {
  const podsOf = async ({ namespace, job }: { namespace: string; job: string }): Promise<Workload[]> => {
    const { items } = await reader.list(Pod, { namespace, labelSelector: `job-name=${job}` });
    const at = ({ metadata }: Workload): string => `${metadata.creationTimestamp} ${metadata.name}`;
    return items.toSorted((a, b) => (at(a) < at(b) ? -1 : 1));
  };
  return {
    list: async (key) =>
      (await podsOf(key)).flatMap((pod, index) => startedContainers(pod).map((container) => ({ attempt: index + 1, container }))),
    async *read({ attempt, container, ...key }, { follow, signal }) {
      const pod = (await podsOf(key))[attempt - 1];
      if (pod === undefined) return;
      const { namespace } = key;
      yield* podLogs({ namespace, pod: pod.metadata.name ?? '', container }, { signal, follow, timestamps: true });
    },
  };
}

/** Reads from the first of several places that has logs of a Job. */
export function firstJobLogs(...places: readonly JobLogReader[]): JobLogReader {
  const placeOf = async (key: Parameters<JobLogReader['list']>[0]): Promise<JobLogReader | undefined> => {
    for (const place of places) if ((await place.list(key)).length > 0) return place;
    return undefined;
  };
  return {
    list: async (key) => (await placeOf(key))?.list(key) ?? [],
    async *read(key, options) {
      const place = await placeOf(key);
      if (place !== undefined) yield* place.read(key, options);
    },
  };
}

interface ContainerState {
  name: string;
  state?: { running?: unknown; terminated?: unknown };
  lastState?: { terminated?: unknown };
}

/** Containers that have begun: before that, there is nothing to be read. */
function startedContainers({ status }: Workload): string[] {
  const { initContainerStatuses = [], containerStatuses = [] } = (status ?? {}) as Record<string, ContainerState[]>;
  return [...initContainerStatuses, ...containerStatuses]
    .filter(({ state, lastState }) => (state?.running ?? state?.terminated ?? lastState?.terminated) !== undefined)
    .map(({ name }) => name);
}
