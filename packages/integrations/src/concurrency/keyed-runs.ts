import { SharedRuns } from './shared-runs.ts';

interface Entry<T> {
  runs: SharedRuns<T>;
  users: number;
  action: (signal: AbortSignal) => Promise<T>;
}

/** {@link SharedRuns} for each key, kept while somebody waits. */
export class KeyedRuns<T> {
  readonly #entries = new Map<string, Entry<T>>();

  /**
   * The result of a run of `action` that starts now or later; those who ask under the same key share it, so their actions must be good for
   * each other. The latest one is run. Rejects with the signal's reason as soon as that aborts.
   */
  async join(key: string, action: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const entry = this.#entries.get(key) ?? this.#begin(key, action);
    entry.action = action;
    entry.users += 1;
    try {
      return await entry.runs.join(signal);
    } finally {
      entry.users -= 1;
      if (entry.users === 0) this.#entries.delete(key);
    }
  }

  #begin(key: string, action: (signal: AbortSignal) => Promise<T>): Entry<T> {
    const entry: Entry<T> = { runs: new SharedRuns((signal) => entry.action(signal)), users: 0, action };
    this.#entries.set(key, entry);
    return entry;
  }
}
