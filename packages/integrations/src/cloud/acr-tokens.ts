import { readFile } from 'node:fs/promises';
import type { Http } from '../http/port.ts';
import { messageOf } from '../port-error.ts';
import { CloudError } from './cloud-error.ts';
import type { RegistryLogin } from './ecr-tokens.ts';
import { keptUntil, TokenCache, type Expiring, type TokenOptions } from './token-cache.ts';
import { jsonOf, requestToken, textIn, type TokenTransport } from './token-request.ts';

const REGISTRY = /^([a-zA-Z0-9-]+\.azurecr\.(?:io|cn|us))\//;
/** What tokens of a registry are used with in place of a user. */
const USER = '00000000-0000-0000-0000-000000000000';
const KEPT = 150 * 60_000;
const KEPT_OTHERWISE = 40 * 60_000;
const RESOURCE = 'https://management.azure.com/';
/** A machine without a metadata service is asked for it once in so many milliseconds. */
const ABSENT_FOR = 5 * 60_000;

/** The host of a registry of Azure; absent for other repositories. `oci://` may stand before it. */
export function azureRegistry(repository: string): string | undefined {
  return REGISTRY.exec(repository.replace(/^oci:\/\//, ''))?.[1]?.toLowerCase();
}

export interface AcrOptions extends TokenTransport {
  /** Reaches the metadata service of the machine, which others must not. */
  metadata: Http;
  environment: Readonly<Record<string, string | undefined>>;
  /** Addresses of the services, for tests. */
  endpoints?: { authority?: string | undefined; metadata?: string | undefined; registry?: string | undefined } | undefined;
}

/** Logins of Azure's registries, by the workload identity or managed identity of this machine. */
export class AcrTokens {
  readonly #options: AcrOptions;
  readonly #own: TokenCache<string>;
  readonly #logins: TokenCache<string>;
  #absent: { until: number; error: CloudError } | undefined;

  constructor(options: AcrOptions) {
    this.#options = options;
    this.#own = new TokenCache(options.clock);
    this.#logins = new TokenCache(options.clock);
  }

  /** Fails with `CloudError`, with `unavailable` if the machine has no identity. */
  async ambient(registry: string, { refused, signal }: TokenOptions = {}): Promise<RegistryLogin> {
    const { clock, endpoints, environment } = this.#options;
    const login = async (): Promise<Expiring<string>> => {
      const action = `exchange the identity of this machine for a login of ${registry}`;
      // Whatever it was made of may be what is no good any more.
      const own = await this.#own.get(
        'own',
        () => this.#identity(signal),
        () => refused !== undefined,
      );
      const tenant = environment['AZURE_TENANT_ID'];
      const answer = await requestToken(this.#options, {
        action,
        method: 'POST',
        url: `${endpoints?.registry ?? `https://${registry}`}/oauth2/exchange`,
        headers: FORM,
        body: new URLSearchParams({
          grant_type: 'access_token',
          service: registry,
          ...(tenant === undefined || tenant === '' ? {} : { tenant }),
          access_token: own,
        }).toString(),
        signal,
      });
      return { value: textIn(action, jsonOf(action, answer), 'refresh_token'), keepUntil: clock.now() + KEPT };
    };
    const password = await this.#logins.get(registry, login, (token) => token === refused);
    return { username: USER, password };
  }

  async #identity(signal?: AbortSignal): Promise<Expiring<string>> {
    const { environment: env, endpoints } = this.#options;
    const { AZURE_CLIENT_ID: client, AZURE_TENANT_ID: tenant, AZURE_FEDERATED_TOKEN_FILE: file } = env;
    if (!client || !tenant || !file) return this.#managed(client, signal);
    const action = `get a token of the workload identity ${client}`;
    const authority = endpoints?.authority ?? (env['AZURE_AUTHORITY_HOST'] || 'https://login.microsoftonline.com');
    const answer = await requestToken(this.#options, {
      action,
      method: 'POST',
      url: `${authority.replace(/\/$/, '')}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`,
      headers: FORM,
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: client,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await federatedToken(file),
        scope: `${RESOURCE}.default`,
      }).toString(),
      signal,
    });
    return this.#access(action, answer);
  }

  async #managed(client: string | undefined, signal?: AbortSignal): Promise<Expiring<string>> {
    const { clock, endpoints, metadata } = this.#options;
    if (this.#absent !== undefined && this.#absent.until > clock.now()) throw this.#absent.error;
    const action = 'get a token of the managed identity of this machine';
    const query = new URLSearchParams({
      'api-version': '2018-02-01',
      resource: RESOURCE,
      ...(client ? { client_id: client } : {}),
    });
    const url = `${endpoints?.metadata ?? 'http://169.254.169.254'}/metadata/identity/oauth2/token?${query.toString()}`;
    try {
      const request = { action, url, headers: { metadata: 'true' }, timeout: 3000, attempts: 1, signal };
      return this.#access(action, await requestToken({ http: metadata, clock }, request));
    } catch (cause) {
      if (!(cause instanceof CloudError) || cause.code === 'aborted' || cause.status !== undefined) throw cause;
      const error = new CloudError(
        'unavailable',
        'this machine has no Azure identity: no workload identity in the environment, and no metadata service answers',
        { cause },
      );
      this.#absent = { until: clock.now() + ABSENT_FOR, error };
      throw error;
    }
  }

  #access(action: string, answer: Parameters<typeof jsonOf>[1]): Expiring<string> {
    const body = jsonOf(action, answer);
    const now = this.#options.clock.now();
    const seconds = Number(body['expires_in']);
    const expiresAt = Number.isNaN(seconds) ? undefined : now + seconds * 1000;
    return { value: textIn(action, body, 'access_token'), keepUntil: keptUntil(now, expiresAt, KEPT_OTHERWISE) };
  }
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

async function federatedToken(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new CloudError('unavailable', `AZURE_FEDERATED_TOKEN_FILE names a file that cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
