import type { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { StoreOpenError } from './sqlite-errors.ts';
import { inTransaction } from './sqlite-transaction.ts';

/** Marks a database as ours (`PRAGMA application_id`). */
export const APPLICATION_ID = 0x4b415247;

/** Steps from each format to the next one; the format of a file is in `PRAGMA user_version`. Steps that were released never change. */
const STEPS: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS log (
     revision INTEGER PRIMARY KEY,
     resource TEXT NOT NULL,
     namespace TEXT NOT NULL,
     name TEXT NOT NULL,
     object TEXT,
     replaced INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE IF NOT EXISTS mark (name TEXT PRIMARY KEY, revision INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
  `ALTER TABLE log ADD COLUMN checksum INTEGER;
   CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;`,
];

/** Guards a row against changes that the pages of SQLite do not show. */
export function checksumOf(text: string): number {
  return crc32(text);
}

/** Brings a database to the newest format. Fails with {@link StoreOpenError} for those of other programs and of newer versions. */
export function migrateFormat(database: DatabaseSync, path: string): void {
  const application = pragma(database, 'application_id');
  const format = pragma(database, 'user_version');
  const tables = database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'];
  if (application !== APPLICATION_ID && tables !== 0)
    throw new StoreOpenError(`${path} is a database of another program: choose another data directory`);
  if (format > STEPS.length)
    throw new StoreOpenError(
      `${path} was written by a newer version (format ${format}, known is ${STEPS.length}): use that version`,
    );
  if (format === STEPS.length) return;
  inTransaction(database, () => {
    for (const step of STEPS.slice(format)) database.exec(step);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${STEPS.length};`);
  });
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
}
