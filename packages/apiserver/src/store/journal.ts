import type { KubeObject } from '@kargo/api';

/** One write as a journal keeps it. Without `object` it is a deletion. */
export interface JournalRecord {
  revision: number;
  resource: string;
  namespace: string;
  name: string;
  object: KubeObject | undefined;
  /** Revision of the state that this write replaced; 0 when there was none. */
  replaced: number;
}

/** Where writes become durable. The store replays it once at start and only appends from then on. */
export interface Journal {
  /** Replays all records in order of revision. Returns the newest revision ever used and how far history was dropped. */
  load(each: (record: JournalRecord) => void): { revision: number; compacted: number };
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
  /** Calls `flush` when it is a good moment to append what has been queued. */
  schedule(flush: () => void): void;
  close(): void;
}

/** Keeps nothing: the store lives as long as the process. */
export function memoryJournal(): Journal {
  const meta = new Map<string, string>();
  return {
    load: () => ({ revision: 0, compacted: 0 }),
    append: () => undefined,
    compact: () => undefined,
    meta: (name) => meta.get(name),
    setMeta: (name, value) => void meta.set(name, value),
    copyTo: () => Promise.reject(new Error('a store in memory cannot be copied to a file')),
    schedule: queueMicrotask,
    close: () => undefined,
  };
}
