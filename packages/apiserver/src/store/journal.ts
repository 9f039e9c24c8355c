import type { KubeObject } from '@kargo/api';
import type { SealingKey } from './sealing.ts';

/** One write as a journal keeps it. Without `object` it is a deletion, unless it is a {@link LoadedRecord} with text. */
export interface JournalRecord {
  revision: number;
  resource: string;
  namespace: string;
  name: string;
  object: KubeObject | undefined;
  /** Revision of the state that this write replaced; 0 when there was none. */
  replaced: number;
}

/** A write as it is read again. */
export interface LoadedRecord extends JournalRecord {
  /** The object as JSON, checked but not read, in place of `object`. */
  text?: string | undefined;
}

/** Where writes become durable. The store replays it once at start and only appends from then on. */
export interface Journal {
  /** How far history was dropped. */
  readonly compacted: number;
  /** Replays all records in order of revision. Returns the newest revision ever used. */
  load(each: (record: LoadedRecord) => void): number;
  /** All or nothing; durable when it returns. */
  append(records: readonly JournalRecord[]): void | Promise<void>;
  /** Drops states that were replaced at or before `revision`. */
  compact(revision: number): void;
  /** A note that is kept with the records. */
  meta(name: string): string | undefined;
  /** Keeps a note; durable when it returns. */
  setMeta(name: string, value: string): void;
  /** Writes everything that is durable to another file, while writes go on. */
  copyTo(file: string): Promise<void>;
  /**
   * Encrypts with the first of these keys from now on, and has encrypted everything that must be with it when it resolves, while writes go
   * on. The others are needed until then.
   */
  rotateKeys(keys: readonly SealingKey[]): Promise<void>;
  /** Calls `flush` when it is a good moment to append what has been queued. */
  schedule(flush: () => void): void;
  close(): void;
}

/** Keeps nothing: the store lives as long as the process. */
export function memoryJournal(): Journal {
  const meta = new Map<string, string>();
  return {
    compacted: 0,
    load: () => 0,
    append: () => undefined,
    compact: () => undefined,
    meta: (name) => meta.get(name),
    setMeta: (name, value) => void meta.set(name, value),
    copyTo: () => Promise.reject(new Error('a store in memory cannot be copied to a file')),
    rotateKeys: () => Promise.resolve(),
    schedule: queueMicrotask,
    close: () => undefined,
  };
}
