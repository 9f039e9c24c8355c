import type { ClusterAccess, Log } from '@kargo/kube';

/** What the embedded API adds to the version of Kubernetes that it speaks. */
const MARK = '+kargo';

/**
 * Whether the API is that of `kargo up`, and not of a cluster. Asks until it answers; an answer that says nothing of a version is not
 * Kargo's. False when the signal aborts first.
 */
export async function isEmbeddedAPI(
  { baseURL, fetch }: Pick<ClusterAccess, 'baseURL' | 'fetch'>,
  { log, sleep, signal }: { log: Log; sleep: (ms: number) => Promise<void>; signal: AbortSignal },
): Promise<boolean> {
  while (!signal.aborted) {
    try {
      const response = await fetch(`${baseURL}/version`, { signal });
      const answer: unknown = await response.json();
      if (response.status < 500)
        return (
          typeof answer === 'object' && answer !== null && String((answer as { gitVersion?: unknown }).gitVersion).endsWith(MARK)
        );
    } catch (error) {
      if (signal.aborted) return false;
      log.debug({ error: error instanceof Error ? error.message : String(error) }, 'the API cannot be reached yet');
    }
    await sleep(ASK_AGAIN);
  }
  return false;
}

const ASK_AGAIN = 2000;
