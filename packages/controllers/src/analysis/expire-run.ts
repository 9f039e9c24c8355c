import { AnalysisRun, isReason } from '@kargo/api';
import { settled, waiting, type Client, type Clock, type Result } from '@kargo/kube';

/**
 * When a completed run is to be deleted (epoch milliseconds): once more whole seconds than its time to live have passed. Nothing if it
 * stays. Runs that ended with Error or Inconclusive only know the general limit.
 */
export function expiryOf({ spec, status }: Pick<AnalysisRun, 'spec' | 'status'>): number | undefined {
  const { secondsAfterSuccess, secondsAfterFailure, secondsAfterCompletion } = spec.ttlStrategy ?? {};
  const specific =
    status?.phase === 'Successful' ? secondsAfterSuccess : status?.phase === 'Failed' ? secondsAfterFailure : undefined;
  const seconds = specific ?? secondsAfterCompletion;
  if (seconds === undefined || status?.completedAt === undefined) return undefined;
  return Date.parse(status.completedAt) + (seconds + 1) * 1000;
}

/** Deletes a completed run when its time to live is over, or waits for that instant. */
export async function expireRun(
  run: AnalysisRun,
  { client, clock, signal }: { client: Client; clock: Clock; signal: AbortSignal },
): Promise<Result> {
  const at = expiryOf(run);
  if (at === undefined) return settled;
  if (clock.now() < at)
    return waiting('Expiring', 'completed; it is deleted when its time to live is over', {
      kind: 'deadline',
      at,
      why: 'its time to live ends',
    });
  const { namespace, name = '', uid } = run.metadata;
  try {
    await client.delete(AnalysisRun, { namespace, name }, { preconditions: { uid }, signal });
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
  }
  return settled;
}
