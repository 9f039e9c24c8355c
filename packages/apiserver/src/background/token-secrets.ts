import { isReason, resourceName, Secret, ServiceAccount, type KubeObject } from '@kargo/api';
import { clone, type Clock, type Log, type UserInfo } from '@kargo/kube';
import type { ServiceAccountTokens } from '../auth/service-account-tokens.ts';
import type { Registry } from '../registry/registry.ts';
import type { Store } from '../store/store.ts';
import { KeyedRunner } from './keyed-runner.ts';
import { nodeText, parseNode } from './owner-graph.ts';

const USER: UserInfo = {
  username: 'system:serviceaccount:kube-system:tokens-controller',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated', 'system:masters'],
};
const SECRETS = resourceName(Secret);
const SERVICE_ACCOUNTS = resourceName(ServiceAccount);

/** Type of the Secrets that carry a token of a ServiceAccount. */
export const TOKEN_TYPE = 'kubernetes.io/service-account-token';
export const ACCOUNT_NAME = 'kubernetes.io/service-account.name';
export const ACCOUNT_UID = 'kubernetes.io/service-account.uid';

export interface TokenSecretsOptions {
  tokens: ServiceAccountTokens;
  /** PEM of what clients trust; absent where the API has no TLS of its own. */
  certificate?: string | undefined;
}

/** Puts tokens into the Secrets made for them, and removes such Secrets when their ServiceAccount is gone. */
export class TokenSecrets {
  readonly #store: Store;
  readonly #registry: Registry;
  readonly #options: TokenSecretsOptions;
  readonly #runner: KeyedRunner;
  readonly #unsubscribe: () => void;

  constructor(store: Store, registry: Registry, clock: Clock, log: Log, options: TokenSecretsOptions) {
    this.#store = store;
    this.#registry = registry;
    this.#options = options;
    this.#runner = new KeyedRunner(
      clock,
      (text) => this.#fill(text),
      (secret, error) => log.warn({ error, secret }, 'a Secret for a token will be looked at again'),
    );
    for (const { object } of store.list(SECRETS)) this.#add(object);
    this.#unsubscribe = store.subscribe((events) => {
      for (const { resource, type, object } of events) {
        if (resource === SECRETS && type !== 'DELETED') this.#add(object);
        if (resource === SERVICE_ACCOUNTS && type !== 'MODIFIED')
          for (const { object: secret } of store.list(SECRETS, { namespace: object.metadata.namespace }))
            if (accountOf(secret) === object.metadata.name) this.#add(secret);
      }
    });
  }

  close(): Promise<void> {
    this.#unsubscribe();
    return this.#runner.close();
  }

  #add(secret: KubeObject): void {
    if (accountOf(secret) !== undefined) this.#runner.add(nodeText(SECRETS, secret));
  }

  async #fill(text: string): Promise<void> {
    const { key } = parseNode(text);
    const secret = this.#store.get(SECRETS, key) as Secret | undefined;
    const name = secret === undefined ? undefined : accountOf(secret);
    if (secret === undefined || name === undefined || secret.metadata.deletionTimestamp !== undefined) return;
    const account = this.#store.get(SERVICE_ACCOUNTS, { namespace: key.namespace, name }) as ServiceAccount | undefined;
    const uid = secret.metadata.annotations?.[ACCOUNT_UID];
    if (account === undefined || (uid !== undefined && uid !== account.metadata.uid)) {
      // Made before its account, it may wait for it. Once filled, it goes with the account.
      if (uid !== undefined) await this.#remove(secret);
      return;
    }
    if (uid !== undefined && (secret.data?.['token'] ?? '') !== '') return;
    await this.#write(secret, account);
  }

  async #write(secret: Secret, account: ServiceAccount): Promise<void> {
    const { tokens, certificate } = this.#options;
    const { name = '', namespace = '', uid = '' } = secret.metadata;
    const { token } = tokens.issue(account, { boundTo: { kind: 'Secret', name, uid } });
    const base64 = (value: string): string => Buffer.from(value).toString('base64');
    const build = (existing: KubeObject): KubeObject => {
      const copy = clone(existing) as Secret;
      copy.metadata.annotations = { ...copy.metadata.annotations, [ACCOUNT_UID]: account.metadata.uid ?? '' };
      copy.data = {
        ...copy.data,
        token: base64(token),
        namespace: base64(namespace),
        ...(certificate === undefined ? {} : { 'ca.crt': base64(certificate) }),
      };
      return copy;
    };
    try {
      await this.#registry.rebuild(Secret, { namespace, name }, build, { user: USER, options: {} });
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
    }
  }

  async #remove({ metadata: { namespace, name = '', uid } }: Secret): Promise<void> {
    try {
      await this.#registry.delete(Secret, { namespace, name }, { preconditions: { uid } }, USER);
    } catch (error) {
      if (!isReason(error, 'NotFound', 'Conflict')) throw error;
    }
  }
}

function accountOf(secret: KubeObject): string | undefined {
  return (secret as Secret).type === TOKEN_TYPE ? secret.metadata.annotations?.[ACCOUNT_NAME] : undefined;
}
