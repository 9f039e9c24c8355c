import { keyText, labels, Secret } from '@kargo/api';
import {
  type CloudIdentities,
  CloudError,
  type Credentials,
  type CredentialsQuery,
  type RepositoryCredentials,
} from '@kargo/integrations';
import type { Log, Reader } from '@kargo/kube';
import { CredentialsError } from './credentials-error.ts';
import { ambientProviders, secretProviders } from './providers.ts';
import { matchRepository } from './repository-match.ts';
import { byName, nameOf } from './secret-data.ts';

export { CredentialsError } from './credentials-error.ts';

/** Where credentials are looked for. */
export interface CredentialsPlaces {
  /** Namespace whose Secrets serve every Project. Absent or empty: there is none. */
  sharedNamespace?: string | undefined;
  /** Further namespaces whose Secrets serve every Project, in the order in which they are searched after the shared one. */
  globalNamespaces?: readonly string[] | undefined;
  /** Whether credentials may be sent over plain HTTP. Default no. */
  allowHTTP?: boolean | undefined;
}

export interface SecretCredentialsDeps extends CredentialsPlaces {
  reader: Pick<Reader, 'list'>;
  /** Reads the cluster that this process runs in, where that is another: searched after everything else, in the same namespaces. */
  local?: Pick<Reader, 'list'> | undefined;
  log: Log;
  /** Token services. Absent: only passwords and keys that Secrets hold themselves are of use. */
  clouds?: CloudIdentities | undefined;
}

/**
 * Credentials from labelled Secrets: those of the Project first, then shared ones, then global ones, and then those of the local cluster in
 * the same order; within a namespace the first by name that matches the repository, exactly or by pattern. Only that Secret counts: one that holds nothing usable fails with
 * {@link CredentialsError}. Without one, who this machine is counts at registries of clouds. Fails with `CloudError` where a token service
 * refuses or is in trouble.
 */
export function secretCredentials(deps: SecretCredentialsDeps): Credentials {
  const find: Credentials['find'] = async (query) => {
    const found = await lookUp(query, deps);
    const { identity, password: refused } = found ?? {};
    if (found === undefined || identity === undefined) return found;
    return { ...found, renew: (signal) => find({ ...query, refused, signal }) };
  };
  return { find };
}

async function lookUp(query: CredentialsQuery, deps: SecretCredentialsDeps): Promise<RepositoryCredentials | undefined> {
  if (isPlainHTTP(query.repoURL) && deps.allowHTTP !== true) return undefined;
  for (const reader of deps.local === undefined ? [deps.reader] : [deps.reader, deps.local]) {
    for (const namespace of namespacesFor(query.project, deps)) {
      const secret = await findIn(namespace, query, { ...deps, reader });
      if (secret !== undefined) return fromSecret(secret, query, deps.clouds);
    }
  }
  return ambient(query, deps);
}

export function isPlainHTTP(url: string): boolean {
  return /^http:\/\//i.test(url);
}

/** Namespaces that are searched for a Project, in order, each once. */
export function namespacesFor(project: string, { sharedNamespace = '', globalNamespaces = [] }: CredentialsPlaces): string[] {
  return [...new Set([project, sharedNamespace, ...globalNamespaces])].filter((namespace) => namespace !== '');
}

async function findIn(
  namespace: string,
  query: CredentialsQuery,
  { reader, log }: SecretCredentialsDeps,
): Promise<Secret | undefined> {
  const { items } = await reader.list(Secret, { namespace, labelSelector: `${labels.credType}=${query.type}` });
  return byName(items).find((secret) => {
    const { matches, broken } = matchRepository(secret, query);
    if (broken !== undefined)
      log.warn({ ...nameOf(secret), error: broken }, 'the repoURL of a credentials Secret is no valid pattern');
    return matches;
  });
}

async function fromSecret(
  secret: Secret,
  query: CredentialsQuery,
  clouds: CloudIdentities | undefined,
): Promise<RepositoryCredentials | undefined> {
  const source = nameOf(secret);
  const provider = secretProviders.find((each) => each.refusal(query, secret) === undefined);
  if (provider === undefined) {
    const ways = secretProviders.map(({ keys }) => keys).join('; or ');
    throw new CredentialsError(
      `Secret ${keyText(source)} matches the repository but holds nothing that can be used for it. Give it ${ways}. ` +
        `Or remove the label ${labels.credType} from it`,
    );
  }
  try {
    const login = await provider.get(query, secret, clouds);
    return login === undefined ? undefined : { ...login, source };
  } catch (error) {
    if (error instanceof CredentialsError)
      throw new CredentialsError(`Secret ${keyText(source)}: ${error.message}`, { cause: error });
    if (!(error instanceof CloudError)) throw error;
    const { code, message, status } = error;
    throw new CloudError(code, `with Secret ${keyText(source)}: ${message}`, { cause: error, status });
  }
}

async function ambient(
  query: CredentialsQuery,
  { clouds, log }: SecretCredentialsDeps,
): Promise<RepositoryCredentials | undefined> {
  const provider = clouds === undefined ? undefined : ambientProviders.find((each) => each.refusal(query) === undefined);
  if (clouds === undefined || provider === undefined) return undefined;
  try {
    return await provider.get(query, clouds);
  } catch (error) {
    if (!(error instanceof CloudError) || error.code !== 'unavailable') throw error;
    log.debug({ repoURL: query.repoURL, why: error.message }, 'there are no credentials of this machine for a repository');
    return undefined;
  }
}
