/** A pending timer. */
export interface Timer {
  cancel(): void;
}

/** Time as a port. Nothing outside its real implementation reads the system clock or sets a timer. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `fire` once at `at` (epoch milliseconds), or as soon as possible if that has passed. Does not keep the process alive. */
  setTimer(at: number, fire: () => void): Timer;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts. */
  sleep(ms: number, options?: { signal?: AbortSignal }): Promise<void>;
}

/** RFC 3339 in UTC with whole seconds, as Kubernetes writes timestamps. */
export function timestamp(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}
