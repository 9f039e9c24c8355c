import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issueCertificate, type Certificate } from './certificate.ts';

/** Holds the authority whose certificates prove clients of the embedded API; readable by its user alone. */
export const CLIENT_AUTHORITY_FILE = 'client-authority.pem';

const DAY = 24 * 3600 * 1000;
const VALID_DAYS = 3650;
const NAME = 'kargo-clients';

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n?/g;

/**
 * The authority of a data folder, made if there is none. It is part of backups: certificates go on being valid after a restore. Who has an
 * authority already puts its certificates there instead: all that are to be trusted.
 */
export async function loadClientAuthority(directory: string, now: number): Promise<Certificate> {
  const file = join(directory, CLIENT_AUTHORITY_FILE);
  try {
    const pem = await readFile(file, 'utf8');
    return { cert: (pem.match(CERTIFICATES) ?? []).join(''), key: pem.replaceAll(CERTIFICATES, '').trim() };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const made = issueCertificate({ name: NAME, hosts: [], from: now - DAY, to: now + VALID_DAYS * DAY, use: 'authority' });
  await writeFile(file, made.cert + made.key, { mode: 0o600, flush: true });
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
