import {
  ApiError,
  apiVersionOf,
  notFound,
  resourceName,
  type Kind,
  type KubeList,
  type KubeObject,
  type ObjectKey,
} from '@kargo/api';
import { deepFreeze, type ListOptions, type WatchEvent, type WatchOptions } from '@kargo/kube';
import { isObject } from '../object/json.ts';
import { RevisionUnavailableError, type Store, type StoredEvent, type StoreEntry } from '../store/store.ts';
import type { CommitSignal } from './commit-signal.ts';
import { selectionOf, type Selection } from './selection.ts';
import { inVersion } from './versions.ts';

/** How many changes a watch takes from history at a time: what a slow consumer can hold. */
const WATCH_BATCH = 100;
/** A watch that asked for bookmarks gets one at least this often, in revisions. */
const BOOKMARK_EVERY = 500;

export interface RegistryWatchOptions extends WatchOptions {
  /** Start with the existing objects even when a version is given, and mark their end with a bookmark. */
  sendInitialEvents?: boolean | undefined;
}

/** Reading and watching, from memory. Everything read is durable. */
export class Reads {
  readonly #store: Store;
  readonly #commits: CommitSignal;
  #announcements = 0;

  constructor(store: Store, commits: CommitSignal) {
    this.#store = store;
    this.#commits = commits;
  }

  /** Sends a bookmark to every watch that asked for them. */
  announce(): void {
    this.#announcements++;
    this.#commits.wakeAll();
  }

  get(kind: Kind, key: ObjectKey): KubeObject {
    const object = this.#store.get(resourceName(kind), key);
    if (object === undefined) throw notFound(kind, key);
    return inVersion(object, kind);
  }

  has(kind: Kind, key: ObjectKey): boolean {
    return this.#store.get(resourceName(kind), key) !== undefined;
  }

  list(kind: Kind, options: ListOptions & { exact?: boolean } = {}): KubeList {
    const { metadata, entries } = this.page(kind, options);
    return {
      apiVersion: apiVersionOf(kind),
      kind: kind.listKind,
      metadata,
      items: entries.map(({ object }) => inVersion(object, kind)),
    };
  }

  /** As {@link list}, with entries whose objects need not be read. */
  page(
    kind: Kind,
    options: ListOptions & { exact?: boolean } = {},
  ): { metadata: KubeList['metadata']; entries: readonly StoreEntry[] } {
    const selection = selectionOf(kind, options);
    const start = this.#listStart(options);
    const { namespace } = options;
    const limit = options.limit === undefined || options.limit <= 0 ? Infinity : options.limit;
    const filtered = (options.labelSelector ?? '') !== '' || (options.fieldSelector ?? '') !== '';
    const found = this.#entries(kind, { ...start, namespace, limit: filtered ? undefined : limit + 1 });
    const page: StoreEntry[] = [];
    let more = false;
    for (const entry of found) {
      if (filtered && !selection.matches(entry.object)) continue;
      more = page.length >= limit;
      if (more) break;
      page.push(entry);
    }
    const revision = start.at ?? this.#store.revision;
    const last = page.at(-1)?.position ?? '';
    const left = this.#store.count(resourceName(kind), { namespace, after: last });
    return {
      metadata: {
        resourceVersion: String(revision),
        ...(more ? { continue: continueToken(revision, last) } : {}),
        ...(more && !filtered ? { remainingItemCount: left } : {}),
      },
      entries: page,
    };
  }

  /** Events of a kind. Ends when the signal aborts, or with an `Expired` error when the consumer is slower than history is long. */
  async *watch(kind: Kind, options: RegistryWatchOptions = {}): AsyncGenerator<WatchEvent<KubeObject>, void, undefined> {
    const { signal, allowBookmarks = false } = options;
    const selection = selectionOf(kind, options);
    const resource = resourceName(kind);
    const fresh = options.resourceVersion === undefined || options.resourceVersion === '' || options.resourceVersion === '0';
    let cursor: number;
    if (options.sendInitialEvents === true || (fresh && options.sendInitialEvents !== false)) {
      cursor = this.#store.revision;
      for (const { object } of this.#store.list(resource, { namespace: options.namespace })) {
        if (aborted(signal)) return;
        if (selection.matches(object)) yield { type: 'ADDED', object: inVersion(object, kind) };
      }
      if (options.sendInitialEvents === true && allowBookmarks) yield bookmark(cursor, true);
    } else cursor = fresh ? this.#store.revision : parseRevision(options.resourceVersion ?? '');

    let announced = cursor;
    let announcements = this.#announcements;
    for (;;) {
      if (aborted(signal)) return;
      const changes = this.#changes(resource, cursor);
      for (const change of changes) {
        const event = seenThrough(selection, change);
        if (event !== undefined) yield event.type === 'BOOKMARK' ? event : { ...event, object: inVersion(event.object, kind) };
        cursor = change.revision;
        if (event !== undefined) announced = cursor;
        if (aborted(signal)) return;
      }
      if (changes.length > 0) continue;
      cursor = this.#store.revision;
      if (allowBookmarks && (cursor - announced >= BOOKMARK_EVERY || announcements !== this.#announcements)) {
        announced = cursor;
        announcements = this.#announcements;
        yield bookmark(cursor);
      } else await this.#commits.next(resource, allowBookmarks ? announced + BOOKMARK_EVERY : undefined, signal);
    }
  }

  #changes(resource: string, after: number): readonly StoredEvent[] {
    try {
      return this.#store.changes(resource, after, WATCH_BATCH);
    } catch (cause) {
      if (cause instanceof RevisionUnavailableError)
        throw new ApiError('Expired', `too old resource version: ${after} (${cause.oldest})`, { cause });
      throw cause;
    }
  }

  #entries(
    kind: Kind,
    options: { namespace: string | undefined; at?: number | undefined; after?: string | undefined; limit?: number | undefined },
  ): readonly StoreEntry[] {
    try {
      return this.#store.list(resourceName(kind), options);
    } catch (cause) {
      if (cause instanceof RevisionUnavailableError)
        throw new ApiError(
          'Expired',
          'The provided continue parameter is too old to display a consistent list result: start a new list without it',
          { cause },
        );
      throw cause;
    }
  }

  #listStart(options: ListOptions & { exact?: boolean }): { at?: number; after?: string } {
    if (options.continue !== undefined && options.continue !== '') return parseContinue(options.continue);
    if (options.resourceVersion === undefined || options.resourceVersion === '' || options.resourceVersion === '0') return {};
    const revision = parseRevision(options.resourceVersion);
    if (revision > this.#store.revision)
      throw new ApiError('Timeout', `Too large resource version: ${revision}, current: ${this.#store.revision}`, {
        details: { retryAfterSeconds: 1 },
      });
    return options.exact === true ? { at: revision } : {};
  }
}

/** A call, so that the compiler does not take the answer to hold after the next yield. */
function aborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** How a change looks to a watcher that sees only what is selected. */
function seenThrough(
  selection: Selection,
  { type, object, previous, revision }: StoredEvent,
): WatchEvent<KubeObject> | undefined {
  if (selection.everything) return { type, object };
  const now = type !== 'DELETED' && selection.matches(object);
  const before = previous !== undefined && selection.matches(previous);
  if (now) return { type: before ? 'MODIFIED' : 'ADDED', object };
  if (!before) return undefined;
  if (type === 'DELETED') return { type, object };
  const last = { ...previous, metadata: { ...previous.metadata, resourceVersion: String(revision) } };
  return { type: 'DELETED', object: deepFreeze(last) };
}

/** A BOOKMARK, optionally the one that ends the initial events. */
function bookmark(revision: number, endsInitialEvents = false): WatchEvent<KubeObject> {
  const metadata = {
    resourceVersion: String(revision),
    ...(endsInitialEvents ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
  };
  return { type: 'BOOKMARK', object: { metadata } };
}

function parseRevision(text: string): number {
  if (!/^\d{1,15}$/.test(text))
    throw new ApiError('BadRequest', `Invalid value: ${JSON.stringify(text)}: resourceVersion is a decimal number`);
  return Number(text);
}

function continueToken(at: number, after: string): string {
  return Buffer.from(JSON.stringify({ at, after })).toString('base64url');
}

function parseContinue(token: string): { at: number; after: string } {
  const refused = (cause?: unknown): ApiError => new ApiError('BadRequest', 'continue key is not valid', { cause });
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch (cause) {
    throw refused(cause);
  }
  if (!isObject(parsed) || typeof parsed['at'] !== 'number' || typeof parsed['after'] !== 'string') throw refused();
  return { at: parsed['at'], after: parsed['after'] };
}
