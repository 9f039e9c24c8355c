import { ApiError, isReason, keyOf, keyText, type Kind, type KubeObject } from '@kargo/api';
import type { Reader, Watcher, WatchEvent } from '../client/client.ts';
import { deepFreeze } from '../objects/deep-freeze.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import { Backoff } from './backoff.ts';
import type { Change } from './controller.ts';
import type { RuntimeMetrics } from './metrics.ts';
import { ObjectStore } from './object-store.ts';

export interface InformerOptions<T extends KubeObject> {
  client: Reader & Watcher;
  kind: Kind<T>;
  clock: Clock;
  random: Random;
  log: Log;
  metrics?: RuntimeMetrics | undefined;
  /** Objects a page of a list. Default 500. */
  pageSize?: number;
  /** How long a watch is followed before everything is listed again, in milliseconds. Default: as long as it lasts. */
  relistAfter?: number | undefined;
}

/**
 * Keeps everything of one kind in memory: lists once, page by page, then follows the watch. It survives every failure: a broken watch
 * goes on where it stopped; when history no longer reaches that far, everything is listed again and the differences are told as changes.
 * Failures are repeated with growing, jittered pauses. An event that got lost without a trace is made good at the next list, which comes
 * by itself after `relistAfter`. What is told: every change after {@link synced}, and on every difference of a
 * later list. Objects are frozen.
 */
export class Informer<T extends KubeObject> {
  readonly kind: Kind<T>;
  readonly store: ObjectStore<T>;
  readonly #options: InformerOptions<T>;
  readonly #backoff: Backoff;
  readonly #listeners: ((change: Change<T>) => void)[] = [];
  readonly #synced = Promise.withResolvers<void>();
  #isSynced = false;
  #resourceVersion: string | undefined;
  #pageSize: number | undefined;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    this.kind = options.kind;
    this.store = new ObjectStore(options.kind);
    this.#pageSize = options.pageSize ?? 500;
    this.#backoff = new Backoff({ base: 100, max: 30_000 }, options.random);
  }

  /** Resolves when the first list is complete. Never rejects. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** The version up to which changes were seen. */
  get resourceVersion(): string | undefined {
    return this.#resourceVersion;
  }

  /** Calls `listener` for every later change. It must not throw. */
  listen(listener: (change: Change<T>) => void): void {
    this.#listeners.push(listener);
  }

  /** Follows the kind until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#resourceVersion === undefined) await this.#relist(signal);
        await this.#follow(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#note(error);
        await this.#pause(error, signal);
      }
    }
  }

  async #relist(signal: AbortSignal): Promise<void> {
    const found = new Map<string, T>();
    let next: string | undefined;
    let version: string | undefined;
    do {
      const page = await this.#options.client.list(this.kind, { limit: this.#pageSize, continue: next, signal });
      version ??= page.metadata.resourceVersion;
      for (const object of page.items) found.set(keyText(keyOf(object)), deepFreeze(object));
      next = page.metadata.continue === '' ? undefined : page.metadata.continue;
    } while (next !== undefined);
    signal.throwIfAborted();
    for (const key of this.store.keys()) if (!found.has(key)) this.#remove(key);
    for (const object of found.values()) this.#put(object);
    this.#resourceVersion = version;
    this.#isSynced = true;
    this.#synced.resolve();
  }

  /** Follows the watch until it breaks, which is thrown, or until everything is to be listed again. */
  async #follow(signal: AbortSignal): Promise<void> {
    const { clock, random, relistAfter } = this.#options;
    const renewal = new AbortController();
    // Spread out, so that the kinds are not all listed in the same moment.
    const timer =
      relistAfter === undefined
        ? undefined
        : clock.setTimer(Math.round(clock.now() + relistAfter * (0.9 + random.next() / 10)), () =>
            renewal.abort(new Error('everything is listed again')),
          );
    try {
      await this.#watch(AbortSignal.any([signal, renewal.signal]));
    } catch (error) {
      if (!renewal.signal.aborted) throw error;
    } finally {
      timer?.cancel();
    }
    if (renewal.signal.aborted) this.#resourceVersion = undefined;
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const events = this.#options.client.watch(this.kind, {
      resourceVersion: this.#resourceVersion,
      allowBookmarks: true,
      signal,
    });
    for await (const event of events) {
      if (signal.aborted) return;
      this.#apply(event);
      this.#backoff.forget('');
    }
    if (!signal.aborted) throw new ApiError('ServiceUnavailable', `the watch of ${this.kind.plural} ended`);
  }

  #apply(event: WatchEvent<T>): void {
    if (event.type === 'DELETED') this.#remove(keyText(keyOf(event.object)));
    else if (event.type !== 'BOOKMARK') this.#put(deepFreeze(event.object));
    this.#resourceVersion = event.object.metadata.resourceVersion ?? this.#resourceVersion;
  }

  #put(object: T): void {
    const key = keyText(keyOf(object));
    const old = this.store.byText(key);
    if (
      old !== undefined &&
      old.metadata.resourceVersion === object.metadata.resourceVersion &&
      object.metadata.resourceVersion !== undefined
    )
      return;
    // The same name with another uid is another object: whoever waits for the first one to go must see that it went.
    if (old !== undefined && old.metadata.uid !== object.metadata.uid) this.#remove(key);
    const replaced = this.store.set(object);
    this.#tell(replaced === undefined ? { object } : { object, old: replaced });
  }

  #remove(key: string): void {
    const old = this.store.delete(key);
    if (old !== undefined) this.#tell({ old });
  }

  #tell(change: Change<T>): void {
    for (const listener of this.#listeners) listener(change);
  }

  #note(error: unknown): void {
    const reason = error instanceof ApiError ? error.reason : 'InternalError';
    if (isReason(error, 'Expired', 'Gone')) {
      // A continue token that expired twice will expire again: one unpaged list is the way out.
      if (this.#resourceVersion === undefined) this.#pageSize = undefined;
      this.#resourceVersion = undefined;
    }
    this.#options.metrics?.informerFailed?.(this.kind.kind, reason);
    const fields = { kind: this.kind.kind, reason, error: error instanceof Error ? error.message : String(error) };
    if (this.#backoff.failures('') >= 3) this.#options.log.warn(fields, 'watching keeps failing; it goes on trying');
    else this.#options.log.debug(fields, 'watch interrupted');
  }

  /** Grows with the failures, and is not shorter than what the server asks for. */
  async #pause(failure: unknown, signal: AbortSignal): Promise<void> {
    const asked = failure instanceof ApiError ? (failure.details?.retryAfterSeconds ?? 0) * 1000 : 0;
    try {
      await this.#options.clock.sleep(Math.max(asked, this.#backoff.next('')), { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
