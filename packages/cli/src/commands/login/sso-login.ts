import type * as OpenIdModule from 'openid-client';
import type { Configuration, TokenEndpointResponse } from 'openid-client';
import { CLIError, messageOf } from '../../cli-error.ts';
import { publicConfig } from './login-flow.ts';
import type { LoginFlow, LoginResult } from './login-flow.ts';
import { receiveCallback } from './receive-callback.ts';

type OpenId = typeof OpenIdModule;

/** How long a person has to log in, in milliseconds. */
const PATIENCE = 5 * 60_000;

/**
 * Logs in at the server's identity provider: in the browser of this machine (authorization code with PKCE), or, with `--device`, on
 * another one with a code. The ID token is what the server takes; the refresh token renews it.
 */
export async function ssoLogin(flow: LoginFlow): Promise<LoginResult> {
  const { oidcConfig } = await publicConfig(flow);
  if (oidcConfig === undefined) throw new CLIError('Request', 'server does not support OpenID Connect');
  const openid = await import('openid-client');
  const provider = await discover(openid, flow, oidcConfig);
  const wanted = new Set(oidcConfig.scopes ?? ['openid', 'profile', 'email']);
  if (provider.serverMetadata().scopes_supported?.includes('offline_access') === true) wanted.add('offline_access');
  const scope = [...wanted].join(' ');
  try {
    const tokens = await (flow.options.device === true ? onAnotherDevice : inBrowser)(openid, provider, { flow, scope });
    if (tokens.id_token === undefined) throw new Error('the identity provider sent no id_token');
    return {
      authMethod: 'sso',
      bearerToken: tokens.id_token,
      refreshToken: tokens.refresh_token,
      ...(flow.callbackPort === 0 ? {} : { callbackPort: flow.callbackPort }),
    };
  } catch (error) {
    if (error instanceof CLIError) throw error;
    throw new CLIError('Request', `log in at ${oidcConfig.issuerUrl}: ${reasonOf(error)}`, error);
  }
}

interface Wanted {
  flow: LoginFlow;
  scope: string;
}

async function discover(
  openid: OpenId,
  { io, insecure }: LoginFlow,
  { issuerUrl, clientId, cliClientId }: { issuerUrl: string; clientId: string; cliClientId?: string },
): Promise<Configuration> {
  const issuer = new URL(issuerUrl);
  const isLocal = issuer.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(issuer.hostname);
  if (issuer.protocol === 'http:' && !isLocal)
    throw new CLIError(
      'Configuration',
      `the identity provider ${issuerUrl} is not reached over TLS, so its answers cannot be trusted`,
    );
  try {
    return await openid.discovery(issuer, cliClientId ?? clientId, undefined, openid.None(), {
      execute: isLocal ? [openid.allowInsecureRequests] : [],
      [openid.customFetch]: (url, { method, headers, body, signal }) =>
        io.fetch(url, {
          method,
          headers,
          ...(body === undefined || body === null
            ? {}
            : { body: typeof body === 'string' ? body : new URLSearchParams(body as URLSearchParams).toString() }),
          ...(signal === undefined ? {} : { signal }),
          insecure,
        }),
    });
  } catch (error) {
    throw new CLIError('Request', `ask the identity provider ${issuerUrl} for its configuration: ${reasonOf(error)}`, error);
  }
}

async function inBrowser(openid: OpenId, provider: Configuration, { flow, scope }: Wanted): Promise<TokenEndpointResponse> {
  const { io, options, callbackPort } = flow;
  const verifier = openid.randomPKCECodeVerifier();
  const state = openid.randomState();
  const callback = await receiveCallback({ port: callbackPort, state });
  const patience = new AbortController();
  try {
    const url = openid.buildAuthorizationUrl(provider, {
      redirect_uri: callback.redirectURI,
      scope,
      state,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    await show(url.href, flow);
    const late = io.sleep(PATIENCE, { signal: patience.signal }).then(() => {
      throw new CLIError('Wait', 'nobody logged in within 5 minutes; run `kargo login` again');
    });
    const answered = await Promise.race([callback.answer, late]);
    return await openid.authorizationCodeGrant(provider, answered, { pkceCodeVerifier: verifier, expectedState: state });
  } finally {
    patience.abort();
    callback.close();
  }

  async function show(url: string, { options: { browser } }: LoginFlow): Promise<void> {
    if (options.browser && browser) {
      io.stderr.write(`Opening ${url}\n`);
      try {
        await io.openBrowser(url);
        return;
      } catch (error) {
        io.stderr.write(`No browser could be opened (${messageOf(error)}).\n`);
      }
    }
    io.stderr.write(`Visit this address on this machine to log in:\n\n  ${url}\n\n`);
  }
}

async function onAnotherDevice(
  openid: OpenId,
  provider: Configuration,
  { flow: { io }, scope }: Wanted,
): Promise<TokenEndpointResponse> {
  if (provider.serverMetadata().device_authorization_endpoint === undefined)
    throw new CLIError('Request', 'the identity provider offers no login on another device: use --no-browser');
  const device = await openid.initiateDeviceAuthorization(provider, { scope });
  io.stderr.write(`Visit ${device.verification_uri} on any device and enter the code ${device.user_code}\n`);
  if (device.verification_uri_complete !== undefined) io.stderr.write(`or visit ${device.verification_uri_complete}\n`);
  return openid.pollDeviceAuthorizationGrant(provider, device);
}

/** Providers say more in the description of an error than in its message. */
function reasonOf(error: unknown): string {
  const { error_description: description, cause } = error as { error_description?: unknown; cause?: unknown };
  if (typeof description === 'string') return description;
  const inner = cause instanceof Error ? `: ${messageOf(cause)}` : '';
  return `${messageOf(error)}${inner}`;
}
