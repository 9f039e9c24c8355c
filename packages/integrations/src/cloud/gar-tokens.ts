import { createHash } from 'node:crypto';
import type { Http } from '../http/port.ts';
import { CloudError } from './cloud-error.ts';
import type { RegistryLogin } from './ecr-tokens.ts';
import { signedToken } from './json-web-token.ts';
import { keptUntil, TokenCache, type Expiring } from './token-cache.ts';
import { jsonOf, requestToken, textIn, type TokenTransport } from './token-request.ts';

const REGISTRY = /^(?:(?:[a-z0-9-]+\.)?gcr\.io|[a-z0-9-]+-docker\.pkg\.dev)\//;
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const USER = 'oauth2accesstoken';
const KEPT_OTHERWISE = 40 * 60_000;
/** How long it is remembered that a project has no account of its own. */
const OWN_FOR = 12 * 3_600_000;
/** A machine without a metadata service is asked for it once in so many milliseconds. */
const ABSENT_FOR = 5 * 60_000;

/** Whether a repository is one of Google's registries. `oci://` may stand before it. */
export function isGoogleRegistry(repository: string): boolean {
  return REGISTRY.test(repository.replace(/^oci:\/\//, ''));
}

export interface GarOptions extends TokenTransport {
  /** Reaches the metadata service of the machine, which others must not. */
  metadata: Http;
  environment: Readonly<Record<string, string | undefined>>;
  /** Addresses of the services, for tests. */
  endpoints?: { token?: string | undefined; iam?: string | undefined; metadata?: string | undefined } | undefined;
}

/** Logins of Google's registries; kept until shortly before they expire. */
export class GarTokens {
  readonly #options: GarOptions;
  readonly #cache: TokenCache<string>;
  /** Project → until when it is served by the machine's own account. */
  readonly #withoutAccount = new Map<string, number>();
  #absent: { until: number; error: CloudError } | undefined;

  constructor(options: GarOptions) {
    this.#options = options;
    this.#cache = new TokenCache(options.clock);
  }

  /** With the key of a service account: base64 of the JSON that the cloud hands out. Fails with `CloudError`. */
  async withKey(encoded: string, signal?: AbortSignal): Promise<RegistryLogin> {
    const { clock, endpoints } = this.#options;
    const { email, pem, id } = readKey(encoded);
    const cacheKey = createHash('sha256')
      .update(JSON.stringify([email, pem]))
      .digest('hex');
    const token = await this.#cache.get(`key ${cacheKey}`, async () => {
      const action = `get a token of the service account ${email}`;
      // Not where the key says: whoever writes a Secret must not have this process call addresses of his choice.
      const url = endpoints?.token ?? 'https://oauth2.googleapis.com/token';
      const now = Math.floor(clock.now() / 1000);
      const assertion = signedToken({ iss: email, scope: SCOPE, aud: url, iat: now, exp: now + 3600 }, { pem, id });
      const body = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      return this.#access(action, await requestToken(this.#options, { action, method: 'POST', url, headers, body, signal }));
    });
    return { username: USER, password: token };
  }

  /**
   * As this machine: through the service account `kargo-project-PROJECT` of its cloud project, or as its own one where that does not work.
   * Fails with `CloudError`, with `unavailable` if the machine has no identity.
   */
  async ambient(project: string, signal?: AbortSignal): Promise<RegistryLogin> {
    const { clock } = this.#options;
    const own = await this.#cache.get('own', () => this.#own(signal));
    if ((this.#withoutAccount.get(project) ?? 0) > clock.now()) return { username: USER, password: own };
    try {
      const password = await this.#cache.get(`project ${project}`, () => this.#impersonated(project, own, signal));
      return { username: USER, password };
    } catch (error) {
      if (!(error instanceof CloudError) || error.code === 'aborted') throw error;
      this.#withoutAccount.set(project, clock.now() + OWN_FOR);
      return { username: USER, password: own };
    }
  }

  async #own(signal?: AbortSignal): Promise<Expiring<string>> {
    const action = 'get a token of the Google service account of this machine';
    return this.#access(action, await this.#metadata(action, 'instance/service-accounts/default/token', signal));
  }

  async #impersonated(project: string, own: string, signal?: AbortSignal): Promise<Expiring<string>> {
    const { clock, endpoints } = this.#options;
    const answer = await this.#metadata('read the cloud project of this machine', 'project/project-id', signal);
    const account = `kargo-project-${project}@${Buffer.from(answer.body).toString().trim()}.iam.gserviceaccount.com`;
    const action = `get a token of the service account ${account}`;
    const body = jsonOf(
      action,
      await requestToken(this.#options, {
        action,
        method: 'POST',
        url: `${endpoints?.iam ?? 'https://iamcredentials.googleapis.com'}/v1/projects/-/serviceAccounts/${account}:generateAccessToken`,
        headers: { authorization: `Bearer ${own}`, 'content-type': 'application/json' },
        body: JSON.stringify({ scope: [SCOPE] }),
        signal,
      }),
    );
    const expiresAt = typeof body['expireTime'] === 'string' ? Date.parse(body['expireTime']) : undefined;
    return { value: textIn(action, body, 'accessToken'), keepUntil: keptUntil(clock.now(), expiresAt, KEPT_OTHERWISE) };
  }

  async #metadata(action: string, path: string, signal?: AbortSignal) {
    const { clock, endpoints, environment, metadata } = this.#options;
    if (this.#absent !== undefined && this.#absent.until > clock.now()) throw this.#absent.error;
    const host = environment['GCE_METADATA_HOST'];
    const base = endpoints?.metadata ?? `http://${host === undefined || host === '' ? 'metadata.google.internal' : host}`;
    try {
      return await requestToken(
        { http: metadata, clock },
        {
          action,
          url: `${base}/computeMetadata/v1/${path}`,
          headers: { 'metadata-flavor': 'Google' },
          timeout: 3000,
          attempts: 1,
          signal,
        },
      );
    } catch (cause) {
      if (!(cause instanceof CloudError) || cause.code === 'aborted' || cause.status !== undefined) throw cause;
      const error = new CloudError('unavailable', 'this machine has no Google identity: no metadata service answers', { cause });
      this.#absent = { until: clock.now() + ABSENT_FOR, error };
      throw error;
    }
  }

  #access(action: string, answer: Parameters<typeof jsonOf>[1]): Expiring<string> {
    const body = jsonOf(action, answer);
    const now = this.#options.clock.now();
    const seconds = body['expires_in'];
    const expiresAt = typeof seconds === 'number' ? now + seconds * 1000 : undefined;
    return { value: textIn(action, body, 'access_token'), keepUntil: keptUntil(now, expiresAt, KEPT_OTHERWISE) };
  }
}

function readKey(encoded: string): { email: string; pem: string; id?: string | undefined } {
  try {
    const text = encoded.trimStart().startsWith('{') ? encoded : Buffer.from(encoded, 'base64').toString();
    const { client_email: email, private_key: pem, private_key_id: id } = JSON.parse(text) as Record<string, unknown>;
    if (typeof email === 'string' && typeof pem === 'string') return { email, pem, ...(typeof id === 'string' ? { id } : {}) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new CloudError('invalid', 'gcpServiceAccountKey is not base64 of the JSON key of a service account');
}
