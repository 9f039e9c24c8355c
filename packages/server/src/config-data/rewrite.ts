import type { Kind, KubeObject, ObjectKey } from '@kargo/api';
import { retryOnConflict } from '@kargo/kube';
import type { FastifyRequest } from 'fastify';
import type { Services } from '../services.ts';

/** Replaces an object by what `change` makes of it, again if somebody else is faster. Fails with `NotFound`. */
export async function rewrite<T extends KubeObject>(
  services: Services,
  request: FastifyRequest,
  kind: Kind<T>,
  key: ObjectKey,
  change: (stored: T) => T,
): Promise<T> {
  const client = services.clientFor(request);
  const { clock, random } = services.config;
  return retryOnConflict(async () => client.update(kind, change(await client.get(kind, key))), { clock, random });
}
