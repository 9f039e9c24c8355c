import type { Http } from '@kargo/integrations';

export interface OAuth2Config {
  tokenUrl?: string;
  clientId?: string;
  clientSecret?: string;
  scopes?: string[];
}

/** Obtains an access token by the client-credentials grant (RFC 6749 §4.4). */
export async function bearerToken(
  config: OAuth2Config,
  options: { http: Http; timeout: number; signal: AbortSignal },
): Promise<string> {
  const { tokenUrl, clientId, clientSecret, scopes } = config;
  if (tokenUrl === undefined || !clientId || !clientSecret)
    throw new Error('missing mandatory parameter in metric for OAuth2 setup');
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(scopes === undefined || scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
  });
  const response = await options.http.send({
    method: 'POST',
    url: tokenUrl,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      authorization: `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')}`,
    },
    body: form.toString(),
    timeout: options.timeout,
    maxBody: 64 * 1024,
    signal: options.signal,
  });
  if (response.status !== 200) throw new Error(`the token endpoint refused the client: it answered ${response.status}`);
  const { access_token: token } = JSON.parse(new TextDecoder().decode(response.body)) as { access_token?: unknown };
  if (typeof token !== 'string' || token === '') throw new Error('the token endpoint answered without an access_token');
  return token;
}
