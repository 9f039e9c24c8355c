import { createHash } from 'node:crypto';
import { type AwsIdentity, type AwsOptions, domainOf, partitionOf } from './aws-identity.ts';
import { CloudError } from './cloud-error.ts';
import { type AwsCredentials, signV4 } from './sigv4.ts';
import { keptUntil, TokenCache, type Expiring, type TokenOptions } from './token-cache.ts';
import { jsonOf, requestToken, textIn } from './token-request.ts';

const KEPT_OTHERWISE = 10 * 3_600_000;
const REGISTRY = /^([0-9]{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?(?:\/|$)/;

/** User and password for a registry. */
export interface RegistryLogin {
  username: string;
  password: string;
}

/** The account and region of a registry of Elastic Container Registry; absent for other repositories. `oci://` may stand before it. */
export function ecrRegistry(repository: string): { account: string; region: string } | undefined {
  const [, account, region] = REGISTRY.exec(repository.replace(/^oci:\/\//, '')) ?? [];
  return account === undefined || region === undefined ? undefined : { account, region };
}

/** Logins of Elastic Container Registry; kept until shortly before they expire. */
export class EcrTokens {
  readonly #options: AwsOptions;
  readonly #identity: AwsIdentity;
  readonly #cache: TokenCache<RegistryLogin>;

  constructor(options: AwsOptions, identity: AwsIdentity) {
    this.#options = options;
    this.#identity = identity;
    this.#cache = new TokenCache(options.clock);
  }

  /** With the key of a user. Fails with `CloudError`. */
  withKey(key: AwsCredentials, region: string, { refused, signal }: TokenOptions = {}): Promise<RegistryLogin> {
    const id = createHash('sha256')
      .update(JSON.stringify([region, key.accessKeyId, key.secretAccessKey]))
      .digest('hex');
    return this.#cache.get(`key ${id}`, () => this.#login(key, region, signal), has(refused));
  }

  /**
   * As this machine: in the role `kargo-project-PROJECT` in the account of the registry, or else in the machine's own account, or else as
   * the machine itself. Only a refusal moves on to the next. Fails with `CloudError`.
   */
  ambient(
    project: string,
    { account, region }: { account: string; region: string },
    { refused, signal }: TokenOptions = {},
  ): Promise<RegistryLogin> {
    const login = async (): Promise<Expiring<RegistryLogin>> => {
      const own = await this.#identity.account(region, signal);
      const name = `kargo-project-${project}`;
      for (const each of new Set([account, own])) {
        const role = `arn:${partitionOf(region)}:iam::${each}:role/${name}`;
        try {
          return await this.#login(await this.#identity.assume({ role, externalId: name, region }, signal), region, signal);
        } catch (error) {
          if (!(error instanceof CloudError) || error.status !== 403) throw error;
        }
      }
      return this.#login(await this.#identity.credentials(region, signal), region, signal);
    };
    return this.#cache.get(`ambient ${project} ${account} ${region}`, login, has(refused));
  }

  async #login(credentials: AwsCredentials, region: string, signal?: AbortSignal): Promise<Expiring<RegistryLogin>> {
    const { clock, endpoints } = this.#options;
    const action = `get a login of ECR in ${region}`;
    const url = endpoints?.ecr ?? `https://api.ecr.${region}.${domainOf(region)}/`;
    const request = {
      method: 'POST' as const,
      url,
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
      },
      body: '{}',
    };
    const headers = signV4(request, { region, service: 'ecr', credentials, now: clock.now() });
    const body = jsonOf(action, await requestToken(this.#options, { action, ...request, headers, signal }));
    const [data] = Array.isArray(body['authorizationData']) ? (body['authorizationData'] as Record<string, unknown>[]) : [];
    const login = Buffer.from(textIn(action, data ?? {}, 'authorizationToken'), 'base64').toString();
    const colon = login.indexOf(':');
    if (colon < 1) throw new CloudError('failed', `could not ${action}: the answer holds no user and password`);
    const seconds = data?.['expiresAt'];
    const expiresAt = typeof seconds === 'number' ? seconds * 1000 : undefined;
    return {
      value: { username: login.slice(0, colon), password: login.slice(colon + 1) },
      keepUntil: keptUntil(clock.now(), expiresAt, KEPT_OTHERWISE),
    };
  }
}

function has(refused: string | undefined): (login: RegistryLogin) => boolean {
  return ({ password }) => password === refused;
}
