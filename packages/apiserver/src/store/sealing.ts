import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** A key for data at rest. */
export interface SealingKey {
  /** Names the key in what it seals. */
  id: string;
  /** 32 bytes. */
  key: Uint8Array;
}

/** Sealed data cannot be opened: its key is missing, or it was changed. */
export class SealingError extends Error {
  override readonly name = 'SealingError';
}

const PREFIX = 'enc:v1:';
const NONCE = 12;
const TAG = 16;

/**
 * Encrypts text with AES-256-GCM. The first key seals, all open. Sealed text is bound to its place (`about`): moved elsewhere, it does not
 * open.
 */
export class Sealer {
  #keys: readonly SealingKey[] = [];

  /** Without keys nothing is sealed. */
  constructor(keys: readonly SealingKey[]) {
    this.useKeys(keys);
  }

  /** Seals with the first of these keys from now on. Fails with {@link SealingError}, and then goes on with those it has. */
  useKeys(keys: readonly SealingKey[]): void {
    for (const { id, key } of keys)
      if (key.length !== 32 || !/^[A-Za-z0-9_-]+$/.test(id))
        throw new SealingError(`the encryption key ${JSON.stringify(id)} is not one of 32 bytes with a plain name`);
    this.#keys = keys;
  }

  seal(text: string, about: string): string {
    const [first] = this.#keys;
    if (first === undefined) return text;
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', first.key, nonce).setAAD(Buffer.from(about));
    const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${PREFIX}${first.id}:${sealed.toString('base64')}`;
  }

  /** Text that is not sealed comes back as it is. Fails with {@link SealingError}. */
  open(text: string, about: string): string {
    if (!text.startsWith(PREFIX)) return text;
    const [id = '', data = ''] = text.slice(PREFIX.length).split(':');
    const found = this.#keys.find((candidate) => candidate.id === id);
    if (found === undefined)
      throw new SealingError(`it is encrypted with the key ${JSON.stringify(id)}, which is not at hand: bring that key back`);
    const bytes = Buffer.from(data, 'base64');
    const end = bytes.length - TAG;
    try {
      const decipher = createDecipheriv('aes-256-gcm', found.key, bytes.subarray(0, NONCE));
      decipher.setAAD(Buffer.from(about)).setAuthTag(bytes.subarray(end));
      return Buffer.concat([decipher.update(bytes.subarray(NONCE, end)), decipher.final()]).toString();
    } catch (cause) {
      throw new SealingError('it was changed, or encrypted with another key of the same name', { cause });
    }
  }

  /** Whether a text is as {@link seal} would leave it now. */
  isCurrent(text: string): boolean {
    const [first] = this.#keys;
    return first === undefined ? !text.startsWith(PREFIX) : text.startsWith(`${PREFIX}${first.id}:`);
  }
}
