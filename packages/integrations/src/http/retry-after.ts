import type { HttpResponseHead } from './port.ts';

/** Numbers from here on are instants: nobody wants to be left alone for thirty years. */
const FIRST_INSTANT_S = 1e9;
const FIRST_INSTANT_MS = 1e12;

/**
 * Milliseconds that a server wants to be left alone, at `now` (epoch milliseconds); undefined if it does not say. Besides seconds and dates,
 * as they should be, some send instants as numbers (Docker Hub: docker/hub-feedback#2459), or only when a used-up limit starts anew.
 */
export function retryAfterOf({ headers }: HttpResponseHead, now: number): number | undefined {
  const isUsedUp = headers['x-ratelimit-remaining'] === '0';
  const value = headers['retry-after'] ?? (isUsedUp ? instantOf(headers['x-ratelimit-reset']) : undefined);
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? pauseOf(Number(value), now) : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}

function pauseOf(value: number, now: number): number {
  if (value >= FIRST_INSTANT_MS) return value - now;
  return value >= FIRST_INSTANT_S ? value * 1000 - now : value * 1000;
}

function instantOf(value: string | undefined): string | undefined {
  return value !== undefined && /^\d+$/.test(value) && Number(value) >= FIRST_INSTANT_S ? value : undefined;
}
