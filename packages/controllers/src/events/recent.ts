/** How long after something happened it is told again by a process that does not know whether it was told, in milliseconds. */
export const RETELL_FOR = 15 * 60_000;

/** Whether an instant (RFC 3339) is at most {@link RETELL_FOR} ago at `now` (epoch milliseconds). */
export function isRecent(instant: string | undefined, now: number): boolean {
  return instant !== undefined && now - Date.parse(instant) <= RETELL_FOR;
}
