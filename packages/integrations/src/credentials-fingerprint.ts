import { createHash } from 'node:crypto';

/** Identifies credentials without revealing them. Those that are renewed count as the same while their `identity` stays. */
export function credentialsFingerprint(
  credentials: { username?: string | undefined; password?: string | undefined; identity?: string | undefined } | undefined,
): string {
  const { identity, username, password } = credentials ?? {};
  return createHash('sha256')
    .update(JSON.stringify(identity === undefined ? [username ?? null, password ?? null] : { identity }))
    .digest('base64url');
}
