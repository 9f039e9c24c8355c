/** Deadlines of git commands in milliseconds. */
export interface GitTimeouts {
  /** Listing references. */
  listing: number;
  fetch: number;
  push: number;
  /** Commands that do not use the network. */
  local: number;
}

/** Generous for large repositories, yet nothing hangs for ever. */
export const DEFAULT_TIMEOUTS: GitTimeouts = { listing: 60_000, fetch: 900_000, push: 180_000, local: 300_000 };
