/** Clusters that Applications may be deployed to: Secrets in the namespace of Argo CD, labelled as Argo CD has them. */
import { Secret } from '@kargo/api';
import type { Cache } from '@kargo/kube';

const TYPE_LABEL = 'argocd.argoproj.io/secret-type';

/** A cluster that somebody has registered. */
export interface Registration {
  /** Changes when the Secret does. */
  version: string;
  /** How messages call it. */
  origin: string;
  name: string;
  server: string;
  /** The one Argo CD project whose Applications may use it. */
  project: string | undefined;
  /** How it is reached, or what is wrong. */
  access: { kubeconfig: string } | { problem: string };
}

/** All clusters that are registered, by name of their Secrets. */
export function registrations(cache: Cache, namespace: string): Registration[] {
  return cache.list(Secret, { namespace, labelSelector: `${TYPE_LABEL}=cluster` }).map(registrationOf);
}

/** Whether a Secret registers a cluster. */
export function registersCluster({ metadata }: Secret): boolean {
  return metadata.labels?.[TYPE_LABEL] === 'cluster';
}

function registrationOf({ metadata, data = {} }: Secret): Registration {
  const text = (field: string): string => Buffer.from(data[field] ?? '', 'base64').toString();
  const name = text('name') || (metadata.name ?? '');
  const kubeconfig = text('kubeconfig');
  const server = text('server');
  const origin = `Secret ${metadata.namespace}/${metadata.name}`;
  return {
    version: `${metadata.uid}/${metadata.resourceVersion}`,
    origin,
    name,
    server,
    project: text('project') || undefined,
    access: kubeconfig === '' ? fromConfig(server, text('config'), origin) : { kubeconfig },
  };
}

/** What Argo CD keeps of a cluster. */
interface ClusterConfig {
  username?: string;
  password?: string;
  bearerToken?: string;
  proxyUrl?: string;
  tlsClientConfig?: { insecure?: boolean; serverName?: string; caData?: string; certData?: string; keyData?: string };
  awsAuthConfig?: unknown;
  execProviderConfig?: unknown;
}

function fromConfig(server: string, text: string, origin: string): Registration['access'] {
  if (server === '') return { problem: `${origin} names no server` };
  let config: ClusterConfig;
  try {
    config = (text === '' ? {} : JSON.parse(text)) as ClusterConfig;
  } catch {
    // What stands there may be half a secret.
    return { problem: `the config of ${origin} is not JSON` };
  }
  if (config.awsAuthConfig !== undefined || config.execProviderConfig !== undefined)
    return {
      problem: `${origin} wants a program to be run for its credentials, which is not done here: give it a token or a certificate`,
    };
  const { tlsClientConfig: tls = {} } = config;
  const cluster = {
    server,
    'certificate-authority-data': tls.caData,
    'insecure-skip-tls-verify': tls.insecure,
    'tls-server-name': tls.serverName,
    'proxy-url': config.proxyUrl,
  };
  const user = {
    token: config.bearerToken,
    username: config.username,
    password: config.password,
    'client-certificate-data': tls.certData,
    'client-key-data': tls.keyData,
  };
  return {
    kubeconfig: JSON.stringify({
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user }],
    }),
  };
}
