import { createPrivateKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { writePrivateFile } from '../private-file.ts';
import { der } from './der.ts';

export interface Certificate {
  /** PEM. */
  key: string;
  cert: string;
}

const DAY = 24 * 3600 * 1000;
const VALID_DAYS = 365;
/** A certificate this close to its end is replaced at start. */
const RENEW_DAYS = 60;

const ECDSA_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
const BASIC_CONSTRAINTS = '2.5.29.19';
const KEY_USAGE = '2.5.29.15';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const ORGANIZATION = '2.5.4.10';
const SUBJECT_ALT_NAME = '2.5.29.17';

/**
 * The certificate of a data folder, made if there is none, if it ends soon, or if it does not cover `hosts`. Self-signed: clients trust it
 * because the kubeconfig carries it. kubectl sends credentials over TLS only.
 */
export async function loadCertificate(directory: string, hosts: readonly string[], now: number): Promise<Certificate> {
  const file = join(directory, 'tls.pem');
  try {
    const pem = await readFile(file, 'utf8');
    const cert = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n?/.exec(pem)?.[0] ?? '';
    const key = pem.replace(cert, '');
    const parsed = new X509Certificate(cert);
    const covers = hosts.every((host) => (isIP(host) === 0 ? parsed.checkHost(host) : parsed.checkIP(host)) !== undefined);
    const isUsable = covers && parsed.checkPrivateKey(createPrivateKey(key));
    if (isUsable && Date.parse(parsed.validTo) - now > RENEW_DAYS * DAY) return { cert, key };
  } catch (error) {
    // What is no certificate, or has no key, is made anew; what cannot be read is for people to look at.
    const { syscall, code } = error as NodeJS.ErrnoException;
    if (syscall !== undefined && code !== 'ENOENT') throw error;
  }
  const made = selfSigned(hosts, now);
  await writePrivateFile(file, made.cert + made.key);
  return made;
}

/** A self-signed certificate of a server over a new P-256 key. */
export function selfSigned(hosts: readonly string[], now: number): Certificate {
  return issueCertificate({ name: 'kargo', hosts, from: now - DAY, to: now + VALID_DAYS * DAY, use: 'self-signed server' });
}

export interface IssueOptions {
  /** Common name of the subject. That of an authority must be unlike those of the others that clients trust. */
  name: string;
  /** Groups that a client is a member of. */
  groups?: readonly string[] | undefined;
  /** Names and addresses that a server is reached by. */
  hosts: readonly string[];
  /** Epoch milliseconds. */
  from: number;
  to: number;
  /** What the certificate is for: to prove a server or a client, to sign others, or the first and the last at once. */
  use: 'server' | 'client' | 'authority' | 'self-signed server';
  /** Who signs; without one the certificate signs itself. */
  issuer?: { name: string; key: string } | undefined;
}

/** Bits of the extension KeyUsage, with how many of the last byte are unused. */
const KEY_USAGES = {
  server: [0x80, 7],
  client: [0x80, 7],
  authority: [0x06, 1],
  'self-signed server': [0x84, 2],
} as const;

/** A certificate (X.509 v3, RFC 5280) over a new P-256 key. */
export function issueCertificate({ name, groups = [], hosts, from, to, use, issuer }: IssueOptions): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const algorithm = der.sequence(der.oid(ECDSA_SHA256));
  const part = (oid: string, text: string): Buffer => der.set(der.sequence(der.oid(oid), der.utf8(text)));
  const nameOf = (text: string, organizations: readonly string[] = []): Buffer =>
    der.sequence(...organizations.map((organization) => part(ORGANIZATION, organization)), part(COMMON_NAME, text));
  const extension = (oid: string, value: Buffer, critical = false): Buffer =>
    der.sequence(der.oid(oid), ...(critical ? [der.boolean(true)] : []), der.octetString(value));
  const alternatives = hosts.map((host) =>
    isIP(host) === 0 ? der.context(2, Buffer.from(host), false) : der.context(7, addressBytes(host), false),
  );
  const [usage, unused] = KEY_USAGES[use];
  const serial = randomBytes(16);
  serial[0] = (serial[0] ?? 0) & 0x7f || 1;
  const body = der.sequence(
    der.context(0, der.integer(Buffer.from([2]))),
    der.integer(serial),
    algorithm,
    nameOf(issuer?.name ?? name),
    der.sequence(der.time(from), der.time(to)),
    nameOf(name, groups),
    publicKey.export({ type: 'spki', format: 'der' }),
    der.context(
      3,
      der.sequence(
        extension(
          BASIC_CONSTRAINTS,
          use === 'server' || use === 'client' ? der.sequence() : der.sequence(der.boolean(true)),
          true,
        ),
        extension(KEY_USAGE, der.bitString(Buffer.from([usage]), unused), true),
        ...(use === 'authority'
          ? []
          : [extension(EXTENDED_KEY_USAGE, der.sequence(der.oid(use === 'client' ? CLIENT_AUTH : SERVER_AUTH)))]),
        ...(alternatives.length === 0 ? [] : [extension(SUBJECT_ALT_NAME, der.sequence(...alternatives))]),
      ),
    ),
  );
  const signature = sign('sha256', body, issuer === undefined ? privateKey : createPrivateKey(issuer.key));
  const certificate = der.sequence(body, algorithm, der.bitString(signature));
  const lines = certificate.toString('base64').replace(/.{1,64}/g, '$&\n');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** The bytes of an IP address. */
function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groups = (text: string | undefined): number[] =>
    text === undefined || text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const front = groups(head);
  const back = groups(tail);
  const all =
    tail === undefined ? front : [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}
