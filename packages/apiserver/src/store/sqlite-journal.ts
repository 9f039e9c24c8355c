import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { KubeObject } from '@kargo/api';
import { nextTurn } from '@kargo/kube';
import { copyDatabase } from './copy-database.ts';
import type { Journal, JournalRecord, LoadedRecord } from './journal.ts';
import { Sealer, SealingError, type SealingKey } from './sealing.ts';
import { checksumOf, migrateFormat } from './sqlite-format.ts';
import { inTransaction } from './sqlite-transaction.ts';
import { isFull, StoreOpenError, whatSQLiteSays } from './sqlite-errors.ts';

/** `full`: a write is on disk when it is answered. `normal`: a crash of the machine (not of the process) may lose the newest writes. */
export type Durability = 'full' | 'normal';

export interface SqliteJournalOptions {
  durability?: Durability | undefined;
  /** The first key encrypts objects of `sealed` resources; the others are for reading what older keys encrypted. */
  keys?: readonly SealingKey[] | undefined;
  /** Resources whose objects are encrypted. */
  sealed?: ReadonlySet<string> | undefined;
  /** Writes an object as JSON. */
  textOf?: ((object: KubeObject) => string) | undefined;
  /** Largest size of the database file in bytes; writes beyond are refused as on a full disk. Default: none. */
  maxBytes?: number | undefined;
}

interface Row {
  revision: number;
  resource: string;
  namespace: string;
  name: string;
  object: string | null;
  replaced: number;
  checksum: number | null;
}

/**
 * Keeps every write as one row of one table, in a SQLite database with a write-ahead log. Rows that were replaced are kept as history
 * until compaction; what is left of an object is its newest row. The file is checked when it is opened; rows that are encrypted with an
 * old key, or not at all though they should be, are encrypted anew then. Fails with {@link StoreOpenError}.
 */
export function sqliteJournal(path: string, options: SqliteJournalOptions = {}): Journal {
  const sealer = new Sealer(options.keys ?? []);
  const sealed = options.sealed ?? new Set<string>();
  const textOf = options.textOf ?? JSON.stringify;
  const database = open(path, options, { sealer, sealed });
  const insert = database.prepare(
    'INSERT INTO log (revision, resource, namespace, name, object, replaced, checksum) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  let damage: Error | undefined;
  let copies = 0;
  let postponed = 0;
  // Copies and rotations read or write every row, a few at a time: one after the other.
  let longWork: Promise<unknown> = Promise.resolve();
  const afterLongWork = <T>(work: () => Promise<T>): Promise<T> => {
    const done = longWork.then(work, work);
    longWork = done.catch(() => undefined);
    return done;
  };
  const guarded = (work: () => void): void => {
    if (damage !== undefined) throw damage;
    try {
      inTransaction(database, work);
    } catch (cause) {
      const { message, damaged } = whatSQLiteSays(cause, path);
      const error = new Error(message, { cause });
      // On a damaged file every further write may destroy more.
      if (damaged) damage = error;
      throw error;
    }
  };
  return {
    compacted: mark(database, 'compacted'),
    load: (each) => load(database, sealer, each),
    append: (records) => {
      guarded(() => {
        for (const record of records)
          append(insert, record, { textOf, sealer: sealed.has(record.resource) ? sealer : undefined });
      });
    },
    compact: (revision) => {
      // A copy needs the states of when it began.
      if (copies > 0) postponed = Math.max(postponed, revision);
      else guarded(() => compact(database, revision));
    },
    meta: (name) => note(database, name),
    setMeta: (name, value) => {
      guarded(() => setNote(database, name, value));
    },
    copyTo: (file) =>
      afterLongWork(async () => {
        copies++;
        try {
          await copyDatabase(database, file, nextTurn);
        } finally {
          copies--;
          if (copies === 0 && postponed > 0) guarded(() => compact(database, postponed));
          postponed = 0;
        }
      }),
    rotateKeys: (keys) =>
      afterLongWork(async () => {
        sealer.useKeys(keys);
        database.exec('PRAGMA secure_delete = ON');
        try {
          for (let after = 0; after >= 0; await nextTurn())
            guarded(() => {
              after = resealSome(database, { sealer, sealed }, after);
            });
          // What was there before is overwritten in the file only now. Rests in unused parts of pages go with the next start: to write the
          // whole file anew takes time, in which nobody would be served.
          guarded(() => setNote(database, VACUUM, 'due'));
          database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
        } finally {
          database.exec('PRAGMA secure_delete = OFF');
        }
      }),
    // In the check phase: after all requests that arrived together have been read.
    schedule: (flush) => void setImmediate(flush),
    close: () => {
      database.close();
    },
  };
}

function open(path: string, { durability = 'full', maxBytes }: SqliteJournalOptions, sealing: Sealing): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    // Secrets are in there: nobody else may read it.
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600));
    database = new DatabaseSync(path);
    // A second process on the same file would see a past of its own: it is refused.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL');
    database.exec(`PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`);
    // Rows are written once and in order: to copy them from the log to the file seldom costs nothing but 16 MiB of disk.
    database.exec('PRAGMA wal_autocheckpoint = 4000');
    check(database, path);
    migrateFormat(database, path);
    reseal(database, sealing);
    if (maxBytes !== undefined) {
      const pageSize = Number(database.prepare('PRAGMA page_size').get()?.['page_size'] ?? 4096);
      database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / pageSize))}`);
    }
    return database;
  } catch (cause) {
    database?.close();
    if (cause instanceof StoreOpenError) throw cause;
    throw new StoreOpenError(`the database ${path} cannot be opened: ${whatSQLiteSays(cause, path).message}`, { cause });
  }
}

/** Looks at every page, so that damage is found now and not when it is met. */
function check(database: DatabaseSync, path: string): void {
  const found = database
    .prepare('PRAGMA quick_check(5)')
    .all()
    .map((row) => String(row['quick_check']));
  if (found.length === 1 && found[0] === 'ok') return;
  throw new StoreOpenError(
    `the database ${path} is damaged (${found.join('; ')}): move it away and restore a backup with \`kargo restore\``,
  );
}

interface Sealing {
  sealer: Sealer;
  sealed: ReadonlySet<string>;
}

/** Encrypts anew what is not encrypted with the newest key. What was there before is overwritten, in the file too. */
function reseal(database: DatabaseSync, sealing: Sealing): void {
  const sealed = [...sealing.sealed];
  const old = database
    .prepare(`SELECT object FROM log WHERE resource IN (${sealed.map(() => '?').join(', ')}) AND object IS NOT NULL`)
    .all(...sealed)
    .some(({ object }) => !sealing.sealer.isCurrent(String(object)));
  if (old)
    inTransaction(database, () => {
      for (let after = 0; after >= 0;) after = resealSome(database, sealing, after);
      setNote(database, VACUUM, 'due');
    });
  if (note(database, VACUUM) !== 'due') return;
  try {
    database.exec('VACUUM');
  } catch (error) {
    // It takes as much room again as the file. Without it everything works: the next start tries again.
    if (!isFull(error)) throw error;
    return;
  }
  inTransaction(database, () => setNote(database, VACUUM, 'done'));
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
}

/** The note that the file still has rests of what is encrypted with another key now, or was not encrypted. */
const VACUUM = 'vacuum';

function note(database: DatabaseSync, name: string): string | undefined {
  const value = database.prepare('SELECT value FROM meta WHERE name = ?').get(name)?.['value'];
  return typeof value === 'string' ? value : undefined;
}

function setNote(database: DatabaseSync, name: string, value: string): void {
  database
    .prepare('INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value')
    .run(name, value);
}

const ROWS_AT_A_TIME = 200;

/** As {@link reseal}, for the next rows after a revision. Returns the last revision it looked at, or -1 when there are no more. */
function resealSome(database: DatabaseSync, { sealer, sealed }: Sealing, after: number): number {
  const resources = [...sealed];
  const rows = database
    .prepare(
      `SELECT revision, resource, namespace, name, object FROM log
       WHERE revision > ? AND resource IN (${resources.map(() => '?').join(', ')}) AND object IS NOT NULL
       ORDER BY revision LIMIT ${ROWS_AT_A_TIME}`,
    )
    .all(after, ...resources) as unknown as (Row & { object: string })[];
  const update = database.prepare('UPDATE log SET object = ?, checksum = ? WHERE revision = ?');
  for (const row of rows) {
    if (sealer.isCurrent(row.object)) continue;
    const text = sealer.seal(opened(sealer, row, row.object), placeOf(row));
    update.run(text, checksumOf(text), row.revision);
  }
  return rows.length < ROWS_AT_A_TIME ? -1 : (rows.at(-1)?.revision ?? -1);
}

function load(database: DatabaseSync, sealer: Sealer, each: (record: LoadedRecord) => void): number {
  const rows = database
    .prepare('SELECT revision, resource, namespace, name, object, replaced, checksum FROM log ORDER BY revision')
    .iterate() as Iterable<unknown>;
  let newest = mark(database, 'newest');
  for (const row of rows as Iterable<Row>) {
    each(loaded(sealer, row));
    newest = Math.max(newest, row.revision);
  }
  return newest;
}

function loaded(sealer: Sealer, { object: text, ...row }: Row): LoadedRecord {
  if (text === null) return { ...row, object: undefined };
  if (row.checksum !== null && row.checksum !== checksumOf(text)) throw damagedRow(row, 'its checksum does not match');
  const json = opened(sealer, row, text);
  // What has a checksum is what was written, and that was JSON.
  if (row.checksum !== null) return { ...row, object: undefined, text: json };
  try {
    return { ...row, object: JSON.parse(json) as KubeObject };
  } catch (cause) {
    throw damagedRow(row, 'it is not JSON', cause);
  }
}

function damagedRow({ revision, resource, name }: Omit<Row, 'object'>, why: string, cause?: unknown): StoreOpenError {
  return new StoreOpenError(
    `revision ${revision} (${resource} ${name}) is damaged, as ${why}: move the database away and restore a backup with \`kargo restore\``,
    { cause },
  );
}

function opened(sealer: Sealer, row: Omit<Row, 'object'>, text: string): string {
  try {
    return sealer.open(text, placeOf(row));
  } catch (cause) {
    if (!(cause instanceof SealingError)) throw cause;
    throw new StoreOpenError(`revision ${row.revision} (${row.resource} ${row.name}) cannot be read: ${cause.message}`, {
      cause,
    });
  }
}

/** What encrypted text is bound to. */
function placeOf({ revision, resource, namespace, name }: Pick<Row, 'revision' | 'resource' | 'namespace' | 'name'>): string {
  return [resource, namespace, name, revision].join('\0');
}

function mark(database: DatabaseSync, name: string): number {
  return Number(database.prepare('SELECT revision FROM mark WHERE name = ?').get(name)?.['revision'] ?? 0);
}

function append(
  insert: StatementSync,
  record: JournalRecord,
  { textOf, sealer }: { textOf: (object: KubeObject) => string; sealer: Sealer | undefined },
): void {
  const { revision, resource, namespace, name, object, replaced } = record;
  const json = object === undefined ? null : textOf(object);
  const text = json === null || sealer === undefined ? json : sealer.seal(json, placeOf(record));
  insert.run(revision, resource, namespace, name, text, replaced, text === null ? null : checksumOf(text));
}

/** Drops rows that a row up to `revision` replaced, and deletions up to it. The newest revision is marked, lest its row goes. */
function compact(database: DatabaseSync, revision: number): void {
  const since = mark(database, 'compacted');
  database
    .prepare('DELETE FROM log WHERE revision IN (SELECT replaced FROM log WHERE revision > ? AND revision <= ? AND replaced > 0)')
    .run(since, revision);
  database.prepare('DELETE FROM log WHERE revision > ? AND revision <= ? AND object IS NULL').run(since, revision);
  const set = database.prepare(
    'INSERT INTO mark (name, revision) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET revision = max(revision, excluded.revision)',
  );
  set.run('compacted', revision);
  const newest = Number(database.prepare('SELECT max(revision) AS n FROM log').get()?.['n'] ?? 0);
  set.run('newest', Math.max(newest, revision));
}
