import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ApiError } from '@kargo/api';
import type { Clock } from '../../ports/clock.ts';
import type { Fetch } from '../http/http-transport.ts';
import { execCredential, type Credential, type RunProgram } from './exec-credentials.ts';
import { KubeconfigError, parseKubeconfig, type KubeconfigContext, type UserEntry } from './kubeconfig-file.ts';
import { proxyFor } from './proxy.ts';
import { tlsFetch, type TlsMaterial } from './tls-fetch.ts';

/** How to reach a cluster: give it to {@link httpClient}. */
export interface ClusterAccess {
  baseURL: string;
  /** Proves itself to the server; renews its credentials when they end or are refused. */
  fetch: Fetch;
  /** Reaches the same server, but proves itself with nothing but a token of somebody else. */
  forToken(token: string): Fetch;
  /** The namespace to use where none is named. */
  namespace: string;
  /** The bearer token that the next request would carry; undefined where it proves itself in another way. */
  bearerToken(): Promise<string | undefined>;
  /** Ends all connections. */
  close(): void;
}

export interface KubeconfigOptions {
  /** Path of a kubeconfig. Relative paths in it start at its folder. */
  file: string;
  /** Default: the current one. */
  context?: string | undefined;
  clock: Clock;
  /** Runs credential plugins; without it, users that need one are refused. */
  run?: RunProgram | undefined;
  /** Names proxies, as `HTTPS_PROXY` and `NO_PROXY` do. */
  env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Files of tokens are read again after this many milliseconds: they are replaced before they end. */
const TOKEN_FILE_AGE = 60_000;
/** Credentials are renewed this many milliseconds before their end. */
const RENEW_BEFORE = 10_000;

/**
 * Access to the cluster of a kubeconfig: certificates, tokens, token files, basic authentication, credential plugins, tokens of OpenID
 * providers while they last, impersonation, proxies. Fails with {@link KubeconfigError}.
 */
export async function loadKubeconfig(options: KubeconfigOptions): Promise<ClusterAccess> {
  const file = resolve(options.file);
  const context = parseKubeconfig(await readText(file), file, options.context);
  const folder = dirname(file);
  const { cluster, user } = context;
  const tls: TlsMaterial = {
    ca: await pemOf(cluster['certificate-authority-data'], cluster['certificate-authority'], folder),
    cert: await pemOf(user['client-certificate-data'], user['client-certificate'], folder),
    key: await pemOf(user['client-key-data'], user['client-key'], folder),
    serverName: cluster['tls-server-name'],
    insecure: cluster['insecure-skip-tls-verify'],
  };
  const given = cluster['proxy-url'];
  const proxy = proxyFor(
    cluster.server,
    given === undefined || given === '' ? (options.env ?? {}) : { HTTPS_PROXY: given, HTTP_PROXY: given },
  );
  return accessWith(context, { tls, proxy, credentials: credentialsOf(context, folder, options) });
}

export interface InClusterOptions {
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  /** Where the ServiceAccount of a pod is mounted. */
  folder?: string | undefined;
}

/** Access from a pod to its own cluster, with its ServiceAccount. Fails with {@link KubeconfigError} outside of a cluster. */
export async function inClusterAccess({
  env,
  clock,
  folder = '/var/run/secrets/kubernetes.io/serviceaccount',
}: InClusterOptions): Promise<ClusterAccess> {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443';
  if (host === '')
    throw new KubeconfigError('this process does not run in a cluster, as KUBERNETES_SERVICE_HOST is not set: name a kubeconfig');
  const namespace = (await readText(join(folder, 'namespace'))).trim();
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const user: UserEntry = { tokenFile: join(folder, 'token') };
  const context: KubeconfigContext = { name: 'in-cluster', cluster: { server }, user, namespace };
  return accessWith(context, {
    tls: { ca: await readText(join(folder, 'ca.crt')) },
    proxy: undefined,
    credentials: credentialsOf(context, folder, { clock }),
  });
}

/** A credential, new after `renew` was called. */
interface Credentials {
  current(): Promise<Credential & { basic?: string | undefined }>;
  /** Whether another credential may be had. */
  renew(): boolean;
}

function credentialsOf(
  { cluster, user }: KubeconfigContext,
  folder: string,
  { clock, run }: Pick<KubeconfigOptions, 'clock' | 'run'>,
): Credentials {
  const { exec, tokenFile, username, password = '' } = user;
  if (exec !== undefined) {
    if (run === undefined)
      throw new KubeconfigError(`the kubeconfig needs the credential plugin ${exec.command}, which cannot be run here`);
    const command = /^\.{0,2}\//.test(exec.command) ? resolve(folder, exec.command) : exec.command;
    return renewable(clock, () => execCredential({ ...exec, command }, { cluster, clock, run }));
  }
  if (tokenFile !== undefined && tokenFile !== '')
    return renewable(clock, async () => ({
      token: (await readText(resolve(folder, tokenFile))).trim(),
      expires: clock.now() + TOKEN_FILE_AGE + RENEW_BEFORE,
    }));
  const token = user.token ?? user['auth-provider']?.config?.['id-token'];
  const basic = username === undefined || username === '' ? undefined : Buffer.from(`${username}:${password}`).toString('base64');
  return { current: () => Promise.resolve({ token, basic }), renew: () => false };
}

function renewable(clock: Clock, get: () => Promise<Credential>): Credentials {
  let known: Promise<Credential> | undefined;
  let expires = 0;
  return {
    current: async () => {
      if (known !== undefined && clock.now() < expires) return known;
      expires = Infinity;
      known = get();
      try {
        const credential = await known;
        expires = (credential.expires ?? Infinity) - RENEW_BEFORE;
        return credential;
      } catch (error) {
        known = undefined;
        throw error;
      }
    },
    renew: () => {
      known = undefined;
      return true;
    },
  };
}

function accessWith(
  { cluster, user, namespace }: KubeconfigContext,
  { tls, proxy, credentials }: { tls: TlsMaterial; proxy: URL | undefined; credentials: Credentials },
): ClusterAccess {
  let transport: { fetch: Fetch; close: () => void; cert: string | undefined } | undefined;
  let anonymous: { fetch: Fetch; close: () => void } | undefined;
  const transportFor = ({ cert, key }: Credential): Fetch => {
    // Plugins may bring another certificate each time; connections are bound to one.
    if (transport === undefined || transport.cert !== cert) {
      transport?.close();
      transport = { ...tlsFetch({ tls: cert === undefined ? tls : { ...tls, cert, key }, proxy }), cert };
    }
    return transport.fetch;
  };
  const send = async (url: string, init: RequestInit): Promise<Response> => {
    const credential = await credentials.current().catch((cause: unknown) => {
      throw cause instanceof KubeconfigError ? new ApiError('Unauthorized', cause.message, { cause }) : cause;
    });
    const headers = new Headers(init.headers);
    if (credential.token !== undefined && credential.token !== '') headers.set('authorization', `Bearer ${credential.token}`);
    else if (credential.basic !== undefined) headers.set('authorization', `Basic ${credential.basic}`);
    if (user.as !== undefined) headers.set('impersonate-user', user.as);
    if (user['as-uid'] !== undefined) headers.set('impersonate-uid', user['as-uid']);
    for (const group of user['as-groups'] ?? []) headers.append('impersonate-group', group);
    return transportFor(credential)(url, { ...init, headers });
  };
  return {
    baseURL: cluster.server,
    namespace,
    bearerToken: async () => {
      const { token } = await credentials.current();
      return token === '' ? undefined : token;
    },
    fetch: async (url, init) => {
      const response = await send(url, init);
      if (response.status !== 401 || !credentials.renew()) return response;
      await response.body?.cancel();
      return send(url, init);
    },
    forToken: (token) => {
      // A certificate of this process would count more than the token.
      anonymous ??= tlsFetch({ tls: { ...tls, cert: undefined, key: undefined }, proxy });
      const { fetch } = anonymous;
      return (url, init) => {
        const headers = new Headers(init.headers);
        headers.set('authorization', `Bearer ${token}`);
        return fetch(url, { ...init, headers });
      };
    },
    close: () => {
      transport?.close();
      anonymous?.close();
    },
  };
}

async function pemOf(data: string | undefined, file: string | undefined, folder: string): Promise<string | undefined> {
  if (data !== undefined && data !== '') return Buffer.from(data, 'base64').toString();
  return file === undefined || file === '' ? undefined : readText(resolve(folder, file));
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new KubeconfigError(`reading ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
