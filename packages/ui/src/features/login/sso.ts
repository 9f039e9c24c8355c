/** Signing in at the identity provider: code flow with PKCE. The server talks to the provider; the page keeps what proves that it began. */
import type { Api } from '../../data/api.ts';

const KEY = 'sso';

interface Begun {
  state: string;
  nonce: string;
  codeVerifier: string;
  /** Where to go on afterwards. */
  target: string;
}

/** Sends the browser to the identity provider. Fails with what keeps it from going there. */
export async function beginSignIn(api: Api, target: string): Promise<void> {
  const redirectUri = new URL('login', document.baseURI).href;
  const { authorizationUrl, ...proof } = await api.beginSso(redirectUri);
  sessionStorage.setItem(KEY, JSON.stringify({ ...proof, target } satisfies Begun));
  window.location.assign(authorizationUrl);
}

/** Whether the address is one that the provider sends browsers back to. */
export function isCallback(query: URLSearchParams): boolean {
  return query.has('state') && (query.has('code') || query.has('error'));
}

/** Ends what {@link beginSignIn} began, with the address that the provider sent the browser to. Gives where to go on. */
export async function completeSignIn(api: Api, callback: string): Promise<string> {
  const begun = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Begun | null;
  sessionStorage.removeItem(KEY);
  if (begun === null) throw new Error('This sign-in did not begin here, or it began too long ago. Sign in again.');
  const { target, ...proof } = begun;
  await api.completeSso({ callback, ...proof });
  return target;
}
