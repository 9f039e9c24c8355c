import { readFile } from 'node:fs/promises';
import { messageOf } from '../port-error.ts';
import { CloudError } from './cloud-error.ts';
import { type AwsCredentials, signV4 } from './sigv4.ts';
import { keptUntil, TokenCache, type Expiring } from './token-cache.ts';
import { jsonOf, requestToken, textIn, type TokenTransport } from './token-request.ts';

const METADATA = 'http://169.254.169.254';
const CONTAINER = 'http://169.254.170.2';
const KEPT_OTHERWISE = 10 * 60_000;
/** A machine without a metadata service is asked for it once in so many milliseconds. */
const ABSENT_FOR = 5 * 60_000;

/** Names of variables and where services are. */
export interface AwsOptions extends TokenTransport {
  /** Reaches the metadata services of the machine, which others must not. */
  metadata: TokenTransport['http'];
  environment: Readonly<Record<string, string | undefined>>;
  /** Name of sessions, at most 64 characters. */
  sessionName: string;
  /** Addresses of the services, for tests. */
  endpoints?: { sts?: string | undefined; ecr?: string | undefined; metadata?: string | undefined } | undefined;
}

/** Who this machine is for AWS: by environment, web identity (IRSA), container (ECS, pod identity) or instance, in this order. */
export class AwsIdentity {
  readonly #options: AwsOptions;
  readonly #cache: TokenCache<AwsCredentials>;
  readonly #accounts: TokenCache<string>;
  #absent: { until: number; error: CloudError } | undefined;

  constructor(options: AwsOptions) {
    this.#options = options;
    this.#cache = new TokenCache(options.clock);
    this.#accounts = new TokenCache(options.clock);
  }

  /** Fails with `CloudError`, with `unavailable` if the machine has no identity. */
  credentials(region: string, signal?: AbortSignal): Promise<AwsCredentials> {
    return this.#cache.get('own', () => this.#own(region, signal));
  }

  /** The region that the machine is in. Fails with `CloudError`, with `unavailable` if nothing tells. */
  async region(signal?: AbortSignal): Promise<string> {
    const { environment } = this.#options;
    const told = environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION'];
    if (told) return told;
    const action = 'read the AWS region of this instance';
    const { base, headers } = await this.#instanceAccess(action, signal);
    const url = `${base}/meta-data/placement/availability-zone`;
    const answer = await requestToken(this.#metadata(), { action, timeout: 2000, attempts: 1, signal, url, headers });
    // A zone is its region and a letter.
    return Buffer.from(answer.body).toString().trim().slice(0, -1);
  }

  /** The account that the machine belongs to. Fails with `CloudError`. */
  account(region: string, signal?: AbortSignal): Promise<string> {
    return this.#accounts.get('own', async () => {
      const xml = await this.sts(region, { Action: 'GetCallerIdentity' }, await this.credentials(region, signal), signal);
      const value = element('read the AWS account', xml, 'Account');
      return { value, keepUntil: this.#options.clock.now() + 12 * 3_600_000 };
    });
  }

  /** The credentials of a role. Fails with `CloudError`, which carries the status 403 if the role may not be assumed. */
  assume(
    { role, externalId, region }: { role: string; externalId: string; region: string },
    signal?: AbortSignal,
  ): Promise<AwsCredentials> {
    return this.#cache.get(role, async () => {
      const parameters = {
        Action: 'AssumeRole',
        RoleArn: role,
        RoleSessionName: this.#options.sessionName,
        ExternalId: externalId,
      };
      return this.#session(`assume ${role}`, await this.sts(region, parameters, await this.credentials(region, signal), signal));
    });
  }

  /** Asks the service for security tokens. Unsigned without credentials. */
  async sts(
    region: string,
    parameters: Record<string, string>,
    credentials: AwsCredentials | undefined,
    signal?: AbortSignal,
  ): Promise<string> {
    const url = this.#options.endpoints?.sts ?? `https://sts.${region}.${domainOf(region)}/`;
    const body = new URLSearchParams({ ...parameters, Version: '2011-06-15' }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    const { body: answer } = await requestToken(this.#options, {
      action: `${parameters['Action'] ?? ''} at AWS STS`,
      method: 'POST',
      url,
      body,
      headers:
        credentials === undefined
          ? headers
          : signV4(
              { method: 'POST', url, headers, body },
              { region, service: 'sts', credentials, now: this.#options.clock.now() },
            ),
      signal,
    });
    return Buffer.from(answer).toString();
  }

  async #own(region: string, signal?: AbortSignal): Promise<Expiring<AwsCredentials>> {
    const { environment: env } = this.#options;
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = env;
    if (accessKeyId && secretAccessKey)
      return { value: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) } };
    const { AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile } = env;
    if (role && tokenFile) {
      const parameters = {
        Action: 'AssumeRoleWithWebIdentity',
        RoleArn: role,
        RoleSessionName: this.#options.sessionName,
        WebIdentityToken: await textOf('AWS_WEB_IDENTITY_TOKEN_FILE', tokenFile),
      };
      return this.#session(`assume ${role} by web identity`, await this.sts(region, parameters, undefined, signal));
    }
    const { AWS_CONTAINER_CREDENTIALS_FULL_URI: full, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative } = env;
    if (full || relative) return this.#container(full || `${CONTAINER}${relative ?? ''}`, signal);
    if (env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true')
      throw new CloudError(
        'unavailable',
        'this machine has no AWS identity: none in the environment, and asking the instance is disabled',
      );
    return this.#instance(signal);
  }

  async #container(url: string, signal?: AbortSignal): Promise<Expiring<AwsCredentials>> {
    const { AWS_CONTAINER_AUTHORIZATION_TOKEN: token, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file } = this.#options.environment;
    const authorization = file ? await textOf('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', file) : token;
    const action = 'get the AWS credentials of this container';
    const headers = authorization ? { authorization } : {};
    return this.#document(action, jsonOf(action, await requestToken(this.#metadata(), { action, url, headers, signal })));
  }

  async #instance(signal?: AbortSignal): Promise<Expiring<AwsCredentials>> {
    const action = 'get the AWS credentials of this instance';
    const { base, headers } = await this.#instanceAccess(action, signal);
    const quick = { action, timeout: 2000, attempts: 1, signal };
    const place = `${base}/meta-data/iam/security-credentials/`;
    const roles = await requestToken(this.#metadata(), { ...quick, url: place, headers });
    const role = Buffer.from(roles.body).toString().split('\n')[0]?.trim() ?? '';
    if (role === '') throw new CloudError('unavailable', 'this instance has no role: attach an instance profile to it');
    const answer = await requestToken(this.#metadata(), { ...quick, url: `${place}${encodeURIComponent(role)}`, headers });
    return this.#document(action, jsonOf(action, answer));
  }

  /** What requests to the instance metadata service (IMDSv2) begin with. */
  async #instanceAccess(action: string, signal?: AbortSignal): Promise<{ base: string; headers: Record<string, string> }> {
    const { clock, endpoints } = this.#options;
    if (this.#absent !== undefined && this.#absent.until > clock.now()) throw this.#absent.error;
    const base = `${endpoints?.metadata ?? METADATA}/latest`;
    try {
      const { body } = await requestToken(this.#metadata(), {
        action,
        timeout: 2000,
        attempts: 1,
        signal,
        method: 'PUT',
        url: `${base}/api/token`,
        headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' },
      });
      return { base, headers: { 'x-aws-ec2-metadata-token': Buffer.from(body).toString() } };
    } catch (cause) {
      if (cause instanceof CloudError && cause.code === 'aborted') throw cause;
      const error = new CloudError(
        'unavailable',
        'this machine has no AWS identity: neither environment, web identity nor container, and no instance metadata service answers',
        { cause },
      );
      this.#absent = { until: clock.now() + ABSENT_FOR, error };
      throw error;
    }
  }

  #metadata(): TokenTransport {
    return { http: this.#options.metadata, clock: this.#options.clock };
  }

  #document(action: string, body: Record<string, unknown>): Expiring<AwsCredentials> {
    const value = {
      accessKeyId: textIn(action, body, 'AccessKeyId'),
      secretAccessKey: textIn(action, body, 'SecretAccessKey'),
      sessionToken: textIn(action, body, 'Token'),
    };
    return { value, keepUntil: this.#until(typeof body['Expiration'] === 'string' ? body['Expiration'] : '') };
  }

  #session(action: string, xml: string): Expiring<AwsCredentials> {
    const value = {
      accessKeyId: element(action, xml, 'AccessKeyId'),
      secretAccessKey: element(action, xml, 'SecretAccessKey'),
      sessionToken: element(action, xml, 'SessionToken'),
    };
    return { value, keepUntil: this.#until(element(action, xml, 'Expiration')) };
  }

  #until(expiration: string): number | undefined {
    return keptUntil(this.#options.clock.now(), Date.parse(expiration), KEPT_OTHERWISE);
  }
}

/** The domain that the services of a region are in. */
export function domainOf(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
}

/** The partition that a region belongs to, as names of resources have it. */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

function element(action: string, xml: string, name: string): string {
  const value = new RegExp(`<${name}>\\s*([^<]+?)\\s*</${name}>`).exec(xml)?.[1];
  if (value !== undefined) return value.replaceAll('&amp;', '&').replaceAll('&lt;', '<').replaceAll('&gt;', '>');
  throw new CloudError('failed', `could not ${action}: the answer has no ${name}`);
}

async function textOf(variable: string, file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new CloudError('unavailable', `${variable} names a file that cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
