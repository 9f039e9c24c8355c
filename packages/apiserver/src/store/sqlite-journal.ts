import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { KubeObject } from '@kargo/api';
import type { Journal, JournalRecord } from './journal.ts';

/** `full`: a write is on disk when it is answered. `normal`: a crash of the machine (not of the process) may lose the newest writes. */
export type Durability = 'full' | 'normal';

/** The file is not a database of this program, or one that a newer version wrote. */
export class StoreOpenError extends Error {
  override readonly name = 'StoreOpenError';
}

const FORMAT = 1;
/** Marks a database as ours (`PRAGMA application_id`). */
const APPLICATION_ID = 0x4b415247;

interface Row {
  revision: number;
  resource: string;
  namespace: string;
  name: string;
  object: string | null;
  replaced: number;
}

/**
 * Keeps every write as one row of one table, in a SQLite database with a write-ahead log. Rows that were replaced are kept as history
 * until compaction; what is left of an object is its newest row. Fails with {@link StoreOpenError}.
 */
export function sqliteJournal(path: string, { durability = 'full' }: { durability?: Durability } = {}): Journal {
  const database = open(path, durability);
  const insert = database.prepare(
    'INSERT INTO log (revision, resource, namespace, name, object, replaced) VALUES (?, ?, ?, ?, ?, ?)',
  );
  return {
    load: (each) => load(database, each),
    append: (records) => {
      inTransaction(database, () => {
        for (const record of records) append(insert, record);
      });
    },
    compact: (revision) => {
      inTransaction(database, () => compact(database, revision));
    },
    // In the check phase: after all requests that arrived together have been read.
    schedule: (flush) => void setImmediate(flush),
    close: () => {
      database.close();
    },
  };
}

function open(path: string, durability: Durability): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    // Secrets are in there: nobody else may read it.
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600));
    database = new DatabaseSync(path);
    // A second process on the same file would see a past of its own: it is refused.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL');
    database.exec(`PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`);
    migrate(database, path);
    return database;
  } catch (cause) {
    database?.close();
    if (cause instanceof StoreOpenError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const hint = reason.includes('locked')
      ? 'another process uses it; stop that process first'
      : 'check that the file is readable, writable and not damaged';
    throw new StoreOpenError(`the database ${path} cannot be opened: ${reason}: ${hint}`, { cause });
  }
}

function migrate(database: DatabaseSync, path: string): void {
  const application = pragma(database, 'application_id');
  const format = pragma(database, 'user_version');
  const tables = database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'];
  if (application !== APPLICATION_ID && tables !== 0)
    throw new StoreOpenError(`${path} is a database of another program: choose another data directory`);
  if (format > FORMAT)
    throw new StoreOpenError(`${path} was written by a newer version (format ${format}, known is ${FORMAT}): use that version`);
  inTransaction(database, () => {
    database.exec(`
      CREATE TABLE IF NOT EXISTS log (
        revision INTEGER PRIMARY KEY,
        resource TEXT NOT NULL,
        namespace TEXT NOT NULL,
        name TEXT NOT NULL,
        object TEXT,
        replaced INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE IF NOT EXISTS mark (name TEXT PRIMARY KEY, revision INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      PRAGMA application_id = ${APPLICATION_ID};
      PRAGMA user_version = ${FORMAT};
    `);
  });
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
}

function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    work();
    database.exec('COMMIT');
  } catch (error) {
    // SQLite itself rolls back on a full disk; then there is nothing left to roll back.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function load(database: DatabaseSync, each: (record: JournalRecord) => void): { revision: number; compacted: number } {
  const rows = database
    .prepare('SELECT revision, resource, namespace, name, object, replaced FROM log ORDER BY revision')
    .iterate() as Iterable<unknown>;
  let newest = mark(database, 'newest');
  for (const row of rows as Iterable<Row>) {
    each({ ...row, object: row.object === null ? undefined : parse(row, row.object) });
    newest = Math.max(newest, row.revision);
  }
  return { revision: newest, compacted: mark(database, 'compacted') };
}

function parse({ revision, resource, name }: Row, text: string): KubeObject {
  try {
    return JSON.parse(text) as KubeObject;
  } catch (cause) {
    throw new StoreOpenError(`revision ${revision} (${resource} ${name}) is damaged: restore the database from a backup`, {
      cause,
    });
  }
}

function mark(database: DatabaseSync, name: string): number {
  return Number(database.prepare('SELECT revision FROM mark WHERE name = ?').get(name)?.['revision'] ?? 0);
}

function append(insert: StatementSync, { revision, resource, namespace, name, object, replaced }: JournalRecord): void {
  insert.run(revision, resource, namespace, name, object === undefined ? null : JSON.stringify(object), replaced);
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
