import { readFile } from 'node:fs/promises';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { ConfigError } from '../config-error.ts';
import type { Certificate } from './certificate.ts';

/** A certificate that the operator gives. Fails with `ConfigError` when it cannot be read, or when the key is not that of the certificate. */
export async function readCertificate({ cert, key }: { cert: string; key: string }): Promise<Certificate> {
  try {
    const [chain, secret] = await Promise.all([readFile(cert, 'utf8'), readFile(key, 'utf8')]);
    if (!new X509Certificate(chain).checkPrivateKey(createPrivateKey(secret)))
      throw new Error(`the key in ${key} is not that of the certificate in ${cert}`);
    return { cert: chain, key: secret };
  } catch (error) {
    throw new ConfigError(`reading the files for TLS: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
