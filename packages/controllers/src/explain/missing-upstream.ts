/** What a Stage takes Freight from that is not there. */
import type { FreightRequest } from '@kargo/api';

/** Whether there is a Warehouse or Stage of this name in the Project. */
export type Exists = (kind: 'Warehouse' | 'Stage', name: string) => boolean;

/** Where nobody has looked: everything is taken to be there. */
export const everythingExists: Exists = () => true;

/** Words for the Warehouse of a request that does not exist; undefined if it does. */
export function missingOrigin({ origin }: FreightRequest, exists: Exists): string | undefined {
  return exists('Warehouse', origin.name) ? undefined : `${origin.kind} ${origin.name} does not exist`;
}

/** Words for the Stages that a request takes Freight from and that do not exist; undefined if all do. */
export function missingUpstreams({ sources }: FreightRequest, exists: Exists): string | undefined {
  const missing = (sources.stages ?? []).filter((name) => !exists('Stage', name));
  if (missing.length === 0) return undefined;
  return `${missing.length === 1 ? 'Stage' : 'Stages'} ${missing.join(', ')} ${missing.length === 1 ? 'does' : 'do'} not exist`;
}
