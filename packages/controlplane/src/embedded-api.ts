import type { ClusterAccess } from '@kargo/kube';
import { untilAnswered, type AskOptions } from './until-answered.ts';

/** What the embedded API adds to the version of Kubernetes that it speaks. */
const MARK = '+kargo';

/**
 * Whether the API is that of `kargo up`, and not of a cluster. Asks until it answers; an answer that says nothing of a version is not
 * Kargo's. False when the signal aborts first.
 */
export async function isEmbeddedAPI(
  { baseURL, fetch }: Pick<ClusterAccess, 'baseURL' | 'fetch'>,
  options: AskOptions,
): Promise<boolean> {
  const found = await untilAnswered(
    'for its version',
    async () => {
      const response = await fetch(`${baseURL}/version`, { signal: options.signal });
      const text = await response.text();
      if (response.status >= 500) throw new Error(`${baseURL}/version answered ${response.status}`);
      return versionIn(text).endsWith(MARK);
    },
    options,
  );
  return !found.aborted && found.answer;
}

function versionIn(text: string): string {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === 'object' && answer !== null ? String((answer as { gitVersion?: unknown }).gitVersion) : '';
  } catch {
    return ''; // The page of a proxy, say.
  }
}
