/** Lets at most a fixed number of actions run at once, per key; the others wait their turn. */
export class KeyedSemaphore {
  readonly #limit: number;
  readonly #lanes = new Map<string, { running: number; waiting: (() => void)[] }>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs `action` as soon as its key has room. Rejects with the signal's reason if that aborts while waiting. */
  async run<T>(key: string, action: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const lane = this.#lanes.get(key) ?? { running: 0, waiting: [] };
    this.#lanes.set(key, lane);
    if (lane.running < this.#limit) lane.running += 1;
    else await this.#turn(lane.waiting, signal);
    try {
      return await action();
    } finally {
      const next = lane.waiting.shift();
      // The place goes over to whoever waits; only an unused one is given back.
      if (next !== undefined) next();
      else {
        lane.running -= 1;
        if (lane.running === 0) this.#lanes.delete(key);
      }
    }
  }

  #turn(waiting: (() => void)[], signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        const place = waiting.indexOf(enter);
        if (place >= 0) waiting.splice(place, 1);
        reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      if (signal?.aborted === true) {
        leave();
        return;
      }
      waiting.push(enter);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }
}
