import { CLIError, messageOf } from '../cli-error.ts';
import type { CLIIO } from '../io.ts';
import type { ConfigStore } from './config-store.ts';
import type { Connection } from './connection.ts';

const PREFIX = 'get client from config: error refreshing token: ';

/**
 * The connection with a token that has not expired. What is no JWT, and a JWT without an end, is used as it is.
 * An expired one is renewed at the identity provider where a refresh token is stored, and saved; otherwise this fails.
 */
export async function withFreshToken(connection: Connection, io: CLIIO, store: ConfigStore): Promise<Connection> {
  const { token, stored } = connection;
  const expiry = expiryOf(token);
  if (expiry === undefined || expiry * 1000 > io.now()) return connection;
  const refreshToken = stored?.refreshToken ?? '';
  if (stored === undefined || refreshToken === '' || stored.insecureSkipTLSVerify === true)
    throw new CLIError('TokenExpired', `${PREFIX}your token is expired; please use \`kargo login\` to re-authenticate`);
  let renewed: { bearerToken: string; refreshToken: string };
  try {
    renewed = await renew(connection.address, refreshToken, io);
  } catch (error) {
    throw new CLIError('TokenExpired', `${PREFIX}error refreshing token; please use \`kargo login\` to re-authenticate`, error);
  }
  const config = { ...stored, ...renewed };
  await store.save(config, connection.context);
  return { ...connection, token: renewed.bearerToken, stored: config };
}

/** The `exp` of a JWT in seconds since the epoch; undefined for other tokens. */
function expiryOf(token: string): number | undefined {
  const [, payload, signature] = token.split('.');
  if (payload === undefined || signature === undefined) return undefined;
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { exp?: unknown } | null;
    return typeof claims?.exp === 'number' ? claims.exp : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function renew(address: string, refreshToken: string, io: CLIIO): Promise<{ bearerToken: string; refreshToken: string }> {
  const config = await getJSON<{ oidcConfig?: { issuerUrl: string; clientId: string; cliClientId?: string } }>(
    io,
    `${address}/v1beta1/system/public-server-config`,
  );
  if (config.oidcConfig === undefined) throw new Error('the server has no identity provider');
  const { issuerUrl, clientId, cliClientId } = config.oidcConfig;
  const discovery = await getJSON<{ token_endpoint: string }>(
    io,
    `${issuerUrl.replace(/\/+$/, '')}/.well-known/openid-configuration`,
  );
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: cliClientId ?? clientId,
  });
  const response = await io.fetch(discovery.token_endpoint, {
    method: 'POST',
    headers: { Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
  if (!response.ok) throw new Error(`the identity provider answered ${response.status}`);
  const tokens = (await response.json()) as { id_token?: string; refresh_token?: string };
  if (tokens.id_token === undefined) throw new Error('the identity provider sent no id_token');
  return { bearerToken: tokens.id_token, refreshToken: tokens.refresh_token ?? refreshToken };
}

async function getJSON<T>(io: CLIIO, url: string): Promise<T> {
  let response: Response;
  try {
    response = await io.fetch(url, { method: 'GET', headers: { Accept: 'application/json' } });
  } catch (error) {
    throw new Error(`GET ${url}: ${messageOf(error)}`, { cause: error });
  }
  if (!response.ok) throw new Error(`GET ${url}: ${response.status}`);
  return (await response.json()) as T;
}
