/** Faults between the control plane and its API, as networks and busy servers make them. */
import { ApiError } from '@kargo/api';
import type { Random } from '@kargo/kube';
import type { ClientCall, ClientHooks } from '@kargo/kube/testing';

/** How likely each fault is, from 0 to 1. Absent: it does not happen. */
export interface ClientFaults {
  /** A call fails before anything has happened. */
  unreachable?: number | undefined;
  /** A write happens, but its answer is lost. */
  lostAnswer?: number | undefined;
  /** A write meets a concurrent one. */
  conflict?: number | undefined;
  /** An event of a watch never arrives, and nothing tells. */
  lostEvent?: number | undefined;
  /** A watch breaks, and can be taken up where it was. */
  brokenWatch?: number | undefined;
  /** A watch breaks, and history no longer reaches that far (410 Gone). */
  expiredWatch?: number | undefined;
}

const READS = new Set<ClientCall['verb']>(['get', 'list', 'watch']);

/** Hooks for `interceptClient` that let faults happen by chance. `faults` is asked anew each time, so that they can begin and end. */
export function faultyClient(faults: () => ClientFaults, random: Random, told: (what: string) => void): ClientHooks {
  const happens = (chance: number | undefined): boolean => chance !== undefined && chance > 0 && random.next() < chance;
  const fail = (call: ClientCall, what: string, error: ApiError): never => {
    told(`${what}: ${call.verb} ${call.kind.kind} ${call.key.namespace ?? ''}/${call.key.name ?? ''}`);
    throw error;
  };
  return {
    around: async (call, next) => {
      const { unreachable, conflict, lostAnswer } = faults();
      if (happens(unreachable)) fail(call, 'unreachable', new ApiError('ServiceUnavailable', 'the API cannot be reached'));
      if (READS.has(call.verb)) return next();
      if (call.verb !== 'create' && happens(conflict))
        fail(call, 'conflict', new ApiError('Conflict', 'the object has been modified; read it again'));
      const answer = await next();
      if (happens(lostAnswer)) fail(call, 'answer lost', new ApiError('ServiceUnavailable', 'the connection broke'));
      return answer;
    },
    watch: (call) => {
      if (happens(faults().unreachable))
        fail(call, 'unreachable', new ApiError('ServiceUnavailable', 'the API cannot be reached'));
    },
    event: (call, event) => {
      const { lostEvent, brokenWatch, expiredWatch } = faults();
      if (happens(expiredWatch)) fail(call, 'watch expired', new ApiError('Expired', 'too old resource version'));
      if (happens(brokenWatch)) fail(call, 'watch broke', new ApiError('ServiceUnavailable', 'the connection broke'));
      if (!happens(lostEvent)) return true;
      told(`event lost: ${event.type} ${call.kind.kind} ${(event.object.metadata as { name?: string }).name ?? ''}`);
      return false;
    },
  };
}
