import { originKey, type Freight, type FreightRequest, type FreightStatus, type Stage } from '@kargo/api';
import { newestFirst } from '../availability/candidate.ts';
import { soakMilliseconds } from '../availability/soak.ts';

/** Since when Freight is in a Stage (RFC 3339), and how long it was there before (a duration). */
export interface Presence {
  since?: string | undefined;
  longestSoak?: string | undefined;
  /** Whether its time here is its own, and not that of Stages before. */
  isOwn?: boolean | undefined;
}

/**
 * How long Freight is in a Stage without promotion steps, so that soak time counts through it: nothing runs there, so it is there for as
 * long as it is in the Stages before it, in one of them or with the strategy `All` in every one. Of what such a Stage takes straight from
 * a Warehouse, the newest is there since it was passed on. Never longer than what was really spent upstream. Pure.
 */
export function presenceIn(stage: Stage, freight: Freight, newest: ReadonlySet<string>): Presence {
  const name = stage.metadata.name ?? '';
  const key = originKey(freight.origin);
  const requests = stage.spec.requestedFreight.filter(({ origin }) => originKey(origin) === key);
  const found = requests.map((request) => throughRequest(request, name, freight, newest));
  return {
    since: earliest(found.map(({ since }) => since)),
    longestSoak: longest(found.map(({ longestSoak }) => longestSoak)),
    isOwn: found.every(({ isOwn }) => isOwn === true),
  };
}

function throughRequest({ sources }: FreightRequest, gate: string, freight: Freight, newest: ReadonlySet<string>): Presence {
  if (sources.direct === true) {
    const since = own(freight.status?.currentlyIn, gate)?.since ?? own(freight.status?.verifiedIn, gate)?.verifiedAt;
    return { since: newest.has(freight.metadata.name ?? '') ? since : undefined, isOwn: true };
  }
  const upstreams = (sources.stages ?? []).map((upstream) => presenceAt(upstream, freight.status));
  const since = upstreams.map((each) => each.since);
  const soaks = upstreams.map((each) => each.longestSoak);
  if (sources.availabilityStrategy !== 'All') return { since: earliest(since), longestSoak: longest(soaks) };
  return {
    since: since.includes(undefined) ? undefined : latest(since),
    longestSoak: soaks.includes(undefined) ? undefined : shortest(soaks),
  };
}

/** What counts in one Stage before: only Freight that is verified there. */
function presenceAt(upstream: string, status: FreightStatus | undefined): Presence {
  const verified = own(status?.verifiedIn, upstream);
  return verified === undefined ? {} : { since: own(status?.currentlyIn, upstream)?.since, longestSoak: verified.longestSoak };
}

/** Names of the newest Freight of each origin. */
export function newestOfEach(freight: readonly Freight[]): Set<string> {
  const byOrigin = Map.groupBy(freight, ({ origin }) => originKey(origin));
  return new Set([...byOrigin.values()].map((all) => all.reduce((a, b) => (newestFirst(a, b) <= 0 ? a : b)).metadata.name ?? ''));
}

type Text = string | undefined;

function pick(values: readonly Text[], measure: (text: string) => number, sign: 1 | -1): Text {
  return values.filter((value) => value !== undefined).toSorted((a, b) => sign * (measure(a) - measure(b)))[0];
}
const soakOf = (text: string): number => soakMilliseconds(text) ?? 0;
const earliest = (values: readonly Text[]): Text => pick(values, Date.parse, 1);
const latest = (values: readonly Text[]): Text => pick(values, Date.parse, -1);
const shortest = (values: readonly Text[]): Text => pick(values, soakOf, 1);
const longest = (values: readonly Text[]): Text => pick(values, soakOf, -1);

function own<V>(map: Record<string, V> | undefined, name: string): V | undefined {
  return map !== undefined && Object.hasOwn(map, name) ? map[name] : undefined;
}
