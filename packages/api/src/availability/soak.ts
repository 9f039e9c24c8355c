import type { Freight } from '../kinds/freight.ts';
import { formatDuration, ParseError, parseDuration } from '@kargo/gocompat';

/** Milliseconds of a non-negative Go duration like `1h30m` or `2.5s`; undefined when the text is not one. */
export function soakMilliseconds(text: string): number | undefined {
  try {
    const milliseconds = parseDuration(text);
    return milliseconds < 0 ? undefined : milliseconds;
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}

/** A duration in whole seconds as Go writes it, e.g. `2h5m0s`: the form of `longestSoak`. */
export function soakText(milliseconds: number): string {
  return formatDuration(Math.max(0, Math.floor(milliseconds / 1000) * 1000));
}

/** Whether the Freight was verified in the Stage. */
export function isVerifiedIn(freight: Freight, stage: string): boolean {
  return entry(freight.status?.verifiedIn, stage) !== undefined;
}

/** Whether the Freight is in the Stage now. */
export function isCurrentlyIn(freight: Freight, stage: string): boolean {
  return entry(freight.status?.currentlyIn, stage) !== undefined;
}

/** Whether somebody approved the Freight for the Stage by hand. */
export function isApprovedFor(freight: Freight, stage: string): boolean {
  return entry(freight.status?.approvedFor, stage) !== undefined;
}

/**
 * How long, in milliseconds, verified Freight has been in the Stage: the longer of its longest stay that ended and of the stay that goes
 * on, which counts from arrival. Zero for Freight that was not verified there.
 */
export function dwell(freight: Freight, stage: string, now: number): number {
  const verified = entry(freight.status?.verifiedIn, stage);
  if (verified === undefined) return 0;
  const recorded = soakMilliseconds(verified.longestSoak ?? '0') ?? 0;
  const since = arrival(freight, stage);
  return since === undefined ? recorded : Math.max(recorded, now - since, 0);
}

/** How far Freight is with soaking in one Stage. `at` is the instant (epoch milliseconds) at which it will be done, if time alone does it. */
export type Soak = { state: 'unverified' } | { state: 'soaked' } | { state: 'soaking'; at: number } | { state: 'left' };

/**
 * Whether verified Freight has been in the Stage for `required` (a duration; absent: no time is required). `left` means that it is not
 * there any more and was there too briefly. A duration that cannot be read never ends, which is the safe side.
 */
export function soak(freight: Freight, stage: string, required: string | undefined, now: number): Soak {
  if (!isVerifiedIn(freight, stage)) return { state: 'unverified' };
  const needed = required === undefined || required === '' ? 0 : (soakMilliseconds(required) ?? Number.POSITIVE_INFINITY);
  if (needed === 0 || dwell(freight, stage, now) >= needed) return { state: 'soaked' };
  const since = arrival(freight, stage);
  return since === undefined || !Number.isFinite(needed) ? { state: 'left' } : { state: 'soaking', at: since + needed };
}

function arrival(freight: Freight, stage: string): number | undefined {
  const since = entry(freight.status?.currentlyIn, stage)?.since;
  const at = since === undefined ? Number.NaN : Date.parse(since);
  return Number.isNaN(at) ? undefined : at;
}

// Stage names come from users, and `constructor` is a valid one: only own properties count.
function entry<V>(map: Record<string, V> | undefined, name: string): V | undefined {
  return map !== undefined && Object.hasOwn(map, name) ? map[name] : undefined;
}
