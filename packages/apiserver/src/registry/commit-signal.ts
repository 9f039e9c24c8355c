import type { Store } from '../store/store.ts';

interface Waiter {
  wake: () => void;
  /** Also wakes when the store reaches this revision, whatever changed. */
  revision: number;
}

/** Wakes those who wait for changes of a resource. */
export class CommitSignal {
  readonly #store: Store;
  readonly #waiters = new Map<string, Set<Waiter>>();

  constructor(store: Store) {
    this.#store = store;
    store.subscribe((events) => {
      for (const resource of new Set(events.map((event) => event.resource))) this.#wake(resource, () => true);
      for (const resource of this.#waiters.keys()) this.#wake(resource, ({ revision }) => revision <= store.revision);
    });
  }

  /** Resolves after the next change of `resource`, when the store reaches `revision`, or when the signal aborts. */
  next(resource: string, revision = Infinity, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true || revision <= this.#store.revision) return Promise.resolve();
    return new Promise((resolve) => {
      const waiters = this.#waiters.get(resource) ?? new Set<Waiter>();
      this.#waiters.set(resource, waiters);
      const wake = (): void => {
        waiters.delete(waiter);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const waiter = { wake, revision };
      waiters.add(waiter);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  /** Wakes everybody. */
  wakeAll(): void {
    for (const resource of this.#waiters.keys()) this.#wake(resource, () => true);
  }

  #wake(resource: string, chosen: (waiter: Waiter) => boolean): void {
    for (const waiter of this.#waiters.get(resource) ?? []) if (chosen(waiter)) waiter.wake();
  }
}
