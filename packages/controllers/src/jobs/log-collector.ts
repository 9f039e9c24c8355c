import type { JobLogs } from '@kargo/analysis';
import { AnalysisRun, Job } from '@kargo/api';
import type { Cache, Log } from '@kargo/kube';

/** Removes the logs of Jobs in a namespace whose AnalysisRun, or the Job itself where it had none, is gone. */
export async function collectJobLogs(
  namespace: string,
  { logs, cache, log }: { logs: JobLogs; cache: Cache; log: Log },
): Promise<void> {
  const known = new Set(
    [...cache.list(AnalysisRun, { namespace }), ...cache.list(Job, { namespace })].map(({ metadata }) => metadata.uid),
  );
  try {
    for (const owner of await logs.owners(namespace)) if (!known.has(owner)) await logs.remove({ namespace, owner });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log.warn({ namespace, error: why }, 'logs of Jobs that are gone could not be removed');
  }
}
