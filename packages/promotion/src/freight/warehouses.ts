import { isReason, Warehouse, type FreightRequest } from '@kargo/api';
import type { Reader } from '@kargo/kube';

/** The Warehouses a Stage requests Freight from, each once. Fails naming one that is gone. */
export async function requestedWarehouses(
  client: Pick<Reader, 'get'>,
  project: string,
  requests: readonly FreightRequest[],
  signal: AbortSignal,
): Promise<Warehouse[]> {
  const names = [...new Set(requests.map(({ origin }) => origin.name))];
  const out: Warehouse[] = [];
  for (const name of names) {
    try {
      out.push(await client.get(Warehouse, { namespace: project, name }, { signal }));
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
      throw new Error(`Warehouse "${name}", from which the Stage requests Freight, does not exist in project "${project}"`, {
        cause: error,
      });
    }
  }
  return out;
}
