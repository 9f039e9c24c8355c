import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../config-error.ts';
import { writePrivateFile } from '../private-file.ts';
import { issueCertificate, type Certificate } from './certificate.ts';

/** Holds the authority whose certificates prove clients of the embedded API; readable by its user alone. */
export const CLIENT_AUTHORITY_FILE = 'client-authority.pem';

const DAY = 24 * 3600 * 1000;
const VALID_DAYS = 3650;
const NAME = 'kargo-clients';

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n?/g;

/**
 * The authority of a data folder, made if there is none. It is part of backups: certificates go on being valid after a restore. Who has an
 * authority already puts its certificates there instead: all that are to be trusted. Fails with {@link ConfigError} for a file without any.
 */
export async function loadClientAuthority(directory: string, now: number): Promise<Certificate> {
  const file = join(directory, CLIENT_AUTHORITY_FILE);
  const pem = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  if (pem !== undefined) {
    const cert = (pem.match(CERTIFICATES) ?? []).join('');
    // A listener that is told of no authority trusts those of the system: anybody with a certificate of one could call himself as he likes.
    if (cert === '')
      throw new ConfigError(
        `${file} holds no certificate in PEM form: put the authority of clients there, restore it from a backup, or delete it to make a new one`,
      );
    return { cert, key: pem.replaceAll(CERTIFICATES, '').trim() };
  }
  const made = issueCertificate({ name: NAME, hosts: [], from: now - DAY, to: now + VALID_DAYS * DAY, use: 'authority' });
  // As a whole or not at all: the next start would refuse a part of it.
  await writePrivateFile(file, made.cert + made.key);
  return made;
}

/** A certificate with which a client proves to be a user; until it ends nothing but a new authority takes it back. */
export function clientCertificate(
  authority: Certificate,
  user: { name: string; groups: readonly string[] },
  { now, milliseconds }: { now: number; milliseconds: number },
): Certificate {
  return issueCertificate({
    ...user,
    hosts: [],
    from: now - 60_000,
    to: now + milliseconds,
    use: 'client',
    issuer: { name: NAME, key: authority.key },
  });
}

/** Whether Kargo has made this authority, and can sign with it. Others are signed with by whoever made them. */
export function canSign({ cert, key }: Certificate): boolean {
  return key !== '' && new X509Certificate(cert).subject === `CN=${NAME}`;
}
