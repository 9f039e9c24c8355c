import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { isMap, isSeq, parseDocument } from 'yaml';
import type { Clock } from '../../ports/clock.ts';
import type { Credential } from './exec-credentials.ts';
import { KubeconfigError } from './kubeconfig-file.ts';
import { tlsFetch } from './tls-fetch.ts';

/** The settings of a user of an OpenID provider, as kubectl writes them. */
export type OidcSettings = Readonly<Record<string, string | undefined>>;

export interface OidcOptions {
  clock: Clock;
  /** PEM that the provider's certificate is checked by; absent: that of the platform. */
  ca: string | undefined;
  proxy: URL | undefined;
  /** Keeps new tokens, as the provider may not take the old refresh token again. */
  save: (tokens: { 'id-token': string; 'refresh-token': string }) => Promise<void>;
}

const TIMEOUT = 30_000;
const LARGEST_ANSWER = 1024 * 1024;

/** Gets tokens of an OpenID provider: the known one while it lasts, then another for the refresh token. */
export function oidcCredentials(settings: OidcSettings, options: OidcOptions): () => Promise<Credential> {
  let idToken = settings['id-token'] ?? '';
  let refreshToken = settings['refresh-token'] ?? '';
  let refused = '';
  return async () => {
    const expires = expiryOf(idToken);
    const lasts = expires === undefined || options.clock.now() < expires;
    if (idToken !== '' && lasts && idToken !== refused) {
      // Asked for once more means that it was refused.
      refused = idToken;
      return { token: idToken, expires };
    }
    if (refreshToken === '') {
      if (idToken !== '') return { token: idToken, expires: undefined };
      throw new KubeconfigError('the user of an OpenID provider has neither an id-token nor a refresh-token: sign in again');
    }
    const tokens = await refresh(settings, refreshToken, options);
    idToken = tokens['id-token'];
    refreshToken = tokens['refresh-token'];
    refused = idToken;
    await options.save(tokens);
    return { token: idToken, expires: expiryOf(idToken) };
  };
}

async function refresh(
  settings: OidcSettings,
  refreshToken: string,
  { ca, proxy }: OidcOptions,
): Promise<{ 'id-token': string; 'refresh-token': string }> {
  const issuer = (settings['idp-issuer-url'] ?? '').replace(/\/+$/, '');
  if (!/^https?:\/\//.test(issuer))
    throw new KubeconfigError('the user of an OpenID provider has no idp-issuer-url to refresh the token at');
  const { fetch, close } = tlsFetch({ tls: { ca }, proxy });
  const ask = async (url: string, init: RequestInit): Promise<Record<string, unknown>> => {
    let status = 0;
    try {
      const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT) });
      ({ status } = response);
      const text = await response.text();
      if (text.length > LARGEST_ANSWER) throw new Error('the answer is too long');
      const answer = JSON.parse(text) as Record<string, unknown>;
      if (response.ok) return answer;
      // Only what the standard defines is shown: the rest may hold secrets.
      throw new Error(`${String(answer['error'] ?? 'no reason given')}`);
    } catch (cause) {
      const why =
        cause instanceof SyntaxError ? 'the answer is not JSON' : cause instanceof Error ? cause.message : String(cause);
      throw new KubeconfigError(
        `refreshing the token at ${issuer}: ${status === 0 ? '' : `HTTP ${status}: `}${why}`,
        cause instanceof SyntaxError ? {} : { cause },
      );
    }
  };
  try {
    const { token_endpoint: endpoint } = await ask(`${issuer}/.well-known/openid-configuration`, {});
    if (typeof endpoint !== 'string') throw new KubeconfigError(`the OpenID provider ${issuer} names no token endpoint`);
    const [id, secret] = [settings['client-id'] ?? '', settings['client-secret'] ?? ''];
    const basic = Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64');
    const answer = await ask(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(secret === '' ? {} : { authorization: `Basic ${basic}` }),
      },
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
        ...(secret === '' ? { client_id: id } : {}),
      }).toString(),
    });
    const { id_token: idToken, refresh_token: next } = answer;
    if (typeof idToken !== 'string') throw new KubeconfigError(`the OpenID provider ${issuer} answered without an id_token`);
    return { 'id-token': idToken, 'refresh-token': typeof next === 'string' ? next : refreshToken };
  } finally {
    close();
  }
}

/** When a token ends, in epoch milliseconds; undefined if it does not say. */
function expiryOf(token: string): number | undefined {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp?: unknown };
    return typeof claims.exp === 'number' ? claims.exp * 1000 : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Writes tokens to the entry of a user in a kubeconfig; comments and the rest stay as they are. A file that cannot be written stays. */
export async function saveTokens(file: string, userName: string, tokens: Readonly<Record<string, string>>): Promise<void> {
  try {
    const document = parseDocument(await readFile(file, 'utf8'));
    const users = document.get('users');
    if (!isSeq(users)) return;
    const index = users.items.findIndex((item) => isMap(item) && item.get('name') === userName);
    if (index < 0) return;
    for (const [name, value] of Object.entries(tokens))
      document.setIn(['users', index, 'user', 'auth-provider', 'config', name], value);
    const { mode } = await stat(file);
    const temporary = `${file}.kargo-new`;
    await writeFile(temporary, document.toString(), { mode: mode & 0o777 });
    await rename(temporary, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A file that others own, or on a medium that cannot be written: the tokens are good while this process lives.
    if (code !== 'EACCES' && code !== 'EROFS' && code !== 'EPERM') throw error;
  }
}
