import { annotations, Application, keyOf } from '@kargo/api';
import type { Log, Writer } from '@kargo/kube';

/**
 * Asks Argo CD to look at an Application anew, unless it has been asked already. Whether that works does not matter to anybody right
 * now, so that a failure is only logged.
 */
export async function requestRefresh(
  app: Application,
  { client, log, signal }: { client: Pick<Writer, 'patch'>; log: Log; signal?: AbortSignal | undefined },
): Promise<void> {
  if (app.metadata.annotations?.[annotations.argoCDRefresh] !== undefined) return;
  const key = keyOf(app);
  try {
    await client.patch(
      Application,
      key,
      { type: 'merge', body: { metadata: { annotations: { [annotations.argoCDRefresh]: 'hard' } } } },
      signal === undefined ? {} : { signal },
    );
  } catch (error) {
    log.warn({ application: key.name, namespace: key.namespace, error }, 'could not request a refresh of the Application');
  }
}
