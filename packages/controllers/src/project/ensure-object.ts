import { isReason, keyOf, type Kind, type KubeObject } from '@kargo/api';
import { type Client, commitObject } from '@kargo/kube';

/**
 * Makes sure that an object is there. One that is there already becomes what `correct` makes of it, if that differs; without `correct`
 * it is left alone. Fails when the API does.
 */
export async function ensureObject<T extends KubeObject>(
  client: Client,
  kind: Kind<T>,
  desired: T,
  correct?: (existing: T) => T,
): Promise<T> {
  const existing = await client.get(kind, keyOf(desired)).catch((error: unknown) => {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  });
  if (existing !== undefined) return correct === undefined ? existing : commitObject(client, kind, existing, correct(existing));
  try {
    return await client.create(kind, desired);
  } catch (error) {
    if (isReason(error, 'AlreadyExists')) return client.get(kind, keyOf(desired));
    throw error;
  }
}

/** Deletes an object. That it is gone already is fine. */
export async function ensureGone<T extends KubeObject>(client: Client, kind: Kind<T>, name: string): Promise<void> {
  try {
    await client.delete(kind, { name });
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
  }
}
