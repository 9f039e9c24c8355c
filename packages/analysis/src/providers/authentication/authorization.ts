import type { Http } from '@kargo/integrations';
import { bearerToken, type OAuth2Config } from './oauth2.ts';

/** The part of `authentication` that ends in an Authorization header. */
export interface AuthenticationConfig {
  oauth2?: OAuth2Config | undefined;
  basicAuth?: { username?: string | undefined; password?: string | undefined } | undefined;
}

/**
 * The Authorization header a metric asks for, or nothing. An OAuth 2 token is obtained anew each time. Fails if user name or password,
 * or a part of the OAuth 2 client, is missing.
 */
export async function authorizationHeader(
  { oauth2, basicAuth }: AuthenticationConfig,
  options: { http: Http; timeout: number; signal: AbortSignal },
): Promise<string | undefined> {
  if (oauth2?.tokenUrl !== undefined && oauth2.tokenUrl !== '') return `Bearer ${await bearerToken(oauth2, options)}`;
  if (basicAuth === undefined) return undefined;
  const { username = '', password = '' } = basicAuth;
  if (username === '' && password === '') return undefined;
  if (username === '') throw new Error('authentication.basicAuth needs a username as well as a password');
  if (password === '') throw new Error('authentication.basicAuth needs a password as well as a username');
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
