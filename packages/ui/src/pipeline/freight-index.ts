import { isFreightAvailable, type Freight, type Stage } from '@kargo/api';
import { upstreamsOf } from './ranks.ts';

/** Freight of a project, ordered and found without looking at all of it. */
export interface FreightIndex {
  /** By origin, newest first. */
  byOrigin: ReadonlyMap<string, readonly Freight[]>;
  /** By stage in which it is verified, newest first. */
  verifiedIn: ReadonlyMap<string, readonly Freight[]>;
  /** By stage for which somebody approved it, newest first. */
  approvedFor: ReadonlyMap<string, readonly Freight[]>;
  /** Place among all, 0 is the newest. */
  place: ReadonlyMap<string, number>;
}

/** When Freight was found, for sorting. */
export function ageOf({ discoveredAt, metadata }: Freight): string {
  return discoveredAt ?? metadata.creationTimestamp ?? '';
}

/** Newest first; the greater name first among those found at once. */
export function newestFirst(a: Freight, b: Freight): number {
  const [left, right] = [ageOf(a), ageOf(b)];
  if (left !== right) return left < right ? 1 : -1;
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? 1 : -1;
}

export function indexFreight(freight: ReadonlyMap<string, Freight>): FreightIndex {
  const byOrigin = new Map<string, Freight[]>();
  const verifiedIn = new Map<string, Freight[]>();
  const approvedFor = new Map<string, Freight[]>();
  const place = new Map<string, number>();
  for (const each of [...freight.values()].toSorted(newestFirst)) {
    place.set(each.metadata.name ?? '', place.size);
    push(byOrigin, each.origin.name, each);
    for (const stage of Object.keys(each.status?.verifiedIn ?? {})) push(verifiedIn, stage, each);
    for (const stage of Object.keys(each.status?.approvedFor ?? {})) push(approvedFor, stage, each);
  }
  return { byOrigin, verifiedIn, approvedFor, place };
}

/** The newest Freight of an origin that may go to a stage now, as the server decides it. Looks only at what can be. */
export function newestAvailable(index: FreightIndex, stage: Stage, origin: string, now: number): Freight | undefined {
  const name = stage.metadata.name ?? '';
  const direct = stage.spec.requestedFreight.some((request) => request.origin.name === origin && request.sources.direct === true);
  if (direct) return index.byOrigin.get(origin)?.[0];
  let newest: Freight | undefined;
  const lists = [
    index.approvedFor.get(name) ?? [],
    ...upstreamsOf(stage, origin).map((upstream) => index.verifiedIn.get(upstream) ?? []),
  ];
  for (const list of lists) {
    const found = list.find((each) => each.origin.name === origin && isFreightAvailable(stage, each, now).available);
    if (found !== undefined && (newest === undefined || newestFirst(found, newest) < 0)) newest = found;
  }
  return newest;
}

function push(map: Map<string, Freight[]>, key: string, freight: Freight): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [freight]);
  else list.push(freight);
}
