import { ApiError, apiVersionOf, isReason, type Kind, type KubeObject, type ObjectKey } from '@kargo/api';
import type { Reader } from '@kargo/kube';

/** Reads one object; an object that is missing is named by its Kind, as clients of this API know it. */
export async function readOne<T extends KubeObject>(client: Pick<Reader, 'get'>, kind: Kind<T>, key: ObjectKey): Promise<T> {
  try {
    return await client.get(kind, key);
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
    const group = kind.group === '' ? '' : `.${kind.group}`;
    throw new ApiError('NotFound', `${kind.kind}${group} "${key.name}" not found`, { details: error.details, cause: error });
  }
}

/** The object, or undefined if there is none. */
export async function findOne<T extends KubeObject>(
  client: Pick<Reader, 'get'>,
  kind: Kind<T>,
  key: ObjectKey,
): Promise<T | undefined> {
  try {
    return await client.get(kind, key);
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** `apiVersion` and `kind` of a new object. */
export function typeOf(kind: Kind<never> | Kind<KubeObject>): { apiVersion: string; kind: string } {
  return { apiVersion: apiVersionOf(kind), kind: kind.kind };
}
