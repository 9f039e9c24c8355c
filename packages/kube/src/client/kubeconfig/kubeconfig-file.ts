import { parse } from 'yaml';

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
  exec?: ExecEntry;
  'auth-provider'?: { name: string; config?: Record<string, string> };
}

/** One context of a kubeconfig, resolved. */
export interface KubeconfigContext {
  name: string;
  cluster: ClusterEntry;
  user: UserEntry;
  namespace: string;
}

/** What is wrong with a kubeconfig, or with what it names. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError';
}

interface Entry {
  name?: unknown;
}

/** Reads a kubeconfig and resolves one of its contexts: `context`, or the current one. Fails with {@link KubeconfigError}. */
export function parseKubeconfig(text: string, file: string, context?: string): KubeconfigContext {
  let config: unknown;
  try {
    config = parse(text);
  } catch (cause) {
    throw new KubeconfigError(`${file} is not YAML: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (!isRecord(config)) throw new KubeconfigError(`${file} is not a kubeconfig`);
  const name = context ?? textOf(config['current-context']);
  if (name === '') throw new KubeconfigError(`${file} has no current-context: name a context`);
  const chosen = entry(config, 'contexts', 'context', name, file);
  const cluster = entry(config, 'clusters', 'cluster', textOf(chosen['cluster']), file);
  if (textOf(cluster['server']) === '') throw new KubeconfigError(`${file}: cluster ${textOf(chosen['cluster'])} has no server`);
  const user = textOf(chosen['user']);
  return {
    name,
    cluster: cluster as unknown as ClusterEntry,
    user: (user === '' ? {} : entry(config, 'users', 'user', user, file)) as UserEntry,
    namespace: textOf(chosen['namespace']) || 'default',
  };
}

function entry(
  config: Record<string, unknown>,
  list: string,
  field: string,
  name: string,
  file: string,
): Record<string, unknown> {
  const entries = Array.isArray(config[list]) ? (config[list] as unknown[]) : [];
  const found = entries.find(
    (candidate): candidate is Record<string, unknown> & Entry => isRecord(candidate) && candidate['name'] === name,
  );
  const value = found?.[field];
  if (isRecord(value)) return value;
  const known = entries.flatMap((candidate) => (isRecord(candidate) ? [JSON.stringify(candidate['name'])] : [])).join(', ');
  throw new KubeconfigError(`${file}: there is no ${field} named ${JSON.stringify(name)} (known: ${known || 'none'})`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
