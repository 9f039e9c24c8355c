import type { HttpResponseHead } from './port.ts';

/** Milliseconds that a server wants to be left alone, at `now` (epoch milliseconds); undefined if it does not say. */
export function retryAfterOf({ headers }: HttpResponseHead, now: number): number | undefined {
  const value = headers['retry-after'];
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}
