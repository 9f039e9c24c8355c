import type { Fetch } from '@kargo/kube';
import type { Configuration, TokenEndpointResponse } from 'openid-client';
import { badRequest, HttpError } from '../http/http-error.ts';
import { requestedScopes, type OidcOptions } from './oidc.ts';

/** A sign-in that has begun: the browser keeps it, goes to `authorizationUrl`, and brings it back with where it was sent then. */
export interface BegunSignIn {
  authorizationUrl: string;
  state: string;
  nonce: string;
  codeVerifier: string;
}

export interface SignInAnswer {
  /** The address that the provider sent the browser to, with its query. */
  callback: string;
  state: string;
  nonce: string;
  codeVerifier: string;
}

export interface SignedIn {
  idToken: string;
  /** Renews the ID token, if the provider gives one. */
  refreshToken?: string;
}

/**
 * Signs people in at the identity provider in the place of a page, which often cannot: its content security policy forbids other
 * servers, providers do not answer pages of other origins, and browsers have no cryptography on plain HTTP.
 * The client is a public one with PKCE (S256). Nothing is kept here between the steps.
 */
export class SsoSignIn {
  readonly #options: OidcOptions & { fetch: Fetch };
  #provider: Promise<Configuration> | undefined;

  constructor(options: OidcOptions & { fetch: Fetch }) {
    this.#options = options;
  }

  /** Where to send the browser. `redirectURI` is where the provider sends it back to, and has to be registered there. */
  async begin(redirectURI: string): Promise<BegunSignIn> {
    requireRedirect(redirectURI);
    const openid = await import('openid-client');
    const provider = await this.#discovered();
    const scopes = new Set(requestedScopes(this.#options));
    if (provider.serverMetadata().scopes_supported?.includes('offline_access') === true) scopes.add('offline_access');
    const [state, nonce, codeVerifier] = [openid.randomState(), openid.randomNonce(), openid.randomPKCECodeVerifier()];
    const url = openid.buildAuthorizationUrl(provider, {
      redirect_uri: redirectURI,
      scope: [...scopes].join(' '),
      state,
      nonce,
      code_challenge: await openid.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    });
    return { authorizationUrl: url.href, state, nonce, codeVerifier };
  }

  /** The tokens of a person who came back. Fails with 403 when the provider refuses, and with 502 when it cannot be asked. */
  async complete({ callback, state, nonce, codeVerifier }: SignInAnswer): Promise<SignedIn> {
    requireRedirect(callback);
    const openid = await import('openid-client');
    const provider = await this.#discovered();
    return this.#tokens(() =>
      openid.authorizationCodeGrant(provider, new URL(callback), {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: codeVerifier,
        idTokenExpected: true,
      }),
    );
  }

  /** New tokens for a refresh token. Fails as {@link complete} does. */
  async renew(refreshToken: string): Promise<SignedIn> {
    const openid = await import('openid-client');
    const provider = await this.#discovered();
    const tokens = await this.#tokens(() => openid.refreshTokenGrant(provider, refreshToken));
    return { refreshToken, ...tokens };
  }

  async #tokens(ask: () => Promise<TokenEndpointResponse>): Promise<SignedIn> {
    let tokens: TokenEndpointResponse;
    try {
      tokens = await ask();
    } catch (error) {
      throw refusalOfProvider(error, this.#options.issuerURL);
    }
    const { id_token: idToken, refresh_token: refreshToken } = tokens;
    if (idToken === undefined) throw new HttpError(403, 'the identity provider gave no ID token; the scope openid is needed');
    return { idToken, ...(refreshToken === undefined ? {} : { refreshToken }) };
  }

  #discovered(): Promise<Configuration> {
    this.#provider ??= this.#discover().catch((error: unknown) => {
      this.#provider = undefined;
      throw new HttpError(
        502,
        `the identity provider ${this.#options.issuerURL} cannot be asked for its configuration: ${reasonOf(error)}`,
        { cause: error },
      );
    });
    return this.#provider;
  }

  async #discover(): Promise<Configuration> {
    const openid = await import('openid-client');
    const { issuerURL, clientID, fetch } = this.#options;
    const issuer = new URL(issuerURL);
    return openid.discovery(issuer, clientID, undefined, openid.None(), {
      execute: issuer.protocol === 'http:' ? [openid.allowInsecureRequests] : [],
      [openid.customFetch]: (url, { method, headers, body, signal, redirect }) =>
        fetch(url, {
          method,
          headers,
          redirect,
          ...(body === undefined || body === null ? {} : { body: body as NonNullable<RequestInit['body']> }),
          ...(signal === undefined ? {} : { signal }),
        }),
    });
  }
}

function requireRedirect(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:')
    // What follows may hold a code.
    throw badRequest(
      `${JSON.stringify(text.split(/[?#]/, 1)[0]?.slice(0, 200))} is no address that a browser can be sent back to`,
    );
}

/** What openid-client calls answers that are none of a provider, or none at all. */
const UNREACHABLE = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR',
]);

/** What a caller is told when tokens were not given: that the provider refused, or that it could not be asked. */
function refusalOfProvider(error: unknown, issuer: string): HttpError {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string' || UNREACHABLE.has(code))
    return new HttpError(502, `the identity provider ${issuer} cannot be asked: ${reasonOf(error)}`, { cause: error });
  return new HttpError(403, `signing in was refused: ${reasonOf(error)}`, { cause: error });
}

/** Providers say more in the description of an error than in its message. */
function reasonOf(error: unknown): string {
  const { error_description: description, message } = error as { error_description?: unknown; message?: unknown };
  return typeof description === 'string' ? description : String(message ?? error);
}
