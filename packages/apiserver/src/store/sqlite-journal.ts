import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { KubeObject } from '@kargo/api';
import { nextTurn } from '@kargo/kube';
import { copyDatabase } from './copy-database.ts';
import type { Journal, JournalRecord } from './journal.ts';
import { Sealer, SealingError, type SealingKey } from './sealing.ts';
import { checksumOf, migrateFormat } from './sqlite-format.ts';
import { inTransaction } from './sqlite-transaction.ts';
import { StoreOpenError, whatSQLiteSays } from './sqlite-errors.ts';

/** `full`: a write is on disk when it is answered. `normal`: a crash of the machine (not of the process) may lose the newest writes. */
export type Durability = 'full' | 'normal';

export interface SqliteJournalOptions {
  durability?: Durability | undefined;
  /** The first key encrypts objects of `sealed` resources; the others are for reading what older keys encrypted. */
  keys?: readonly SealingKey[] | undefined;
  /** Resources whose objects are encrypted. */
  sealed?: ReadonlySet<string> | undefined;
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
  const database = open(path, options, { sealer, sealed });
  const insert = database.prepare(
    'INSERT INTO log (revision, resource, namespace, name, object, replaced, checksum) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  let damage: Error | undefined;
  let copies = 0;
  let postponed = 0;
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
    load: (each) => load(database, sealer, each),
    append: (records) => {
      guarded(() => {
        for (const record of records) append(insert, record, sealed.has(record.resource) ? sealer : undefined);
      });
    },
    compact: (revision) => {
      // A copy needs the states of when it began.
      if (copies > 0) postponed = Math.max(postponed, revision);
      else guarded(() => compact(database, revision));
    },
    meta: (name) => {
      const value = database.prepare('SELECT value FROM meta WHERE name = ?').get(name)?.['value'];
      return typeof value === 'string' ? value : undefined;
    },
    setMeta: (name, value) => {
      guarded(() => {
        database
          .prepare('INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value')
          .run(name, value);
      });
    },
    copyTo: async (file) => {
      copies++;
      try {
        await copyDatabase(database, file, nextTurn);
      } finally {
        copies--;
        if (copies === 0 && postponed > 0) guarded(() => compact(database, postponed));
        postponed = 0;
      }
    },
    // In the check phase: after all requests that arrived together have been read.
    schedule: (flush) => void setImmediate(flush),
    close: () => {
      database.close();
    },
  };
}

function open(
  path: string,
  { durability = 'full', maxBytes }: SqliteJournalOptions,
  sealing: { sealer: Sealer; sealed: ReadonlySet<string> },
): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    // Secrets are in there: nobody else may read it.
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600));
    database = new DatabaseSync(path);
    // A second process on the same file would see a past of its own: it is refused.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL');
    database.exec(`PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`);
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

/** Encrypts anew what is not encrypted with the newest key. What was there before is overwritten, in the file too. */
function reseal(database: DatabaseSync, { sealer, sealed }: { sealer: Sealer; sealed: ReadonlySet<string> }): void {
  const rows = [...sealed].flatMap(
    (resource) =>
      database
        .prepare('SELECT revision, resource, namespace, name, object FROM log WHERE resource = ? AND object IS NOT NULL')
        .all(resource) as unknown as (Row & { object: string })[],
  );
  const old = rows.filter(({ object }) => !sealer.isCurrent(object));
  if (old.length === 0) return;
  database.exec('PRAGMA secure_delete = ON');
  inTransaction(database, () => {
    const update = database.prepare('UPDATE log SET object = ?, checksum = ? WHERE revision = ?');
    for (const row of old) {
      const text = sealer.seal(opened(sealer, row, row.object), placeOf(row));
      update.run(text, checksumOf(text), row.revision);
    }
  });
  database.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA secure_delete = OFF');
}

function load(
  database: DatabaseSync,
  sealer: Sealer,
  each: (record: JournalRecord) => void,
): { revision: number; compacted: number } {
  const rows = database
    .prepare('SELECT revision, resource, namespace, name, object, replaced, checksum FROM log ORDER BY revision')
    .iterate() as Iterable<unknown>;
  let newest = mark(database, 'newest');
  for (const row of rows as Iterable<Row>) {
    each({ ...row, object: row.object === null ? undefined : parse(sealer, row, row.object) });
    newest = Math.max(newest, row.revision);
  }
  return { revision: newest, compacted: mark(database, 'compacted') };
}

function parse(sealer: Sealer, row: Row, text: string): KubeObject {
  if (row.checksum !== null && row.checksum !== checksumOf(text)) throw damagedRow(row, 'its checksum does not match');
  const json = opened(sealer, row, text);
  try {
    return JSON.parse(json) as KubeObject;
  } catch (cause) {
    throw damagedRow(row, 'it is not JSON', cause);
  }
}

function damagedRow({ revision, resource, name }: Row, why: string, cause?: unknown): StoreOpenError {
  return new StoreOpenError(
    `revision ${revision} (${resource} ${name}) is damaged, as ${why}: move the database away and restore a backup with \`kargo restore\``,
    { cause },
  );
}

function opened(sealer: Sealer, row: Row, text: string): string {
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

function append(insert: StatementSync, record: JournalRecord, sealer: Sealer | undefined): void {
  const { revision, resource, namespace, name, object, replaced } = record;
  const json = object === undefined ? null : JSON.stringify(object);
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
