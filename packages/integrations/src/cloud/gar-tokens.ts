import { createHash } from 'node:crypto';
import type { Clock } from '@kargo/kube';
import { CloudError } from './cloud-error.ts';
import type { RegistryLogin } from './ecr-tokens.ts';
import { type GoogleIdentity, googleKey, type GoogleKey } from './google-identity.ts';
import { TokenCache, type TokenOptions } from './token-cache.ts';

const REGISTRY = /^(?:(?:[a-z0-9-]+\.)?gcr\.io|[a-z0-9-]+-docker\.pkg\.dev)\//;
const USER = 'oauth2accesstoken';
/** How long it is remembered that a project has no account of its own. */
const OWN_FOR = 12 * 3_600_000;

/** Whether a repository is one of Google's registries. `oci://` may stand before it. */
export function isGoogleRegistry(repository: string): boolean {
  return REGISTRY.test(repository.replace(/^oci:\/\//, ''));
}

/** Logins of Google's registries; kept until shortly before they expire. */
export class GarTokens {
  readonly #clock: Clock;
  readonly #identity: GoogleIdentity;
  readonly #cache: TokenCache<string>;
  /** Project → until when it is served by the machine's own account. */
  readonly #withoutAccount = new Map<string, number>();

  constructor({ clock }: { clock: Clock }, identity: GoogleIdentity) {
    this.#clock = clock;
    this.#identity = identity;
    this.#cache = new TokenCache(clock);
  }

  /** With the key of a service account: base64 of the JSON that the cloud hands out. Fails with `CloudError`. */
  async withKey(encoded: string, { refused, signal }: TokenOptions = {}): Promise<RegistryLogin> {
    const key = readKey(encoded);
    const id = createHash('sha256')
      .update(JSON.stringify([key.email, key.pem]))
      .digest('hex');
    const get = () => this.#identity.keyToken(key, signal);
    return { username: USER, password: await this.#cache.get(`key ${id}`, get, (token) => token === refused) };
  }

  /**
   * As this machine: through the service account `kargo-project-PROJECT` of its cloud project, or as its own one where that does not work.
   * Fails with `CloudError`, with `unavailable` if the machine has no identity.
   */
  async ambient(project: string, { refused, signal }: TokenOptions = {}): Promise<RegistryLogin> {
    const own = await this.#identity.token({ refused, signal });
    if ((this.#withoutAccount.get(project) ?? 0) > this.#clock.now()) return { username: USER, password: own };
    const get = async () => {
      const account = `kargo-project-${project}@${await this.#identity.project(signal)}.iam.gserviceaccount.com`;
      return this.#identity.impersonated(account, own, { signal });
    };
    try {
      return { username: USER, password: await this.#cache.get(`project ${project}`, get, (token) => token === refused) };
    } catch (error) {
      if (!(error instanceof CloudError) || error.code === 'aborted') throw error;
      // Trouble that passes says nothing about whether there is such an account.
      if (!error.transient) this.#withoutAccount.set(project, this.#clock.now() + OWN_FOR);
      return { username: USER, password: own };
    }
  }
}

function readKey(encoded: string): GoogleKey {
  try {
    const text = encoded.trimStart().startsWith('{') ? encoded : Buffer.from(encoded, 'base64').toString();
    const json = JSON.parse(text) as Record<string, unknown>;
    const key = googleKey(json);
    if (key !== undefined) return key;
    if (json['type'] === 'external_account')
      throw new CloudError(
        'invalid',
        'gcpServiceAccountKey is a configuration of workload identity federation, which holds no key: it speaks of files and addresses of the machine of Kargo. Let the installation name it by GOOGLE_APPLICATION_CREDENTIALS',
      );
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new CloudError('invalid', 'gcpServiceAccountKey is not base64 of the JSON key of a service account');
}
