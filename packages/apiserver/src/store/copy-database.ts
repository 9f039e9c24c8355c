import { closeSync, openSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { migrateFormat } from './sqlite-format.ts';
import { inTransaction } from './sqlite-transaction.ts';

const ROWS_AT_A_TIME = 500;

/**
 * Copies everything up to the newest revision to a new file (0600), some rows at a time, so that others get their turns in between. Rows
 * must not be deleted meanwhile; rows that are added are not copied. On failure no file is left.
 */
export async function copyDatabase(source: DatabaseSync, file: string, nextTurn: () => Promise<void>): Promise<void> {
  rmSync(file, { force: true });
  closeSync(openSync(file, 'wx', 0o600));
  const target = new DatabaseSync(file);
  try {
    migrateFormat(target, file);
    const last = Number(source.prepare('SELECT max(revision) AS n FROM log').get()?.['n'] ?? 0);
    // Marks first: they may only say that history is shorter than it is.
    copyTable(source, target, 'mark', ['name', 'revision']);
    copyTable(source, target, 'meta', ['name', 'value']);
    const select = source.prepare(
      `SELECT revision, resource, namespace, name, object, replaced, checksum FROM log
       WHERE revision > ? AND revision <= ? ORDER BY revision LIMIT ${ROWS_AT_A_TIME}`,
    );
    const insert = target.prepare('INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?)');
    for (let after = 0; ;) {
      const rows = select.all(after, last);
      inTransaction(target, () => {
        for (const row of rows) insert.run(...Object.values(row));
      });
      if (rows.length < ROWS_AT_A_TIME) break;
      after = Number(rows.at(-1)?.['revision']);
      await nextTurn();
    }
    target.close();
  } catch (error) {
    target.close();
    rmSync(file, { force: true });
    throw error;
  }
}

function copyTable(source: DatabaseSync, target: DatabaseSync, table: string, columns: readonly string[]): void {
  const insert = target.prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`);
  for (const row of source.prepare(`SELECT ${columns.join(', ')} FROM ${table}`).all()) insert.run(...Object.values(row));
}
