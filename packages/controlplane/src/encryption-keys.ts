import { hash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SealingKey } from '@kargo/apiserver';
import { writePrivateFile } from './private-file.ts';

/** Holds the keys with which Secrets are encrypted in the database; only its user can read it. */
export const KEY_FILE = 'encryption-keys.json';
/** Keys given from outside, separated by commas, each 32 bytes in base64; the first one encrypts. */
export const KEY_VARIABLE = 'KARGO_ENCRYPTION_KEYS';

/** Why keys of the environment are not rotated, and what to do. */
export const KEYS_ARE_GIVEN: string = `the keys come from ${KEY_VARIABLE}: put a new one in front of the others there and start Kargo once; then the others can go`;

/** The keys for data at rest cannot be used. */
export class EncryptionKeyError extends Error {
  override readonly name = 'EncryptionKeyError';
}

/**
 * The keys of a data folder: those of the environment first, then those of the key file. Where there is none at all, one is made and
 * kept in the file. Fails with {@link EncryptionKeyError}.
 */
export async function loadEncryptionKeys(
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly SealingKey[]> {
  const given = keysOf(env[KEY_VARIABLE]);
  const stored = await readKeys(join(directory, KEY_FILE));
  if (given.length + stored.length > 0) return [...given, ...stored];
  const made = [newKey()];
  await writeKeys(directory, made);
  return made;
}

/**
 * Puts a new key in front of those in the key file, has everything encrypted anew with `reencrypt`, and forgets the old ones. Interrupted
 * anywhere, all keys that are in use are in the file.
 */
export async function rotateEncryptionKey(
  directory: string,
  reencrypt: (keys: readonly SealingKey[]) => void | Promise<void>,
): Promise<SealingKey> {
  const next = newKey();
  const keys = [next, ...(await readKeys(join(directory, KEY_FILE)))];
  await writeKeys(directory, keys);
  await reencrypt(keys);
  await writeKeys(directory, [next]);
  return next;
}

/** A key is named after itself, so that the same key has the same name everywhere. */
function named(key: Buffer, where: string): SealingKey {
  if (key.length !== 32) throw new EncryptionKeyError(`${where} has a key of ${key.length} bytes: it must be 32 bytes in base64`);
  return { id: idOf(key), key };
}

function idOf(key: Buffer): string {
  return hash('sha256', Buffer.concat([Buffer.from('kargo encryption key\0'), key]), 'hex').slice(0, 12);
}

function newKey(): SealingKey {
  return named(randomBytes(32), 'the new key');
}

function keysOf(text: string | undefined): SealingKey[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => named(Buffer.from(part, 'base64'), KEY_VARIABLE));
}

async function readKeys(file: string): Promise<SealingKey[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new EncryptionKeyError(`reading ${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  try {
    const { keys } = JSON.parse(text) as { keys: string[] };
    return keys.map((key) => named(Buffer.from(key, 'base64'), file));
  } catch (cause) {
    if (cause instanceof EncryptionKeyError) throw cause;
    throw new EncryptionKeyError(`${file} cannot be read as keys: restore it from a backup`, { cause });
  }
}

async function writeKeys(directory: string, keys: readonly SealingKey[]): Promise<void> {
  const file = join(directory, KEY_FILE);
  const content = { keys: keys.map(({ key }) => Buffer.from(key).toString('base64')) };
  await writePrivateFile(file, `${JSON.stringify(content, undefined, 2)}\n`);
}
