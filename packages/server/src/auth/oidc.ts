import { claimActor, emailActor, subjectActor, UNKNOWN_ACTOR } from '@kargo/api';
import type { Clock, Fetch } from '@kargo/kube';
import { createRemoteJWKSet, customFetch, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { HttpError } from '../http/http-error.ts';

/** An OpenID Connect provider that vouches for people. */
export interface OidcOptions {
  issuerURL: string;
  /** Client of the web UI. */
  clientID: string;
  /** Client of the command line; absent: the same. */
  cliClientID?: string | undefined;
  /** Scopes to ask for besides `openid`, `profile` and `email`. */
  additionalScopes?: readonly string[] | undefined;
  /** The claim that names people. Default `email`. */
  usernameClaim?: string | undefined;
}

/** The scopes that people are asked for. */
export function requestedScopes({ additionalScopes = [] }: OidcOptions): string[] {
  return [...new Set(['openid', 'profile', 'email', ...additionalScopes])];
}

export interface OidcVerifierOptions extends OidcOptions {
  fetch: Fetch;
  clock: Clock;
}

/** How far clocks may be apart, in seconds. */
const CLOCK_TOLERANCE = 30;
/** How long the provider may take, in milliseconds. */
const TIMEOUT = 5000;
/** Symmetric signatures would make the public client secret a signing key; `none` signs nothing. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** Checks ID tokens of one provider. Its keys are found by discovery, kept, and fetched again when an unknown one is used. */
export class OidcVerifier {
  readonly #options: OidcVerifierOptions;
  #keys: Promise<JWTVerifyGetKey> | undefined;

  constructor(options: OidcVerifierOptions) {
    this.#options = options;
  }

  get issuer(): string {
    return this.#options.issuerURL;
  }

  /**
   * The claims of a token: signed by the provider, for one of the clients, valid now. Undefined for any other. Throws while the
   * provider's keys cannot be had; the next call tries again.
   */
  async verify(token: string): Promise<JWTPayload | undefined> {
    const { issuerURL, clientID, cliClientID = clientID, clock } = this.#options;
    const keys = await this.#keySource();
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: issuerURL,
        audience: [...new Set([clientID, cliClientID])],
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE,
        requiredClaims: ['exp', 'iat', 'sub'],
        currentDate: new Date(clock.now()),
      });
      // A token for several clients says which of them it was given to.
      const { azp, aud } = payload;
      if (Array.isArray(aud) && aud.length > 1 && azp !== clientID && azp !== cliClientID) return undefined;
      return payload;
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return undefined;
      if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid || !(error instanceof errors.JOSEError))
        throw new Error(`the keys of ${issuerURL} cannot be fetched: ${messageOf(error)}`, { cause: error });
      if (error.code === 'ERR_JOSE_GENERIC')
        throw new Error(`the keys of ${issuerURL} cannot be fetched: ${error.message}`, { cause: error });
      return undefined;
    }
  }

  #keySource(): Promise<JWTVerifyGetKey> {
    this.#keys ??= this.#discover().catch((error: unknown) => {
      this.#keys = undefined;
      throw error;
    });
    return this.#keys;
  }

  async #discover(): Promise<JWTVerifyGetKey> {
    const { issuerURL, fetch } = this.#options;
    const url = `${issuerURL.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const { issuer, jwks_uri: jwks } = await this.#json(url);
    if (issuer !== issuerURL)
      throw new Error(`${url} is about the issuer ${JSON.stringify(issuer)}, not ${JSON.stringify(issuerURL)}`);
    if (typeof jwks !== 'string' || !URL.canParse(jwks)) throw new Error(`${url} names no keys (jwks_uri)`);
    return createRemoteJWKSet(new URL(jwks), {
      timeoutDuration: TIMEOUT,
      // Asked for a key it does not know, it asks the provider, but not more often than this.
      cooldownDuration: 1000,
      [customFetch]: fetch,
    });
  }

  async #json(url: string): Promise<Record<string, unknown>> {
    const { fetch, clock } = this.#options;
    const stop = new AbortController();
    const timer = clock.setTimer(clock.now() + TIMEOUT, () =>
      stop.abort(new Error(`GET ${url}: no answer within ${TIMEOUT} ms`)),
    );
    try {
      const response = await fetch(url, { method: 'GET', headers: { accept: 'application/json' }, signal: stop.signal });
      if (response.status !== 200) throw new Error(`GET ${url}: ${response.status}`);
      const value: unknown = JSON.parse(await response.text());
      return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
    } finally {
      timer.cancel();
    }
  }
}

/** The way to the identity provider, without which none can be configured. */
export function requiredFetch({ fetch }: { fetch: Fetch | undefined }): Fetch {
  if (fetch === undefined) throw new Error('programmer error: an identity provider is configured, but no way to reach it');
  return fetch;
}

/** How a person is named in annotations and events. Fails with 500 when the claim that names people is no text. */
export function personActor(payload: JWTPayload, usernameClaim = 'email'): string {
  const value = payload[usernameClaim];
  if (value !== undefined && typeof value !== 'string')
    throw new HttpError(500, `the claim ${usernameClaim} of a token is no text; choose another claim to name people by`);
  if (value !== undefined && value !== '') return claimActor(usernameClaim, value);
  const { email, sub } = payload;
  if (typeof email === 'string' && email !== '') return emailActor(email);
  return sub === undefined ? UNKNOWN_ACTOR : subjectActor(sub);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
