import type { Json, Operation } from '@kargo/api';

/** An operation as Argo CD's sync request asks for it. Who asks is whom the token belongs to. */
export function syncRequest(operation: Json): { [key: string]: Json } {
  const { sync = {}, info, retry } = operation as Operation;
  const { syncOptions, resources, syncStrategy, ...rest } = sync as typeof sync & { resources?: Json; syncStrategy?: Json };
  const request = {
    ...rest,
    resources,
    strategy: syncStrategy,
    syncOptions: syncOptions === undefined ? undefined : { items: syncOptions },
    infos: info,
    retryStrategy: retry,
  };
  // Plain JSON by construction; what is absent is not there at all.
  return JSON.parse(JSON.stringify(request)) as { [key: string]: Json };
}
