import { annotations, ApiError, isReason, labels, Secret, ServiceAccount, type KubeList } from '@kargo/api';
import type { Client } from '@kargo/kube';
import type { FastifyRequest } from 'fastify';
import { badRequest, HttpError } from '../http/http-error.ts';
import { typeOf } from '../objects.ts';
import type { Services } from '../services.ts';

const TOKEN_TYPE = 'kubernetes.io/service-account-token';
const ACCOUNT_NAME = 'kubernetes.io/service-account.name';
/** How long the API may take to put the token into its Secret, in milliseconds. */
const TIME_TO_FILL = 10_000;

/** API tokens of the roles in one namespace: Secrets that carry a token of the role's ServiceAccount. */
export class ApiTokens {
  readonly #services: Services;
  readonly #client: Client;
  readonly #namespace: string;

  constructor(services: Services, request: FastifyRequest, namespace: string) {
    this.#services = services;
    this.#client = services.clientFor(request);
    this.#namespace = namespace;
  }

  /** The tokens of the namespace, or of one role there. Fails with 404 for an unknown role. */
  async list(role: string | undefined): Promise<KubeList<Secret>> {
    const namespace = this.#namespace;
    if (role !== undefined) await this.#client.get(ServiceAccount, { namespace, name: role });
    const found = await this.#client.list(Secret, { namespace, labelSelector: `${labels.apiToken}=true` });
    return { ...found, items: found.items.filter((secret) => role === undefined || roleOf(secret) === role) };
  }

  /** Fails with 404, and with 400 for a Secret that is no token. */
  async get(name: string): Promise<Secret> {
    const secret = await this.#client.get(Secret, { namespace: this.#namespace, name });
    if (!isToken(secret)) throw badRequest(`Secret "${name}" is not an API token`);
    return secret;
  }

  /** A new token of a role, shown this once. Fails with 404 for an unknown role, with 409 if the name is taken. */
  async create(role: string, name: string): Promise<Secret> {
    if (name.trim() === '') throw badRequest('name should not be empty');
    const namespace = this.#namespace;
    const account = await this.#client.get(ServiceAccount, { namespace, name: role });
    const created = await this.#client.create(Secret, {
      ...typeOf(Secret),
      type: TOKEN_TYPE,
      metadata: {
        namespace,
        name,
        labels: { [labels.apiToken]: 'true' },
        annotations: { [ACCOUNT_NAME]: role, [annotations.rbacManaged]: 'true' },
        ownerReferences: [{ ...typeOf(ServiceAccount), name: role, uid: account.metadata.uid ?? '' }],
      },
    });
    return this.#filled(created);
  }

  /** Revokes a token. Fails with 404, and with 409 for a Secret that is no token managed by Kargo. */
  async delete(name: string): Promise<void> {
    const key = { namespace: this.#namespace, name };
    const secret = await this.#client.get(Secret, key);
    const managed = secret.metadata.annotations?.[annotations.rbacManaged] === 'true';
    if (!isToken(secret) || !managed) throw new HttpError(409, `Secret "${name}" is not an API token managed by Kargo`);
    await this.#client.delete(Secret, key);
  }

  /** The Secret once the API has put the token into it. */
  async #filled(created: Secret): Promise<Secret> {
    const { privileged, config } = this.#services;
    const { namespace, name = '' } = created.metadata;
    const stop = new AbortController();
    const timer = config.clock.setTimer(config.clock.now() + TIME_TO_FILL, () => stop.abort(new Error('too slow')));
    try {
      const options = { namespace, fieldSelector: `metadata.name=${name}`, signal: stop.signal };
      for await (const { type, object } of privileged.watch(Secret, options)) {
        if (type === 'DELETED') break;
        if (type !== 'BOOKMARK' && (object.data?.['token'] ?? '') !== '') return object;
      }
    } catch (error) {
      if (!stop.signal.aborted && !isReason(error, 'Expired')) throw error;
    } finally {
      timer.cancel();
      stop.abort(new Error('done'));
    }
    throw new ApiError(
      'Timeout',
      `the API has not filled API token "${name}" yet; read Secret "${name}" in namespace "${namespace ?? ''}" later, or delete it and try again`,
    );
  }
}

function isToken({ type, metadata }: Secret): boolean {
  return type === TOKEN_TYPE && metadata.labels?.[labels.apiToken] === 'true';
}

function roleOf({ metadata }: Secret): string | undefined {
  return metadata.annotations?.[ACCOUNT_NAME];
}
