/**
 * The client port: the one door to all state. Ask for the least you need: a function that only reads takes a {@link Reader}.
 *
 * Adapters: the embedded API server in this process, and any Kubernetes API over HTTP. One contract suite runs over both.
 * Failures are `ApiError`s (from `@kargo/api`) and nothing else, except an abort, which rejects with the signal's reason.
 */
import type { Json, Kind, KubeList, KubeObject, ObjectKey } from '@kargo/api';
import type { Fence } from '../election/fence.ts';

export interface CallOptions {
  signal?: AbortSignal;
}

export interface ListOptions extends CallOptions {
  /** Absent: all namespaces. */
  namespace?: string | undefined;
  /** Kubernetes label selector text, e.g. `a=b,c in (d,e),!f`. */
  labelSelector?: string | undefined;
  /** `metadata.name=x` and `metadata.namespace=y` on every kind; further fields where a kind names them. */
  fieldSelector?: string | undefined;
  limit?: number | undefined;
  continue?: string | undefined;
  /** Absent: the newest state. */
  resourceVersion?: string | undefined;
}

export interface WatchOptions extends ListOptions {
  /**
   * Start after this version. Absent: existing objects come first, as ADDED.
   * A version that history no longer reaches ends the watch with an `Expired` error.
   */
  resourceVersion?: string | undefined;
  allowBookmarks?: boolean;
}

/** Objects are frozen; clone before changing. BOOKMARK objects carry only `metadata.resourceVersion`. */
export type WatchEvent<T extends KubeObject> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T }
  | { type: 'BOOKMARK'; object: { metadata: { resourceVersion: string } } };

export interface WriteOptions extends CallOptions {
  fieldManager?: string | undefined;
  dryRun?: boolean;
  /** What happens to fields the schema does not know: refused, reported through `onWarning`, or dropped silently (default). */
  fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  /** Called with every warning of the server. */
  onWarning?: (warning: string) => void;
  /** Refuses the write with `Conflict` unless that term of leadership goes on. */
  fence?: Fence | undefined;
}

export interface DeleteOptions extends CallOptions {
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground' | undefined;
  preconditions?: { uid?: string | undefined; resourceVersion?: string | undefined } | undefined;
  dryRun?: boolean;
  /** As for writes. */
  fence?: Fence | undefined;
  /** As for writes. */
  onWarning?: (warning: string) => void;
}

export interface PatchOptions extends WriteOptions {
  /** Write through this subresource; other parts of the object stay as they are. */
  subresource?: 'status' | undefined;
  /** Server-side apply only: take fields over from other managers. */
  force?: boolean;
}

/** `merge`: RFC 7386. `json`: RFC 6902. `strategic`: core kinds only. `apply`: server-side apply. */
export type Patch =
  | { type: 'merge'; body: { [key: string]: Json | undefined } }
  | { type: 'json'; body: JsonPatchOperation[] }
  | { type: 'strategic'; body: { [key: string]: Json | undefined } }
  | { type: 'apply'; body: KubeObject };

export interface JsonPatchOperation {
  op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  path: string;
  from?: string;
  value?: Json;
}

/** Returned objects may be shared and frozen; clone before changing. */
export interface Reader {
  /** Fails with `NotFound`. */
  get<T extends KubeObject>(kind: Kind<T>, key: ObjectKey, options?: CallOptions): Promise<T>;
  list<T extends KubeObject>(kind: Kind<T>, options?: ListOptions): Promise<KubeList<T>>;
}

export interface Watcher {
  /** Ends when the signal aborts, when the caller leaves the loop, or with an `ApiError`. */
  watch<T extends KubeObject>(kind: Kind<T>, options?: WatchOptions): AsyncIterable<WatchEvent<T>>;
}

export interface Writer {
  /** `generateName` is honoured. Fails with `AlreadyExists`, `Invalid`, `Forbidden`. Answers only when durable. */
  create<T extends KubeObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<T>;
  /** Replaces all but status (where status is a subresource). A stale `resourceVersion` fails with `Conflict`; an absent one is unconditional. */
  update<T extends KubeObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<T>;
  /** Replaces status alone. Optimistic as `update`. */
  updateStatus<T extends KubeObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<T>;
  /** A `metadata.resourceVersion` or `metadata.uid` in a merge patch is a precondition. */
  patch<T extends KubeObject>(kind: Kind<T>, key: ObjectKey, patch: Patch, options?: PatchOptions): Promise<T>;
  /** Objects with finalizers are only marked. Fails with `NotFound`, `Conflict`. */
  delete<T extends KubeObject>(kind: Kind<T>, key: ObjectKey, options?: DeleteOptions): Promise<void>;
}

export type Client = Reader & Watcher & Writer;
