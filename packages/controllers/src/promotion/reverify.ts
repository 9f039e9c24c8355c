import { annotations, collectionIncludes, encodeRequest, keyOf, Stage, type Promotion } from '@kargo/api';
import type { Client, Log } from '@kargo/kube';

/**
 * Asks a Stage to verify its Freight again when that was promoted although it was there and verified already. `stage` is as it was
 * before the Promotion ended. Failures are only logged.
 */
export async function requestReverification(
  client: Pick<Client, 'patch'>,
  stage: Stage,
  promotion: Promotion,
  log: Log,
): Promise<void> {
  const current = stage.status?.freightHistory?.[0];
  const verification = current?.verificationHistory?.[0];
  if (verification?.id === undefined || !collectionIncludes(current, promotion.spec.freight ?? '')) return;
  try {
    const value = encodeRequest({ id: verification.id });
    await client.patch(Stage, keyOf(stage), {
      type: 'merge',
      body: { metadata: { annotations: { [annotations.reverify]: value } } },
    });
  } catch (error) {
    log.warn({ stage: stage.metadata.name, error }, 'could not ask for another verification of Freight that was promoted again');
  }
}
