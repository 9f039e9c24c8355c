import { keyText, labels, normalizeChartURL, normalizeGitURL, normalizeImageURL, Secret } from '@kargo/api';
import { compileRE2, ParseError } from '@kargo/gocompat';
import type { Credentials, RepositoryCredentials } from '@kargo/integrations';
import type { Log, Reader } from '@kargo/kube';

export interface SecretCredentialsDeps {
  reader: Pick<Reader, 'list'>;
  log: Log;
  /** Namespace whose Secrets serve every Project. Absent or empty: there is none. */
  sharedNamespace?: string | undefined;
  /** Whether credentials may be sent over plain HTTP. Default no. */
  allowHTTP?: boolean | undefined;
}

type Query = Parameters<Credentials['find']>[0];

const NORMALIZE: Record<Query['type'], (url: string) => string> = {
  git: normalizeGitURL,
  helm: normalizeChartURL,
  image: normalizeImageURL,
};

/**
 * Credentials from labelled Secrets: those of the Project first, then shared ones; within a namespace the first by name that matches the
 * repository, exactly or by pattern. Only that Secret counts: one that holds nothing usable fails with {@link CredentialsError}.
 */
export function secretCredentials(deps: SecretCredentialsDeps): Credentials {
  return {
    async find(query) {
      if (/^http:\/\//i.test(query.repoURL) && deps.allowHTTP !== true) return undefined;
      const shared = deps.sharedNamespace ?? '';
      for (const namespace of shared === '' ? [query.project] : [query.project, shared]) {
        const secret = await findIn(namespace, query, deps);
        if (secret !== undefined) return credentialsOf(secret);
      }
      return undefined;
    },
  };
}

/** A Secret that matches a repository but cannot be used for it. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
  readonly code = 'UnusableSecret';
}

async function findIn(namespace: string, query: Query, { reader, log }: SecretCredentialsDeps): Promise<Secret | undefined> {
  const { items } = await reader.list(Secret, { namespace, labelSelector: `${labels.credType}=${query.type}` });
  return items
    .toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))
    .find((secret) => matches(secret, query, log));
}

function matches(secret: Secret, { type, repoURL }: Query, log: Log): boolean {
  const pattern = dataOf(secret, 'repoURL');
  if (pattern === undefined || pattern === '') return false;
  const normalize = NORMALIZE[type];
  if (dataOf(secret, 'repoURLIsRegex') !== 'true') return normalize(pattern) === normalize(repoURL);
  try {
    const regex = compileRE2(pattern);
    return regex.test(repoURL) || regex.test(normalize(repoURL));
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const { namespace, name } = secret.metadata;
    log.warn({ namespace, secret: name, error: error.message }, 'the repoURL of a credentials Secret is no valid pattern');
    return false;
  }
}

function credentialsOf(secret: Secret): RepositoryCredentials {
  const source = { namespace: secret.metadata.namespace ?? '', name: secret.metadata.name ?? '' };
  const username = dataOf(secret, 'username');
  const password = dataOf(secret, 'password');
  const sshPrivateKey = dataOf(secret, 'sshPrivateKey');
  if (password === undefined && sshPrivateKey === undefined)
    throw new CredentialsError(
      `Secret ${keyText(source)} matches the repository but holds neither username and password nor sshPrivateKey; other kinds of ` +
        'credentials are not supported yet. Add one of them, or remove the label kargo.akuity.io/cred-type from the Secret',
    );
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(sshPrivateKey === undefined ? {} : { sshPrivateKey }),
    source,
  };
}

function dataOf(secret: Secret, key: string): string | undefined {
  const plain = secret.stringData?.[key];
  if (plain !== undefined) return plain;
  const encoded = secret.data?.[key];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
}
