import { dirname } from 'node:path';
import { parse, YAMLParseError } from 'yaml';

export interface ClusterEntry {
  server: string;
  'certificate-authority'?: string;
  'certificate-authority-data'?: string;
  'insecure-skip-tls-verify'?: boolean;
  'tls-server-name'?: string;
  'proxy-url'?: string;
}

export interface ExecEntry {
  apiVersion: string;
  command: string;
  args?: string[] | null;
  env?: { name: string; value: string }[] | null;
  installHint?: string;
  provideClusterInfo?: boolean;
}

export interface UserEntry {
  'client-certificate'?: string;
  'client-certificate-data'?: string;
  'client-key'?: string;
  'client-key-data'?: string;
  token?: string;
  tokenFile?: string;
  username?: string;
  password?: string;
  as?: string;
  'as-groups'?: string[];
  'as-uid'?: string;
  'as-user-extra'?: Record<string, string[]>;
  exec?: ExecEntry;
  'auth-provider'?: { name: string; config?: Record<string, string> };
}

/** Where an entry of a kubeconfig was found. Relative paths in it start at the folder. */
export interface Origin {
  file: string;
  folder: string;
}

/** One context of a kubeconfig, resolved. */
export interface KubeconfigContext {
  name: string;
  cluster: ClusterEntry;
  clusterOrigin: Origin;
  user: UserEntry;
  userName: string;
  userOrigin: Origin;
  namespace: string;
}

/** What is wrong with a kubeconfig, or with what it names. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError';
}

interface Document {
  file: string;
  config: Record<string, unknown>;
}

/**
 * Reads kubeconfigs as one and resolves a context: `context`, or the current one. Of several entries of a name the first counts, as does
 * the first file that names a current context. Fails with {@link KubeconfigError}.
 */
export function parseKubeconfigs(files: readonly { text: string; file: string }[], context?: string): KubeconfigContext {
  const documents = files.map(({ text, file }) => ({ file, config: documentOf(text, file) }));
  const all = documents.map(({ file }) => file).join(', ');
  const name = context ?? documents.map(({ config }) => textOf(config['current-context'])).find((text) => text !== '') ?? '';
  if (name === '') throw new KubeconfigError(`${all} has no current-context: name a context`);
  const chosen = entry(documents, 'contexts', 'context', name);
  const clusterName = textOf(chosen.value['cluster']);
  const cluster = entry(documents, 'clusters', 'cluster', clusterName);
  if (textOf(cluster.value['server']) === '')
    throw new KubeconfigError(`${cluster.origin.file}: cluster ${clusterName} has no server`);
  const userName = textOf(chosen.value['user']);
  const user = userName === '' ? { value: {}, origin: chosen.origin } : entry(documents, 'users', 'user', userName);
  return {
    name,
    cluster: cluster.value as unknown as ClusterEntry,
    clusterOrigin: cluster.origin,
    user: user.value as UserEntry,
    userName,
    userOrigin: user.origin,
    namespace: textOf(chosen.value['namespace']) || 'default',
  };
}

function documentOf(text: string, file: string): Record<string, unknown> {
  let config: unknown;
  try {
    config = parse(text);
  } catch (error) {
    // The parser's own words quote what stands there, which may be a credential; so the error is not kept as a cause either.
    const [at] = (error instanceof YAMLParseError ? error.linePos : undefined) ?? [];
    throw new KubeconfigError(`${file} is not YAML${at === undefined ? '' : `: see line ${at.line}, column ${at.col}`}`);
  }
  if (!isRecord(config)) throw new KubeconfigError(`${file} is not a kubeconfig`);
  return config;
}

function entry(
  documents: readonly Document[],
  list: string,
  field: string,
  name: string,
): { value: Record<string, unknown>; origin: Origin } {
  const known: string[] = [];
  for (const { file, config } of documents)
    for (const candidate of Array.isArray(config[list]) ? (config[list] as unknown[]) : []) {
      if (!isRecord(candidate)) continue;
      const value = candidate[field];
      if (candidate['name'] === name && isRecord(value)) return { value, origin: { file, folder: dirname(file) } };
      known.push(JSON.stringify(candidate['name']));
    }
  const all = documents.map(({ file }) => file).join(', ');
  throw new KubeconfigError(`${all}: there is no ${field} named ${JSON.stringify(name)} (known: ${known.join(', ') || 'none'})`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
