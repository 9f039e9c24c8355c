import type { DatabaseSync } from 'node:sqlite';

/** Runs `work` in one transaction: all of it is stored, or nothing. */
export function inTransaction(database: DatabaseSync, work: () => void): void {
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
