/** Runs actions one after another, in the order they were asked for. */
export class Mutex {
  #tail: Promise<unknown> = Promise.resolve();

  /** Runs `action` when all earlier ones have ended, whatever their outcome. */
  run<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(action, action);
    this.#tail = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}

/** A {@link Mutex} for every key; keys that are not in use cost nothing. */
export class KeyedMutex {
  readonly #held = new Map<string, { mutex: Mutex; users: number }>();

  /** Runs `action` when all earlier ones with the same key have ended. */
  async run<T>(key: string, action: () => Promise<T>): Promise<T> {
    const entry = this.#held.get(key) ?? { mutex: new Mutex(), users: 0 };
    this.#held.set(key, entry);
    entry.users += 1;
    try {
      return await entry.mutex.run(action);
    } finally {
      entry.users -= 1;
      if (entry.users === 0) this.#held.delete(key);
    }
  }
}
