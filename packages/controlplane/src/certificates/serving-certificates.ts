import { isIP } from 'node:net';
import { X509Certificate } from 'node:crypto';
import { issueCertificate, type Certificate } from './certificate.ts';

/** A certificate that signs those of servers. */
export interface Authority extends Certificate {
  name: string;
  /** Epoch milliseconds. */
  to: number;
  /** When clients were first told to trust it. */
  publishedAt?: number | undefined;
}

/** What a group of servers proves itself with: authorities, oldest first, and a certificate that one of them signed. */
export interface ServingCertificates {
  authorities: readonly Authority[];
  serving: Certificate & { issuer: string; to: number };
}

const HOUR = 3600_000;
const DAY = 24 * HOUR;
/** How long an authority and a certificate of a server are good for. Both are replaced when a third of that is left. */
export const AUTHORITY_LIFE = 730 * DAY;
export const SERVING_LIFE = 90 * DAY;
/** How long clients have trusted an authority before it signs what they are shown: caches of theirs are up to date by then. */
export const OVERLAP = HOUR;
/** Clocks that are behind must not find a new certificate not valid yet. */
const BACKDATE = HOUR;

export interface RenewOptions {
  /** Names that the servers are reached by. */
  hosts: readonly string[];
  /** Epoch milliseconds. */
  now: number;
  /** Distinguishes authorities: a text that was never used before. */
  unique: () => string;
}

/**
 * The certificates as they should be now; `current` itself if nothing is to be done. A new authority joins long before the old one ends,
 * and signs only after clients have trusted it for {@link OVERLAP}; what it replaces is trusted until it ends. So every certificate that
 * some server still shows is always trusted.
 */
export function renewCertificates(
  current: ServingCertificates | undefined,
  { hosts, now, unique }: RenewOptions,
): ServingCertificates {
  const alive = (current?.authorities ?? []).filter(({ to }) => to > now);
  const newest = alive.at(-1);
  const isLate = newest === undefined || newest.to - now < AUTHORITY_LIFE / 3;
  const authorities = isLate ? [...alive, newAuthority(`kargo-webhooks-${unique()}`, now)] : alive;
  const signer = signerOf(authorities, now);
  const serving = current?.serving;
  const isGood =
    serving !== undefined && serving.issuer === signer.name && serving.to - now > SERVING_LIFE / 3 && covers(serving.cert, hosts);
  if (isGood && authorities.length === current?.authorities.length) return current;
  return { authorities, serving: isGood ? serving : newServing(signer, hosts, now) };
}

/** Notes that clients trust all authorities from now on; `current` itself if that was known. */
export function published(current: ServingCertificates, now: number): ServingCertificates {
  if (current.authorities.every(({ publishedAt }) => publishedAt !== undefined)) return current;
  return { ...current, authorities: current.authorities.map((one) => ({ ...one, publishedAt: one.publishedAt ?? now })) };
}

/** PEM of all authorities that clients should trust. */
export function trustBundle({ authorities }: ServingCertificates): string {
  return authorities.map(({ cert }) => cert).join('');
}

/** The newest authority that clients have known for long enough. When they know none yet, it does not matter which. */
function signerOf(authorities: readonly Authority[], now: number): Authority {
  const known = authorities.filter(({ publishedAt }) => publishedAt !== undefined && now - publishedAt >= OVERLAP);
  const signer = known.at(-1) ?? authorities[0];
  if (signer === undefined) throw new Error('programmer error: there is always an authority');
  return signer;
}

function newAuthority(name: string, now: number): Authority {
  const to = now + AUTHORITY_LIFE;
  return { name, to, ...issueCertificate({ name, hosts: [], from: now - BACKDATE, to, use: 'authority' }) };
}

function newServing(issuer: Authority, hosts: readonly string[], now: number): ServingCertificates['serving'] {
  const to = Math.min(now + SERVING_LIFE, issuer.to);
  const issued = issueCertificate({ name: hosts[0] ?? 'kargo', hosts, from: now - BACKDATE, to, use: 'server', issuer });
  return { ...issued, issuer: issuer.name, to };
}

function covers(cert: string, hosts: readonly string[]): boolean {
  const parsed = new X509Certificate(cert);
  return hosts.every((host) => (isIP(host) === 0 ? parsed.checkHost(host) : parsed.checkIP(host)) !== undefined);
}
