import { ApiError, Lease, resourceName } from '@kargo/api';
import type { Fence } from '@kargo/kube';
import type { StoreWrite } from '../store/store.ts';

const LEASES = resourceName(Lease);

/** Refuses a write with `Conflict` unless its Lease is held as the fence says when the write is stored. */
export function fenceGuard(fence: Fence | undefined): StoreWrite['guard'] {
  if (fence === undefined) return undefined;
  const { namespace, name, holder, transitions } = fence;
  return (read) => {
    const { holderIdentity, leaseTransitions } = (read(LEASES, { namespace, name }) as Lease | undefined)?.spec ?? {};
    if (holderIdentity === holder && leaseTransitions === transitions) return undefined;
    return new ApiError(
      'Conflict',
      `nothing was written: the lease ${namespace}/${name} is not held by ${holder} in term ${transitions} any more`,
    );
  };
}
