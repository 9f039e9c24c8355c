import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import type { Clock, Fetch } from '@kargo/kube';

export const ISSUER = 'https://issuer.test';
export const CLIENT = 'kargo-web';
export const CLI_CLIENT = 'kargo-cli';

/** An identity provider without a network: it signs what it is told to, and can be reached only through `fetch`. */
export interface Issuer {
  fetch: Fetch;
  /** Requests that it had, by path. */
  requests: string[];
  /** A token with the claims; times are in seconds. */
  sign(claims: Record<string, unknown>, options?: { alg?: string; kid?: string; key?: CryptoKey | Uint8Array }): Promise<string>;
  /** Signs with a new key from now on. */
  rotate(): Promise<void>;
  /** Whether it answers. */
  up: boolean;
}

export async function openIssuer(clock: Pick<Clock, 'now'>): Promise<Issuer> {
  const keys: { kid: string; key: CryptoKey; jwk: JWK }[] = [];
  const add = async (): Promise<void> => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const kid = `key-${keys.length + 1}`;
    keys.push({ kid, key: privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } });
  };
  await add();
  const json = (body: unknown): Response =>
    new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });
  const issuer: Issuer = {
    up: true,
    requests: [],
    fetch: (url) => {
      const path = url.slice(ISSUER.length);
      issuer.requests.push(path);
      if (!issuer.up) return Promise.reject(new Error('connect ECONNREFUSED'));
      if (path === '/.well-known/openid-configuration')
        return Promise.resolve(json({ issuer: ISSUER, jwks_uri: `${ISSUER}/keys` }));
      if (path === '/keys') return Promise.resolve(json({ keys: keys.slice(-2).map(({ jwk }) => jwk) }));
      return Promise.resolve(new Response('', { status: 404 }));
    },
    rotate: add,
    sign: (claims, { alg = 'ES256', kid, key } = {}) => {
      const current = keys.at(-1);
      const now = Math.floor(clock.now() / 1000);
      return new SignJWT({ iss: ISSUER, aud: CLIENT, sub: 'u1', iat: now, exp: now + 3600, ...claims })
        .setProtectedHeader({ alg, kid: kid ?? current?.kid ?? '' })
        .sign(key ?? current?.key ?? new Uint8Array());
    },
  };
  return issuer;
}
