import { isReason, keyOf, keyText, type Kind, type KubeObject } from '@kargo/api';
import type { Client, Clock, Log } from '@kargo/kube';

/** Longest pause before a lost watch is begun again, in milliseconds. */
const MAX_PAUSE = 30_000;

/** Sees every change of the objects of a kind. `before` is absent for new ones, `after` for removed ones. */
export type OnChange<T extends KubeObject> = (before: T | undefined, after: T | undefined) => void;

export interface ObjectIndexOptions<T extends KubeObject> {
  client: Pick<Client, 'list' | 'watch'>;
  kind: Kind<T>;
  clock: Clock;
  log: Log;
  onChange: OnChange<T>;
}

/** Follows all objects of a kind: first as they are, then change by change, across every loss of the watch. Starts when first asked. */
export class ObjectIndex<T extends KubeObject> {
  readonly #options: ObjectIndexOptions<T>;
  readonly #objects = new Map<string, T>();
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #synced: Promise<void> | undefined;
  #revision = '';

  constructor(options: ObjectIndexOptions<T>) {
    this.#options = options;
  }

  /** Resolves when every object that exists has been seen. */
  synced(): Promise<void> {
    this.#synced ??= new Promise((resolve) => {
      this.#running = this.#run(resolve);
    });
    return this.#synced;
  }

  /** The version that a watch can go on from. */
  get revision(): string {
    return this.#revision;
  }

  objects(): IterableIterator<T> {
    return this.#objects.values();
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error('the index is closed'));
    await this.#running;
  }

  async #run(synced: () => void): Promise<void> {
    const { signal } = this.#stop;
    const { clock, log, kind } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.#relist();
        synced();
        failures = 0;
        await this.#follow(signal);
      } catch (error) {
        if (signal.aborted) break;
        if (isReason(error, 'Expired', 'Gone')) continue;
        failures += 1;
        log.warn({ kind: kind.kind, error: error instanceof Error ? error.message : String(error) }, 'an index lost its watch');
        await clock.sleep(Math.min(MAX_PAUSE, 250 * 2 ** failures), { signal }).catch(() => undefined);
      }
    }
    synced();
  }

  async #relist(): Promise<void> {
    const { client, kind } = this.#options;
    const { items, metadata } = await client.list(kind);
    const gone = new Set(this.#objects.keys());
    for (const item of items) {
      gone.delete(keyText(keyOf(item)));
      this.#put(item);
    }
    for (const key of gone) this.#remove(key);
    this.#revision = metadata.resourceVersion ?? '';
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { client, kind } = this.#options;
    const options = { resourceVersion: this.#revision, allowBookmarks: true, signal };
    for await (const event of client.watch(kind, options)) {
      this.#revision = event.object.metadata.resourceVersion ?? this.#revision;
      if (event.type === 'BOOKMARK') continue;
      if (event.type === 'DELETED') this.#remove(keyText(keyOf(event.object)));
      else this.#put(event.object);
    }
  }

  #put(object: T): void {
    const key = keyText(keyOf(object));
    const before = this.#objects.get(key);
    if (before?.metadata.resourceVersion === object.metadata.resourceVersion && before?.metadata.uid === object.metadata.uid)
      return;
    this.#objects.set(key, object);
    this.#options.onChange(before, object);
  }

  #remove(key: string): void {
    const before = this.#objects.get(key);
    if (before === undefined) return;
    this.#objects.delete(key);
    this.#options.onChange(before, undefined);
  }
}
