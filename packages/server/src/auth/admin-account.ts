import type { AuthOptions } from '../options.ts';
import type { AdminAccount } from './admin-token.ts';

const DAY = 24 * 3_600_000;

/** The administrator's account, if there is one. A password without a signing key is a mistake of the configuration. */
export function adminAccount(auth: AuthOptions): AdminAccount | undefined {
  const { adminPasswordHash, tokenSigningKey } = auth;
  if (adminPasswordHash === undefined || adminPasswordHash === '') return undefined;
  if (tokenSigningKey === undefined || tokenSigningKey === '')
    throw new Error('the administrator has a password but there is no key to sign tokens with; set the token signing key');
  return {
    passwordHash: adminPasswordHash,
    tokenSigningKey,
    ttl: auth.ttl ?? DAY,
    issuer: auth.issuer ?? 'kargo',
    audience: auth.audience ?? 'kargo',
  };
}
