import type { Http, HttpResponse } from '../http/port.ts';
import type { Processes } from '../process/port.ts';
import type { AwsIdentity } from './aws-identity.ts';
import { CloudError } from './cloud-error.ts';
import { contentOf, parsed, subjectToken, unusable } from './google-subject-token.ts';
import { signedToken } from './json-web-token.ts';
import { keptUntil, TokenCache, type Expiring, type TokenOptions } from './token-cache.ts';
import { jsonOf, requestToken, textIn, type TokenTransport } from './token-request.ts';

export const GOOGLE_SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const KEPT_OTHERWISE = 40 * 60_000;
/** A machine without a metadata service is asked for it once in so many milliseconds. */
const ABSENT_FOR = 5 * 60_000;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

export interface GoogleOptions extends TokenTransport {
  /** Reaches the metadata service of the machine, which others must not. */
  metadata: Http;
  environment: Readonly<Record<string, string | undefined>>;
  /** Who this machine is for AWS, which Google may take its word for. */
  aws?: AwsIdentity | undefined;
  /** Runs the program that a file of the installation may name. */
  processes?: Processes | undefined;
  /** Addresses of the services, for tests. */
  endpoints?: { token?: string | undefined; iam?: string | undefined; metadata?: string | undefined } | undefined;
}

/** A key of a service account. */
export interface GoogleKey {
  email: string;
  pem: string;
  id?: string | undefined;
}

/**
 * Who this machine is for Google: by the file that `GOOGLE_APPLICATION_CREDENTIALS` names (a key of a service account, or a configuration
 * of workload identity federation), or else by its metadata service.
 */
export class GoogleIdentity {
  readonly #options: GoogleOptions;
  readonly #cache: TokenCache<string>;
  #absent: { until: number; error: CloudError } | undefined;

  constructor(options: GoogleOptions) {
    this.#options = options;
    this.#cache = new TokenCache(options.clock);
  }

  /** Fails with `CloudError`, with `unavailable` if the machine has no identity. */
  token({ refused, signal }: TokenOptions = {}): Promise<string> {
    return this.#cache.get(
      'own',
      () => this.#own(signal),
      (token) => token === refused,
    );
  }

  /** The cloud project that the machine belongs to. Fails as {@link token} does. */
  async project(signal?: AbortSignal): Promise<string> {
    const told = this.#options.environment['GOOGLE_CLOUD_PROJECT'];
    if (told !== undefined && told !== '') return told;
    const file = await this.#file();
    if (file === undefined) {
      const answer = await this.#metadata('read the cloud project of this machine', 'project/project-id', signal);
      return Buffer.from(answer.body).toString().trim();
    }
    const { project_id: project } = file;
    if (typeof project === 'string' && project !== '') return project;
    throw new CloudError(
      'unavailable',
      'GOOGLE_CLOUD_PROJECT does not tell the cloud project of this machine, nor does its file',
    );
  }

  /** A token of the service account that a key belongs to. Fails with `CloudError`. */
  async keyToken({ email, pem, id }: GoogleKey, signal?: AbortSignal): Promise<Expiring<string>> {
    const { clock, endpoints } = this.#options;
    const action = `get a token of the service account ${email}`;
    // Not where the key says: whoever writes a Secret must not have this process call addresses of his choice.
    const url = endpoints?.token ?? 'https://oauth2.googleapis.com/token';
    const now = Math.floor(clock.now() / 1000);
    const assertion = signedToken({ iss: email, scope: GOOGLE_SCOPE, aud: url, iat: now, exp: now + 3600 }, { pem, id });
    const body = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }).toString();
    return this.#access(action, await requestToken(this.#options, { action, method: 'POST', url, headers: FORM, body, signal }));
  }

  /** A token of a service account that the owner of the token `own` may act as. Fails with `CloudError`. */
  async impersonated(
    account: string,
    own: string,
    { url, signal }: { url?: string | undefined; signal?: AbortSignal | undefined } = {},
  ) {
    const { clock, endpoints } = this.#options;
    const action = `get a token of the service account ${account}`;
    const iam = endpoints?.iam ?? 'https://iamcredentials.googleapis.com';
    const answer = await requestToken(this.#options, {
      action,
      method: 'POST',
      url: url ?? `${iam}/v1/projects/-/serviceAccounts/${account}:generateAccessToken`,
      headers: { authorization: `Bearer ${own}`, 'content-type': 'application/json' },
      body: JSON.stringify({ scope: [GOOGLE_SCOPE] }),
      signal,
    });
    const body = jsonOf(action, answer);
    const expiresAt = typeof body['expireTime'] === 'string' ? Date.parse(body['expireTime']) : undefined;
    return { value: textIn(action, body, 'accessToken'), keepUntil: keptUntil(clock.now(), expiresAt, KEPT_OTHERWISE) };
  }

  async #own(signal?: AbortSignal): Promise<Expiring<string>> {
    const file = await this.#file();
    if (file === undefined) {
      const action = 'get a token of the Google service account of this machine';
      return this.#access(action, await this.#metadata(action, 'instance/service-accounts/default/token', signal));
    }
    if (file['type'] === 'external_account') return this.#federated(file, signal);
    const key = googleKey(file);
    if (key !== undefined) return this.keyToken(key, signal);
    throw unusable(`files of the type ${JSON.stringify(file['type'] ?? null)} cannot be used`);
  }

  /** Exchanges what another provider says of this machine for a token of Google. */
  async #federated(file: Record<string, unknown>, signal?: AbortSignal): Promise<Expiring<string>> {
    const action = 'exchange the workload identity of this machine for a token of Google';
    const { audience, subject_token_type: type, token_url: url, service_account_impersonation_url: impersonation } = file;
    if (typeof audience !== 'string' || typeof type !== 'string') throw unusable('it has no audience or subject_token_type');
    const account = typeof impersonation === 'string' ? /serviceAccounts\/([^/:]+):/.exec(impersonation)?.[1] : undefined;
    const { metadata: http, clock, environment, aws, processes } = this.#options;
    const deps = { metadata: { http, clock }, environment, aws, processes };
    const body = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      audience,
      scope: GOOGLE_SCOPE,
      subject_token_type: type,
      subject_token: await subjectToken(deps, { source: file['credential_source'], audience, type, account, signal }),
    }).toString();
    const answer = await requestToken(this.#options, {
      action,
      method: 'POST',
      url: typeof url === 'string' ? url : 'https://sts.googleapis.com/v1/token',
      headers: FORM,
      body,
      signal,
    });
    const own = this.#access(action, answer);
    if (typeof impersonation !== 'string' || impersonation === '') return own;
    return this.impersonated(account ?? 'of its workload identity', own.value, { url: impersonation, signal });
  }

  async #file(): Promise<Record<string, unknown> | undefined> {
    const path = this.#options.environment['GOOGLE_APPLICATION_CREDENTIALS'] ?? '';
    if (path === '') return undefined;
    return parsed('GOOGLE_APPLICATION_CREDENTIALS', await contentOf('GOOGLE_APPLICATION_CREDENTIALS', path));
  }

  async #metadata(action: string, path: string, signal?: AbortSignal): Promise<HttpResponse> {
    const { clock, endpoints, environment, metadata: http } = this.#options;
    if (this.#absent !== undefined && this.#absent.until > clock.now()) throw this.#absent.error;
    const host = environment['GCE_METADATA_HOST'];
    const base = endpoints?.metadata ?? `http://${host === undefined || host === '' ? 'metadata.google.internal' : host}`;
    const headers = { 'metadata-flavor': 'Google' };
    const url = `${base}/computeMetadata/v1/${path}`;
    try {
      return await requestToken({ http, clock }, { action, url, headers, timeout: 3000, attempts: 1, signal });
    } catch (cause) {
      if (!(cause instanceof CloudError) || cause.code === 'aborted' || cause.status !== undefined) throw cause;
      const error = new CloudError('unavailable', 'this machine has no Google identity: no metadata service answers', { cause });
      this.#absent = { until: clock.now() + ABSENT_FOR, error };
      throw error;
    }
  }

  #access(action: string, answer: HttpResponse): Expiring<string> {
    const body = jsonOf(action, answer);
    const now = this.#options.clock.now();
    const seconds = body['expires_in'];
    const expiresAt = typeof seconds === 'number' ? now + seconds * 1000 : undefined;
    return { value: textIn(action, body, 'access_token'), keepUntil: keptUntil(now, expiresAt, KEPT_OTHERWISE) };
  }
}

/** The key in the JSON that Google hands out; absent if it holds none. */
export function googleKey(json: Record<string, unknown>): GoogleKey | undefined {
  const { client_email: email, private_key: pem, private_key_id: id } = json;
  if (typeof email !== 'string' || typeof pem !== 'string') return undefined;
  return { email, pem, ...(typeof id === 'string' ? { id } : {}) };
}
