/** The one answer to "may this Freight go to this Stage?", shared by admission, the promotion engine, auto-promotion, the API and the UI. */
import type { Freight } from '../kinds/freight.ts';
import type { FreightRequest, Stage } from '../kinds/stage.ts';
import { originKey } from '../kinds/field-schemas.ts';
import { isApprovedFor, soak } from './soak.ts';

/** One thing that stands in the way. `upstream` names the Stage it is about. */
export type Unavailability =
  | { code: 'DifferentProject'; message: string }
  | { code: 'OriginNotRequested'; message: string }
  | { code: 'NoSources'; message: string }
  | { code: 'NotVerified'; upstream: string; message: string }
  | { code: 'Soaking'; upstream: string; message: string }
  | { code: 'LeftTooEarly'; upstream: string; message: string };

/** `upstreams`: the Stages whose verification (and soak time) makes the Freight available. `nextChange`: when time alone will (epoch ms). */
export type Availability =
  | { available: true; via: 'direct' | 'approval' }
  | { available: true; via: 'upstream'; upstreams: readonly string[] }
  | { available: false; reasons: readonly Unavailability[]; nextChange?: number };

/**
 * Whether `freight` may be promoted to `stage` at `now` (epoch milliseconds).
 *
 * Freight whose origin the Stage does not request never is, not even when approved. Otherwise approval by hand suffices, or a direct
 * source, or verification and the required soak time in one upstream Stage (in every one with the strategy `All`; none are none).
 */
export function isFreightAvailable(stage: Stage, freight: Freight, now: number): Availability {
  const name = stage.metadata.name ?? '';
  if ((stage.metadata.namespace ?? '') !== (freight.metadata.namespace ?? '')) {
    const message = `Freight of Project ${freight.metadata.namespace ?? ''} cannot go to a Stage of Project ${stage.metadata.namespace ?? ''}`;
    return { available: false, reasons: [{ code: 'DifferentProject', message }] };
  }
  const key = originKey(freight.origin);
  const requests = stage.spec.requestedFreight.filter(({ origin }) => originKey(origin) === key);
  if (requests.length === 0) {
    const message = `Stage ${name} does not request Freight of ${key}`;
    return { available: false, reasons: [{ code: 'OriginNotRequested', message }] };
  }
  if (isApprovedFor(freight, name)) return { available: true, via: 'approval' };
  const answers = requests.map((request) => fromSources(request, name, freight, now));
  const yes = answers.find((answer) => answer.available);
  if (yes !== undefined) return yes;
  const no = answers.filter((answer) => !answer.available);
  return unavailable(
    no.flatMap(({ reasons }) => reasons),
    earliest(no.map(({ nextChange }) => nextChange)),
  );
}

function fromSources({ sources }: FreightRequest, stage: string, freight: Freight, now: number): Availability {
  if (sources.direct === true) return { available: true, via: 'direct' };
  const upstreams = sources.stages ?? [];
  if (upstreams.length === 0) {
    return unavailable([{ code: 'NoSources', message: `Stage ${stage} names no source from which it takes this Freight` }]);
  }
  const required = sources.requiredSoakTime ?? '';
  const soaks = upstreams.map((upstream) => ({ upstream, soak: soak(freight, upstream, required, now) }));
  const done = soaks.filter((each) => each.soak.state === 'soaked').map(({ upstream }) => upstream);
  const all = sources.availabilityStrategy === 'All';
  if (all ? done.length === upstreams.length : done.length > 0) return { available: true, via: 'upstream', upstreams: done };

  const reasons = soaks.flatMap(({ upstream, soak: { state } }): Unavailability[] => {
    if (state === 'unverified') return [{ code: 'NotVerified', upstream, message: `not verified in Stage ${upstream}` }];
    if (state === 'soaking') {
      return [{ code: 'Soaking', upstream, message: `verified in Stage ${upstream}, but not yet there for ${required}` }];
    }
    if (state === 'left')
      return [{ code: 'LeftTooEarly', upstream, message: `left Stage ${upstream} before ${required} had passed` }];
    return [];
  });
  const instants = soaks
    .filter((each) => each.soak.state !== 'soaked')
    .map((each) => (each.soak.state === 'soaking' ? each.soak.at : undefined));
  return unavailable(reasons, all ? latest(instants) : earliest(instants));
}

/** The Freight among `freight` that is available to `stage` at `now`, sorted by name, each once. */
export function availableFreight(stage: Stage, freight: readonly Freight[], now: number): Freight[] {
  const byName = new Map(freight.map((each) => [each.metadata.name ?? '', each]));
  return [...byName.values()]
    .filter((each) => isFreightAvailable(stage, each, now).available)
    .toSorted((a, b) => compareText(a.metadata.name ?? '', b.metadata.name ?? ''));
}

/** The earliest instant after which time alone makes some of `freight` available to `stage`, if there is one. */
export function nextAvailabilityChange(stage: Stage, freight: readonly Freight[], now: number): number | undefined {
  return earliest(
    freight.map((each) => {
      const availability = isFreightAvailable(stage, each, now);
      return availability.available ? undefined : availability.nextChange;
    }),
  );
}

/** The reasons of an {@link Availability} as one text for people; empty when available. */
export function availabilityMessage(availability: Availability): string {
  return availability.available ? '' : availability.reasons.map(({ message }) => message).join('; ');
}

/** Bytewise for ASCII, which names are: independent of locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function unavailable(reasons: readonly Unavailability[], nextChange?: number): Availability & { available: false } {
  return { available: false, reasons, ...(nextChange === undefined ? {} : { nextChange }) };
}

function earliest(instants: readonly (number | undefined)[]): number | undefined {
  const known = instants.filter((at) => at !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function latest(instants: readonly (number | undefined)[]): number | undefined {
  return instants.some((at) => at === undefined) ? undefined : Math.max(...instants.filter((at) => at !== undefined));
}
