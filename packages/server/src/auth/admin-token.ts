import type { Clock, Random } from '@kargo/kube';
import { compare } from 'bcryptjs';
import { decodeJwt, errors, jwtVerify, SignJWT } from 'jose';

/** The administrator's account: one password, one signing key, both secrets. */
export interface AdminAccount {
  /** bcrypt hash of the password. */
  passwordHash: string;
  /** Key of the HMAC that signs tokens. */
  tokenSigningKey: string;
  /** How long a token is valid, in milliseconds. */
  ttl: number;
  issuer: string;
  audience: string;
}

const ALGORITHM = 'HS256';
const SUBJECT = 'admin';

/** Whether `password` is the administrator's. A hash that is none matches nothing. */
export async function isAdminPassword({ passwordHash }: AdminAccount, password: string): Promise<boolean> {
  return compare(password, passwordHash);
}

/** A new token of the administrator. */
export async function signAdminToken(account: AdminAccount, clock: Clock, random: Random): Promise<string> {
  const now = Math.floor(clock.now() / 1000);
  return new SignJWT({})
    .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
    .setIssuer(account.issuer)
    .setAudience(account.audience)
    .setSubject(SUBJECT)
    .setJti(random.uuid())
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(now + Math.floor(account.ttl / 1000))
    .sign(keyOf(account));
}

/** Whether the token is one of the administrator's and still valid: signature, algorithm, issuer, audience, subject, times. */
export async function isAdminToken(account: AdminAccount, token: string, clock: Clock): Promise<boolean> {
  try {
    await jwtVerify(token, keyOf(account), {
      algorithms: [ALGORITHM],
      issuer: account.issuer,
      audience: account.audience,
      subject: SUBJECT,
      requiredClaims: ['exp'],
      currentDate: new Date(clock.now()),
    });
    return true;
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}

/** The issuer a token names; undefined when it is no JWT. An issuer that is not named is empty. Proves nothing. */
export function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss ?? '';
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

/** When a token ends, in milliseconds since the epoch, as it says itself; undefined where it says nothing. Proves nothing. */
export function endOf(token: string): number | undefined {
  try {
    const { exp } = decodeJwt(token);
    return exp === undefined ? undefined : exp * 1000;
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

function keyOf({ tokenSigningKey }: AdminAccount): Uint8Array {
  return new TextEncoder().encode(tokenSigningKey);
}
