import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { checkDatabase, copyStoredDatabase, StoreOpenError } from '@kargo/apiserver';
import { CLIENT_AUTHORITY_FILE } from './certificates/client-authority.ts';
import { KEY_FILE, loadEncryptionKeys } from './encryption-keys.ts';
import { SECRETS_FILE } from './secrets.ts';

/** The database of a data folder. */
export const DATABASE = 'kargo.db';

/** What besides the database cannot be made anew. */
const KEPT_FILES = [SECRETS_FILE, KEY_FILE, CLIENT_AUTHORITY_FILE] as const;

/** A backup cannot be made or restored. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}

/**
 * Makes a backup of a data folder: one file, itself a database, with all objects and the private files that belong to them, readable for
 * its owner only. `copy` writes a consistent copy of the folder's database to a path.
 */
export async function createBackup(directory: string, file: string, copy: (path: string) => Promise<void>): Promise<void> {
  const partial = `${file}.partial`;
  try {
    await copy(partial);
    const database = new DatabaseSync(partial);
    try {
      database.exec('CREATE TABLE file (name TEXT PRIMARY KEY, content BLOB NOT NULL) STRICT');
      const insert = database.prepare('INSERT INTO file VALUES (?, ?)');
      for (const name of KEPT_FILES) {
        const content = await contentOf(join(directory, name));
        if (content !== undefined) insert.run(name, content);
      }
    } finally {
      database.close();
    }
    await chmod(partial, 0o600);
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Makes a backup of a folder that no process uses. */
export async function backupIdleFolder(directory: string, file: string): Promise<void> {
  if ((await contentOf(join(directory, SECRETS_FILE))) === undefined)
    throw new BackupError(`${directory} is no data folder of Kargo: name one with --data`);
  await createBackup(directory, file, (path) => copyStoredDatabase(join(directory, DATABASE), path));
}

/**
 * Makes a data folder from a backup and returns how many records it holds. The folder must not exist or be empty, and appears only when
 * everything in the backup was read and found whole. Fails with {@link BackupError}.
 */
export async function restoreBackup(
  file: string,
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const target = resolve(directory);
  await mustBeEmpty(target);
  await mkdir(dirname(target), { recursive: true });
  const made = await mkdtemp(`${target}.restoring-`);
  try {
    const records = await unpack(file, made, env);
    await rm(target, { recursive: true, force: true });
    await rename(made, target);
    return records;
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    throw error;
  }
}

async function unpack(file: string, folder: string, env: Readonly<Record<string, string | undefined>>): Promise<number> {
  const path = join(folder, DATABASE);
  try {
    await copyFile(file, path);
    await chmod(path, 0o600);
    const database = new DatabaseSync(path);
    try {
      for (const { name, content } of database.prepare('SELECT name, content FROM file').all())
        if (KEPT_FILES.some((kept) => kept === name))
          await writeFile(join(folder, String(name)), content as Uint8Array, { mode: 0o600 });
      database.exec('DROP TABLE file');
    } finally {
      database.close();
    }
  } catch (cause) {
    throw new BackupError(
      `${file} cannot be read as a backup of Kargo: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  try {
    return checkDatabase(path, await loadEncryptionKeys(folder, env));
  } catch (cause) {
    if (!(cause instanceof StoreOpenError)) throw cause;
    throw new BackupError(`${file} is not whole and was not restored: ${cause.message}`, { cause });
  }
}

async function mustBeEmpty(directory: string): Promise<void> {
  try {
    if (!(await stat(directory)).isDirectory()) throw new BackupError(`${directory} is not a folder`);
    if ((await readdir(directory)).length > 0)
      throw new BackupError(`${directory} is not empty: restore into a new folder, or move this one away first`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function contentOf(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
