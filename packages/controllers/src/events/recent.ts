/**
 * How long after something happened it is told again by a process that does not know whether it was told, in milliseconds. As long as
 * events are kept: what is told again is known by its name until then.
 */
export const RETELL_FOR = 60 * 60_000;

/** Whether an instant (RFC 3339) is at most {@link RETELL_FOR} ago at `now` (epoch milliseconds). */
export function isRecent(instant: string | undefined, now: number): boolean {
  return instant !== undefined && now - Date.parse(instant) <= RETELL_FOR;
}
