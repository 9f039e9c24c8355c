import { resourceName, Secret } from '@kargo/api';
import type { SealingKey } from './sealing.ts';
import { sqliteJournal } from './sqlite-journal.ts';

/** Resources whose objects are encrypted at rest. */
export const SEALED_RESOURCES: ReadonlySet<string> = new Set([resourceName(Secret)]);

/**
 * Reads all of a database as a start would, and changes nothing but its format. Returns how many records it holds. Fails with
 * `StoreOpenError` when it is damaged, encrypted with keys that are not given, or not one of ours.
 */
export function checkDatabase(path: string, keys: readonly SealingKey[]): number {
  const journal = sqliteJournal(path, { keys });
  try {
    let records = 0;
    journal.load(() => {
      records++;
    });
    return records;
  } finally {
    journal.close();
  }
}

/** Encrypts with the first key what must be encrypted and is not yet. No other process may use the database. Fails with `StoreOpenError`. */
export function encryptDatabase(path: string, keys: readonly SealingKey[]): void {
  sqliteJournal(path, { keys, sealed: SEALED_RESOURCES }).close();
}

/** Copies a database that no process uses, as it is. Fails with `StoreOpenError`. */
export async function copyStoredDatabase(path: string, file: string): Promise<void> {
  const journal = sqliteJournal(path);
  try {
    await journal.copyTo(file);
  } finally {
    journal.close();
  }
}
