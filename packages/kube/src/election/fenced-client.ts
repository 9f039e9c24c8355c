import { ApiError } from '@kargo/api';
import type { Client } from '../client/client.ts';
import type { Fence } from './fence.ts';

/** A client whose writes carry a fence, and are not even sent once the term is over. Reads pass. */
export function fencedClient(client: Client, fence: Fence, isCurrent: () => boolean): Client {
  const inTerm = async <R>(write: () => Promise<R>): Promise<R> => {
    if (!isCurrent())
      throw new ApiError(
        'ServiceUnavailable',
        `nothing was written: ${fence.holder} does not lead any more (lease ${fence.namespace}/${fence.name})`,
      );
    return write();
  };
  return {
    get: (kind, key, options) => client.get(kind, key, options),
    list: (kind, options) => client.list(kind, options),
    watch: (kind, options) => client.watch(kind, options),
    create: (kind, object, options) => inTerm(() => client.create(kind, object, { ...options, fence })),
    update: (kind, object, options) => inTerm(() => client.update(kind, object, { ...options, fence })),
    updateStatus: (kind, object, options) => inTerm(() => client.updateStatus(kind, object, { ...options, fence })),
    patch: (kind, key, patch, options) => inTerm(() => client.patch(kind, key, patch, { ...options, fence })),
    delete: (kind, key, options) => inTerm(() => client.delete(kind, key, { ...options, fence })),
  };
}
