/**
 * The store: objects of named resources under one growing revision. It knows nothing of kinds, schemas or users.
 *
 * Guarantees: writes are compare-and-swap; a write is answered only once it is durable; what is read is durable; revisions grow with
 * every write and are never used twice; every change reaches subscribers once, in order of revision.
 */
import type { KubeObject, ObjectKey } from '@kargo/api';

/** A change that has become durable. Objects are frozen; `object` of a deletion is its last state at the revision of the deletion. */
export interface StoredEvent {
  readonly revision: number;
  readonly resource: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
}

/** A write. `expect` is the resourceVersion the object must have, or undefined to create. Without `object` it is deleted. */
export interface StoreWrite {
  resource: string;
  key: ObjectKey;
  expect: string | undefined;
  object?: KubeObject | undefined;
  /** Called with the state that the write would follow; what it returns refuses the write. */
  guard?: ((read: (resource: string, key: ObjectKey) => KubeObject | undefined) => Error | undefined) | undefined;
}

/** `conflict`: the object is not at the expected version, does not exist, or exists already; nothing was written. */
export type StoreOutcome = { kind: 'written'; object: KubeObject } | { kind: 'conflict' };

export interface StoreListOptions {
  namespace?: string | undefined;
  /** The state at this revision instead of the newest. */
  at?: number | undefined;
  /** Start after this position (an opaque key of an earlier entry). */
  after?: string | undefined;
  /** At most this many entries. */
  limit?: number | undefined;
}

/** An object and its position in list order (namespace, then name). */
export interface StoreEntry {
  readonly position: string;
  readonly object: KubeObject;
  /** The object as JSON, where it has not been read yet. */
  readonly text: string | undefined;
}

/** The asked revision is older than history reaches, or newer than the store. */
export class RevisionUnavailableError extends Error {
  override readonly name = 'RevisionUnavailableError';
  readonly asked: number;
  readonly oldest: number;

  constructor(asked: number, oldest: number) {
    super(`revision ${asked} is not available; history starts after revision ${oldest}`);
    this.asked = asked;
    this.oldest = oldest;
  }
}

/** The medium refused the write: nothing of it was stored. */
export class StoreWriteError extends Error {
  override readonly name = 'StoreWriteError';
}

export interface Store {
  /** The revision of the newest durable write. */
  readonly revision: number;
  get(resource: string, key: ObjectKey): KubeObject | undefined;
  /** Entries in order of position. Fails with {@link RevisionUnavailableError}. */
  list(resource: string, options?: StoreListOptions): readonly StoreEntry[];
  /** How many objects there are now, in a namespace and after a position. */
  count(resource: string, options?: Pick<StoreListOptions, 'namespace' | 'after'>): number;
  /** Fails with {@link StoreWriteError}. */
  write(write: StoreWrite): Promise<StoreOutcome>;
  /** At most `limit` changes of a resource after a revision. Fails with {@link RevisionUnavailableError}. */
  changes(resource: string, after: number, limit?: number): readonly StoredEvent[];
  /** Called after every durable batch of writes. Returns what ends the subscription. */
  subscribe(listener: (events: readonly StoredEvent[]) => void): () => void;
  /** Names of resources that have or had objects. */
  resources(): readonly string[];
  /** Forgets history up to the newest revision: watches and lists from before it are refused. */
  compact(): void;
  /** Refuses further writes and releases files once pending writes are durable. */
  close(): Promise<void>;
}
