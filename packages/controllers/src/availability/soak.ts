import type { Freight } from '@kargo/api';

const UNITS: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a non-negative Go duration like `1h30m` or `2.5s`; undefined when the text is not one. */
export function soakMilliseconds(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount = '0', unit = 's'] of text.matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g))
    total += Number(amount) * (UNITS[unit] ?? 0);
  return total;
}

/** A Go duration in whole seconds, e.g. `2h5m0s`, as `longestSoak` is written. */
export function soakText(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (h > 0) return `${h}h${m}m${s}s`;
  return m > 0 ? `${m}m${s}s` : `${s}s`;
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
