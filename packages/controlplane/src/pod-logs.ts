import type { PodLogs } from '@kargo/analysis';
import type { ClusterAccess } from '@kargo/kube';

/** Follows the output of containers through the API of a cluster. */
export function podLogsOf({ baseURL, fetch }: Pick<ClusterAccess, 'baseURL' | 'fetch'>): PodLogs {
  return async function* ({ namespace, pod, container }, { signal, follow = true, timestamps = false }) {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`;
    const query = new URLSearchParams({ container, follow: String(follow), timestamps: String(timestamps) });
    const response = await fetch(`${baseURL}${path}?${query.toString()}`, { signal });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new Error(`the cluster answered ${response.status} for the log of container ${container} of Pod ${pod}`);
    }
    const decoder = new TextDecoder();
    for await (const chunk of response.body) yield decoder.decode(chunk as Uint8Array, { stream: true });
  };
}
