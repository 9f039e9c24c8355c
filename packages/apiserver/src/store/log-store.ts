import type { KubeObject, ObjectKey } from '@kargo/api';
import { deepFreeze } from '@kargo/kube';
import type { Journal, JournalRecord, LoadedRecord } from './journal.ts';
import type { SealingKey } from './sealing.ts';
import {
  RevisionUnavailableError,
  StoreWriteError,
  type Store,
  type StoredEvent,
  type StoreEntry,
  type StoreListOptions,
  type StoreOutcome,
  type StoreWrite,
} from './store.ts';
import { StoredText } from './stored-text.ts';
import { positionOf, Table } from './table.ts';

export interface LogStoreOptions {
  /** How many changes of each resource are kept for watchers. */
  historyLimit?: number | undefined;
  /** Compaction is tried again with later writes; until then history takes more room than it should. */
  onCompactionFailure?: ((error: unknown) => void) | undefined;
  /** Called when writes begin to fail, and with undefined when they succeed again. */
  onHealth?: ((error: unknown) => void) | undefined;
}

interface Queued {
  record: JournalRecord;
  event: StoredEvent;
  resolve: (outcome: StoreOutcome) => void;
  reject: (error: Error) => void;
}

/** A store whose state is in memory and whose writes go through a {@link Journal}; writes queued together are appended together. */
export class LogStore implements Store {
  readonly #journal: Journal;
  readonly #historyLimit: number;
  readonly #onCompactionFailure: (error: unknown) => void;
  readonly #onHealth: (error: unknown) => void;
  #failing = false;
  readonly #tables = new Map<string, Table>();
  readonly #listeners = new Set<(events: readonly StoredEvent[]) => void>();
  /** States that are queued but not durable yet: writes are checked against them, reads do not see them. */
  readonly #pending = new Map<string, { object: KubeObject | undefined; answered: Promise<unknown> }>();
  #queue: Queued[] = [];
  #draining: Promise<void> | undefined;
  #idle = true;
  #assigned: number;
  #revision: number;
  #compacted: number;
  /** How far history was dropped before the store was opened. */
  #floor = 0;
  #closed = false;

  constructor(
    journal: Journal,
    { historyLimit = 4000, onCompactionFailure = () => undefined, onHealth = () => undefined }: LogStoreOptions = {},
  ) {
    this.#journal = journal;
    this.#onHealth = onHealth;
    this.#onCompactionFailure = onCompactionFailure;
    this.#historyLimit = historyLimit;
    this.#compacted = journal.compacted;
    this.#floor = journal.compacted;
    this.#assigned = journal.load((record) => this.#replay(record));
    this.#revision = this.#assigned;
  }

  /** Only what watches may still ask for is read now; of the rest, what somebody asks for is read then. */
  #replay(record: LoadedRecord): void {
    const table = this.#table(record.resource);
    const position = positionOf(record);
    const stored = record.text === undefined ? undefined : new StoredText(record.text);
    const given = record.object === undefined ? undefined : deepFreeze(record.object);
    if (record.revision <= this.#floor) {
      table.load(position, given ?? stored);
      return;
    }
    const previous = table.get(position);
    const current = given ?? stored?.read();
    const object = current ?? (previous && at(previous, record.revision));
    if (object !== undefined) table.history.push(event({ ...record, object: current }, object, previous));
    table.load(position, current);
  }

  get revision(): number {
    return this.#revision;
  }

  get(resource: string, key: ObjectKey): KubeObject | undefined {
    return this.#tables.get(resource)?.get(positionOf(key));
  }

  list(resource: string, options: StoreListOptions = {}): readonly StoreEntry[] {
    if (options.at !== undefined && options.at > this.#revision) throw new RevisionUnavailableError(options.at, this.#revision);
    return this.#table(resource).list(options);
  }

  count(resource: string, options: Pick<StoreListOptions, 'namespace' | 'after'> = {}): number {
    return this.#tables.get(resource)?.count(options) ?? 0;
  }

  changes(resource: string, after: number, limit?: number): readonly StoredEvent[] {
    if (after > this.#revision) throw new RevisionUnavailableError(after, this.#revision);
    return this.#table(resource).history.after(after, limit);
  }

  subscribe(listener: (events: readonly StoredEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  resources(): readonly string[] {
    return [...this.#tables.keys()];
  }

  write({ resource, key, expect, object, guard }: StoreWrite): Promise<StoreOutcome> {
    if (this.#closed) return Promise.reject(new StoreWriteError('the store is closed'));
    const refusal = guard?.((of, other) => this.#newest(of, other));
    if (refusal !== undefined) return Promise.reject(refusal);
    const position = positionOf(key);
    const pendingKey = `${resource}\0${position}`;
    const pending = this.#pending.get(pendingKey);
    const current = pending === undefined ? this.#table(resource).get(position) : pending.object;
    if (current?.metadata.resourceVersion !== expect) return conflictAfter(pending?.answered);

    const revision = ++this.#assigned;
    const record: JournalRecord = {
      revision,
      resource,
      namespace: key.namespace ?? '',
      name: key.name,
      object: object === undefined ? undefined : deepFreeze(at(object, revision)),
      replaced: Number(current?.metadata.resourceVersion ?? 0),
    };
    const state = record.object ?? deepFreeze(at(current as KubeObject, revision));
    const answered = new Promise<StoreOutcome>((resolve, reject) => {
      this.#queue.push({ record, event: event(record, state, current), resolve, reject });
      if (this.#idle && this.#queue.length === 1) this.#journal.schedule(() => void this.flush());
    });
    this.#pending.set(pendingKey, { object: record.object, answered });
    return answered;
  }

  compact(): void {
    for (const table of this.#tables.values()) table.history.dropUntil(this.#revision);
    this.#compact(this.#revision);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.flush();
    this.#journal.close();
    this.#listeners.clear();
  }

  /** Whether the last write could not be stored. */
  get failing(): boolean {
    return this.#failing;
  }

  /** A note that is kept with the objects. */
  meta(name: string): string | undefined {
    return this.#journal.meta(name);
  }

  setMeta(name: string, value: string): void {
    this.#journal.setMeta(name, value);
  }

  /** Writes a consistent copy of everything that is durable to a file, while writes go on. */
  async copyTo(file: string): Promise<void> {
    await this.flush();
    await this.#journal.copyTo(file);
  }

  /** Encrypts everything that must be with the first of these keys, while writes go on. Resolves when the others are not needed any more. */
  async rotateKeys(keys: readonly SealingKey[]): Promise<void> {
    await this.flush();
    await this.#journal.rotateKeys(keys);
  }

  /** Appends what is queued without waiting for a better moment. */
  flush(): Promise<void> {
    if (this.#idle) {
      this.#idle = false;
      this.#draining = this.#drain();
    }
    return this.#draining ?? Promise.resolve();
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      try {
        const appended = this.#journal.append(batch.map(({ record }) => record));
        if (appended !== undefined) await appended;
        this.#note(undefined);
      } catch (cause) {
        this.#note(cause);
        this.#abandon(batch, cause);
        continue;
      }
      this.#publish(batch);
    }
    // Set here and not when the promise settles: who was answered just now may write before that.
    this.#idle = true;
  }

  /** The state that includes writes which are not durable yet. */
  #newest(resource: string, key: ObjectKey): KubeObject | undefined {
    const position = positionOf(key);
    const pending = this.#pending.get(`${resource}\0${position}`);
    return pending === undefined ? this.#tables.get(resource)?.get(position) : pending.object;
  }

  #note(failure: unknown): void {
    if (this.#failing === (failure !== undefined)) return;
    this.#failing = failure !== undefined;
    this.#onHealth(failure);
  }

  #publish(batch: readonly Queued[]): void {
    for (const { event: change } of batch) {
      this.#table(change.resource).apply(change);
      this.#revision = change.revision;
      const key = `${change.resource}\0${positionOf(keyIn(change.object))}`;
      const pending = this.#pending.get(key)?.object;
      // A later write of the same object may be queued already; its state stays.
      if (pending === undefined ? change.type === 'DELETED' : pending === change.object) this.#pending.delete(key);
    }
    const events = batch.map(({ event: change }) => change);
    for (const { event: change, resolve } of batch) resolve({ kind: 'written', object: change.object });
    for (const listener of this.#listeners) listener(events);
    if (this.#revision - this.#compacted >= 2 * this.#historyLimit) this.#compact(this.#revision - this.#historyLimit);
  }

  /** Writes queued behind a failed batch may build on states that never came to be, so they fail with it. */
  #abandon(batch: readonly Queued[], cause: unknown): void {
    const failed = [...batch, ...this.#queue];
    this.#queue = [];
    this.#pending.clear();
    for (const { reject, record } of failed)
      reject(
        new StoreWriteError(
          `${record.resource} ${record.name} could not be stored: ${cause instanceof Error ? cause.message : String(cause)}`,
          { cause },
        ),
      );
  }

  #compact(revision: number): void {
    this.#compacted = revision;
    try {
      this.#journal.compact(revision);
    } catch (error) {
      this.#onCompactionFailure(error);
    }
  }

  #table(resource: string): Table {
    let table = this.#tables.get(resource);
    if (table === undefined) {
      table = new Table(this.#historyLimit, this.#floor);
      this.#tables.set(resource, table);
    }
    return table;
  }
}

/** Who lost to a write that is not durable yet hears of it only when reading again would show that write. */
async function conflictAfter(answered: Promise<unknown> | undefined): Promise<StoreOutcome> {
  if (answered !== undefined) await answered.catch(() => undefined);
  return { kind: 'conflict' };
}

function at(object: KubeObject, revision: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

function keyIn({ metadata }: KubeObject): ObjectKey {
  return { namespace: metadata.namespace, name: metadata.name ?? '' };
}

function event(record: JournalRecord, object: KubeObject, previous: KubeObject | undefined): StoredEvent {
  const type = record.object === undefined ? 'DELETED' : previous === undefined ? 'ADDED' : 'MODIFIED';
  return { revision: record.revision, resource: record.resource, type, object, previous };
}
