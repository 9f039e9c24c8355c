import { annotations, decodeAbortRequest, keyOf, Promotion } from '@kargo/api';
import type { Clock, Log, Watcher } from '@kargo/kube';

/** Milliseconds until a watch that broke is opened again. */
const REOPEN = 1000;

/** Whether a Promotion is no longer to run: someone asked to abort it, or it is being deleted. */
export function isToStop({ metadata }: Promotion): boolean {
  return (
    metadata.deletionTimestamp !== undefined ||
    decodeAbortRequest(metadata.annotations?.[annotations.abort])?.action === 'terminate'
  );
}

/**
 * Follows a Promotion while it runs, and aborts `run` at once when it is no longer to run. Ends when `run` is aborted, whoever did it.
 */
export async function stopWhenAsked(
  promotion: Promotion,
  run: AbortController,
  { client, clock, log }: { client: Watcher; clock: Clock; log: Log },
): Promise<void> {
  const { namespace, name } = keyOf(promotion);
  const { signal } = run;
  let resourceVersion = promotion.metadata.resourceVersion;
  while (!signal.aborted) {
    try {
      const changes = client.watch(Promotion, {
        namespace,
        fieldSelector: `metadata.name=${name}`,
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
        signal,
      });
      for await (const change of changes) {
        if (change.type === 'BOOKMARK') continue;
        resourceVersion = change.object.metadata.resourceVersion;
        if (change.type === 'DELETED' || isToStop(change.object)) {
          run.abort(new Error('the Promotion is no longer to run'));
          return;
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      log.debug({ error }, 'following the Promotion was interrupted; beginning anew');
      resourceVersion = undefined;
      await clock.sleep(REOPEN, { signal }).catch(() => undefined);
    }
  }
}
