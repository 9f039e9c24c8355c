import { createHash } from 'node:crypto';
import { annotations, type Secret } from '@kargo/api';
import {
  azureRegistry,
  type CloudIdentities,
  type CredentialsQuery,
  ecrRegistry,
  isGoogleRegistry,
  type RepositoryCredentials,
} from '@kargo/integrations';
import { CredentialsError } from './credentials-error.ts';
import { dataOf } from './secret-data.ts';

type Login = Omit<RepositoryCredentials, 'source'>;

/** A way to credentials out of a Secret. */
export interface SecretProvider {
  name: string;
  /** The keys it takes, for people. */
  keys: string;
  /** Why it is of no use here; absent if it is of use. */
  refusal(query: CredentialsQuery, secret: Secret): string | undefined;
  /** Absent: the Secret says that this Project gets nothing for this repository. Fails with `CredentialsError` and `CloudError`. */
  get(query: CredentialsQuery, secret: Secret, clouds: CloudIdentities | undefined): Promise<Login | undefined>;
}

/** A way to credentials from who this machine is, where no Secret is about the repository. */
export interface AmbientProvider {
  name: string;
  refusal(query: CredentialsQuery): string | undefined;
  /** Fails with `CloudError`, with `unavailable` if the machine is nobody there. */
  get(query: CredentialsQuery, clouds: CloudIdentities): Promise<Login>;
}

const isHTTP = (url: string): boolean => /^https?:\/\//i.test(url);
/** Images and charts in registries; repositories of charts with an index know no clouds. */
const inRegistry = ({ type, repoURL }: CredentialsQuery): boolean =>
  type === 'image' || (type === 'helm' && /^oci:\/\//i.test(repoURL));

function missing(secret: Secret, ...keys: string[]): string | undefined {
  const absent = keys.filter((key) => (dataOf(secret, key) ?? '') === '');
  return absent.length === 0 ? undefined : `the Secret has no ${absent.join(' and ')}`;
}

function clouded<T>(clouds: T | undefined): T {
  if (clouds === undefined) throw new CredentialsError('this process does not reach token services');
  return clouds;
}

const fingerprint = (...parts: (string | undefined)[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);

const githubApp: SecretProvider = {
  name: 'GitHub App',
  keys: 'githubAppClientID (or githubAppID), githubAppInstallationID and githubAppPrivateKey',
  refusal({ type, repoURL }, secret) {
    const id = dataOf(secret, 'githubAppClientID') || dataOf(secret, 'githubAppID') || '';
    if (id === '') return 'the Secret has no githubAppClientID';
    const absent = missing(secret, 'githubAppInstallationID', 'githubAppPrivateKey');
    if (absent !== undefined) return absent;
    return type === 'git' && isHTTP(repoURL) ? undefined : 'it serves git over HTTP only';
  },
  async get({ project, repoURL, refused, signal }, secret, clouds) {
    if (!mayHave(secret, project, repoURL)) return undefined;
    const issuer = dataOf(secret, 'githubAppClientID') || dataOf(secret, 'githubAppID') || '';
    const installation = dataOf(secret, 'githubAppInstallationID') ?? '';
    const privateKey = dataOf(secret, 'githubAppPrivateKey') ?? '';
    const password = await clouded(clouds).github.token({ issuer, installation, privateKey, repoURL, refused, signal });
    return { username: 'kargo', password, identity: `github ${fingerprint(issuer, installation, privateKey, repoURL)}` };
  },
};

/** Whether the annotation that restricts a Secret lets a Project have a repository. Without one, all may have all. */
function mayHave(secret: Secret, project: string, repoURL: string): boolean {
  const text = secret.metadata.annotations?.[annotations.githubTokenScopes];
  if (text === undefined || text === '') return true;
  const name =
    repoURL
      .replace(/\/$/, '')
      .replace(/\.git$/i, '')
      .split('/')
      .at(-1) ?? '';
  try {
    const scopes: unknown = JSON.parse(text);
    if (typeof scopes !== 'object' || scopes === null || Array.isArray(scopes)) throw new SyntaxError('it is no object');
    const own = Object.hasOwn(scopes, project) ? (scopes as Record<string, unknown>)[project] : [];
    return Array.isArray(own) && own.some((each) => typeof each === 'string' && each.toLowerCase() === name.toLowerCase());
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CredentialsError(
      `its annotation ${annotations.githubTokenScopes} cannot be read: write a JSON object of Projects, each with a list of names of repositories`,
      { cause: error },
    );
  }
}

const ecrKey: SecretProvider = {
  name: 'ECR key',
  keys: 'awsRegion, awsAccessKeyID and awsSecretAccessKey',
  refusal(query, secret) {
    const absent = missing(secret, 'awsAccessKeyID', 'awsSecretAccessKey');
    if (absent !== undefined) return absent;
    return inRegistry(query) && ecrRegistry(query.repoURL) !== undefined ? undefined : 'this is no registry of ECR';
  },
  async get({ repoURL, refused, signal }, secret, clouds) {
    const accessKeyId = dataOf(secret, 'awsAccessKeyID') ?? '';
    const secretAccessKey = dataOf(secret, 'awsSecretAccessKey') ?? '';
    const region = dataOf(secret, 'awsRegion') || ecrRegistry(repoURL)?.region || '';
    const login = await clouded(clouds).ecr.withKey({ accessKeyId, secretAccessKey }, region, { refused, signal });
    return { ...login, identity: `ecr ${fingerprint(accessKeyId, secretAccessKey, region)}` };
  },
};

const garKey: SecretProvider = {
  name: 'Google service account key',
  keys: 'gcpServiceAccountKey',
  refusal(query, secret) {
    const absent = missing(secret, 'gcpServiceAccountKey');
    if (absent !== undefined) return absent;
    return inRegistry(query) && isGoogleRegistry(query.repoURL) ? undefined : 'this is no registry of Google';
  },
  async get({ refused, signal }, secret, clouds) {
    const key = dataOf(secret, 'gcpServiceAccountKey') ?? '';
    return { ...(await clouded(clouds).gar.withKey(key, { refused, signal })), identity: `gar ${fingerprint(key)}` };
  },
};

const KEYS = ['username', 'password', 'sshPrivateKey', 'knownHosts'] as const;

const plain: SecretProvider = {
  name: 'SSH key or password',
  keys: 'username and password, or sshPrivateKey',
  refusal({ type, repoURL }, secret) {
    const [password, key] = [dataOf(secret, 'password') ?? '', dataOf(secret, 'sshPrivateKey') ?? ''];
    if (password === '' && key === '') return 'the Secret has neither username and password nor sshPrivateKey';
    if (password === '' && type !== 'git') return 'an SSH key serves git only';
    return password === '' && isHTTP(repoURL) ? 'an SSH key serves git over SSH only' : undefined;
  },
  get({ type }, secret) {
    const [username, password, key, hosts] = KEYS.map((name) => dataOf(secret, name));
    return Promise.resolve({
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(key === undefined || type !== 'git' ? {} : { sshPrivateKey: key }),
      ...(hosts === undefined || hosts.trim() === '' || type !== 'git' ? {} : { knownHosts: hosts }),
    });
  },
};

/** The first that is of use is taken. */
export const secretProviders: readonly SecretProvider[] = [githubApp, ecrKey, garKey, plain];

const ambientECR: AmbientProvider = {
  name: 'AWS identity of this machine',
  refusal: (query) => (inRegistry(query) && ecrRegistry(query.repoURL) !== undefined ? undefined : 'this is no registry of ECR'),
  async get({ project, repoURL, refused, signal }, { ecr }) {
    const registry = ecrRegistry(repoURL) ?? { account: '', region: '' };
    const login = await ecr.ambient(project, registry, { refused, signal });
    return { ...login, identity: `ecr ambient ${project} ${registry.account} ${registry.region}` };
  },
};

const ambientGAR: AmbientProvider = {
  name: 'Google identity of this machine',
  refusal: (query) => (inRegistry(query) && isGoogleRegistry(query.repoURL) ? undefined : 'this is no registry of Google'),
  get: async ({ project, refused, signal }, { gar }) => ({
    ...(await gar.ambient(project, { refused, signal })),
    identity: `gar ambient ${project}`,
  }),
};

const ambientACR: AmbientProvider = {
  name: 'Azure identity of this machine',
  refusal: (query) =>
    inRegistry(query) && azureRegistry(query.repoURL) !== undefined ? undefined : 'this is no registry of Azure',
  async get({ repoURL, refused, signal }, { acr }) {
    const registry = azureRegistry(repoURL) ?? '';
    return { ...(await acr.ambient(registry, { refused, signal })), identity: `acr ambient ${registry}` };
  },
};

/** The first that is of use is taken. */
export const ambientProviders: readonly AmbientProvider[] = [ambientECR, ambientGAR, ambientACR];
