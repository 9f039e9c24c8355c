import { readFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { ApiError } from '@kargo/api';
import type { Clock } from '../../ports/clock.ts';
import type { Fetch } from '../http/http-transport.ts';
import { execCredential, type Credential, type RunProgram } from './exec-credentials.ts';
import { KubeconfigError, parseKubeconfigs, type KubeconfigContext, type UserEntry } from './kubeconfig-file.ts';
import { oidcCredentials, saveTokens } from './oidc-credentials.ts';
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
  /** Path of a kubeconfig, or several as in `KUBECONFIG`, which count as one. Relative paths in one start at its folder. */
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
/** Files of certificates are, after this many. */
const FILE_AGE = 60_000;
/** Credentials are renewed this many milliseconds before their end. */
const RENEW_BEFORE = 10_000;

/**
 * Access to the cluster of a kubeconfig: certificates, tokens, token files, basic authentication, credential plugins, tokens of OpenID
 * providers, impersonation, proxies. Files of certificates and tokens are read again, as they are replaced. Fails with
 * {@link KubeconfigError}.
 */
export async function loadKubeconfig(options: KubeconfigOptions): Promise<ClusterAccess> {
  const context = parseKubeconfigs(await readAll(options.file), options.context);
  const { cluster, clusterOrigin, user, userOrigin } = context;
  const read = async (): Promise<TlsMaterial> => ({
    ca: await pemOf(cluster['certificate-authority-data'], cluster['certificate-authority'], clusterOrigin.folder),
    cert: await pemOf(user['client-certificate-data'], user['client-certificate'], userOrigin.folder),
    key: await pemOf(user['client-key-data'], user['client-key'], userOrigin.folder),
    serverName: cluster['tls-server-name'],
    insecure: cluster['insecure-skip-tls-verify'],
  });
  const proxy = proxyFor(cluster.server, cluster['proxy-url'], options.env ?? {});
  const tls = await reloaded(options.clock, read);
  return accessWith(context, { tls, proxy, credentials: await credentialsOf(context, userOrigin.folder, options) });
}

/**
 * Access to the cluster of a kubeconfig that is given as text, by somebody who must not have files of this machine read or programs run:
 * whatever names any is refused. `origin` is how messages call it. Fails with {@link KubeconfigError}.
 */
export async function kubeconfigAccess(options: {
  text: string;
  origin: string;
  clock: Clock;
  env?: Readonly<Record<string, string | undefined>> | undefined;
}): Promise<ClusterAccess> {
  const { text, origin, clock, env = {} } = options;
  const context = parseKubeconfigs([{ text, file: origin }]);
  const { cluster, user } = context;
  const entries: Readonly<Record<string, unknown>> = { ...cluster, ...user };
  const local = LOCAL_ENTRIES.find((name) => entries[name] !== undefined && entries[name] !== '');
  if (local !== undefined)
    throw new KubeconfigError(`${origin} must hold everything itself: ${local} names something of the machine it was made on`);
  const material: TlsMaterial = {
    ca: await pemOf(cluster['certificate-authority-data'], undefined, ''),
    cert: await pemOf(user['client-certificate-data'], undefined, ''),
    key: await pemOf(user['client-key-data'], undefined, ''),
    serverName: cluster['tls-server-name'],
    insecure: cluster['insecure-skip-tls-verify'],
  };
  return accessWith(context, {
    tls: { current: () => Promise.resolve(material), expire: () => undefined },
    proxy: proxyFor(cluster.server, cluster['proxy-url'], env),
    credentials: await credentialsOf(context, '', { clock }),
  });
}

/** Entries of kubeconfigs by which files are read or programs run. */
const LOCAL_ENTRIES = [
  'certificate-authority',
  'client-certificate',
  'client-key',
  'tokenFile',
  'exec',
  'auth-provider',
] as const;

/** The files of a list. Of several, some may be missing, as kubectl has it. */
async function readAll(list: string): Promise<{ text: string; file: string }[]> {
  const files = [...new Set(list.split(delimiter).filter((file) => file !== ''))].map((file) => resolve(file));
  const found: { text: string; file: string }[] = [];
  for (const file of files)
    try {
      found.push({ text: await readText(file), file });
    } catch (error) {
      const isMissing = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
      if (files.length === 1 || !isMissing) throw error;
    }
  if (found.length === 0) throw new KubeconfigError(`reading ${list}: none of these files exists`);
  return found;
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
  const origin = { file: folder, folder };
  const context: KubeconfigContext = {
    name: 'in-cluster',
    cluster: { server },
    clusterOrigin: origin,
    user,
    userName: 'in-cluster',
    userOrigin: origin,
    namespace,
  };
  return accessWith(context, {
    tls: await reloaded(clock, async () => ({ ca: await readText(join(folder, 'ca.crt')) })),
    proxy: undefined,
    credentials: await credentialsOf(context, folder, { clock }),
  });
}

/** A credential, new after `renew` was called. */
interface Credentials {
  current(): Promise<Credential & { basic?: string | undefined }>;
  /** Whether another credential may be had. */
  renew(): boolean;
}

async function credentialsOf(
  { cluster, user, userName, userOrigin }: KubeconfigContext,
  folder: string,
  { clock, run, env = {} }: Pick<KubeconfigOptions, 'clock' | 'run' | 'env'>,
): Promise<Credentials> {
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
  const provider = user['auth-provider'];
  if (provider !== undefined && (user.token ?? '') === '') {
    if (provider.name !== 'oidc')
      throw new KubeconfigError(
        `user ${userName} signs in through the auth-provider ${provider.name}, which kubectl knows no more: use a credential plugin (exec)`,
      );
    const settings = provider.config ?? {};
    const issuer = settings['idp-issuer-url'] ?? '';
    const ca = await pemOf(settings['idp-certificate-authority-data'], settings['idp-certificate-authority'], folder);
    const proxy = URL.canParse(issuer) ? proxyFor(issuer, undefined, env) : undefined;
    const save = (tokens: Record<string, string>): Promise<void> => saveTokens(userOrigin.file, userName, tokens);
    return renewable(clock, oidcCredentials(settings, { clock, ca, proxy, save }));
  }
  const { token } = user;
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

/** Certificates that are read again when they are old, or were not accepted. */
interface Reloaded {
  current(): Promise<TlsMaterial>;
  /** Has them read again with the next request. */
  expire(): void;
}

/** Reads once, so that what is wrong at the start is told at the start. What cannot be read later leaves what is known. */
async function reloaded(clock: Clock, read: () => Promise<TlsMaterial>): Promise<Reloaded> {
  let known = await read();
  let until = clock.now() + FILE_AGE;
  return {
    current: async () => {
      if (clock.now() < until) return known;
      until = clock.now() + FILE_AGE;
      // Two files that belong together are not replaced in the same instant: the next reading has both.
      known = await read().catch(() => known);
      return known;
    },
    expire: () => {
      until = 0;
    },
  };
}

function accessWith(
  { cluster, user, namespace }: KubeconfigContext,
  { tls, proxy, credentials }: { tls: Reloaded; proxy: URL | undefined; credentials: Credentials },
): ClusterAccess {
  const own = transports(proxy);
  const foreign = transports(proxy);
  const send = async (url: string, init: RequestInit): Promise<Response> => {
    const material = await tls.current();
    const credential = await credentials.current().catch((cause: unknown) => {
      throw cause instanceof KubeconfigError ? new ApiError('Unauthorized', cause.message, { cause }) : cause;
    });
    const headers = new Headers(init.headers);
    if (credential.token !== undefined && credential.token !== '') headers.set('authorization', `Bearer ${credential.token}`);
    else if (credential.basic !== undefined) headers.set('authorization', `Basic ${credential.basic}`);
    if (user.as !== undefined) headers.set('impersonate-user', user.as);
    if (user['as-uid'] !== undefined) headers.set('impersonate-uid', user['as-uid']);
    for (const group of user['as-groups'] ?? []) headers.append('impersonate-group', group);
    for (const [name, values] of Object.entries(user['as-user-extra'] ?? {}))
      for (const value of values) headers.append(`impersonate-extra-${encodeURIComponent(name.toLowerCase())}`, value);
    // Plugins may bring another certificate each time; connections are bound to one.
    const { cert, key } = credential;
    return own.use(cert === undefined ? material : { ...material, cert, key })(url, { ...init, headers });
  };
  const trusting = async (request: () => Promise<Response>): Promise<Response> => {
    try {
      return await request();
    } catch (error) {
      // The certificates of either side may have been replaced.
      if (error instanceof Error && /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED)/.test(codeOf(error))) tls.expire();
      throw error;
    }
  };
  return {
    baseURL: cluster.server,
    namespace,
    bearerToken: async () => {
      const { token } = await credentials.current();
      return token === '' ? undefined : token;
    },
    fetch: async (url, init) => {
      const response = await trusting(() => send(url, init));
      if (response.status !== 401 || !credentials.renew()) return response;
      await response.body?.cancel();
      return trusting(() => send(url, init));
    },
    forToken: (token) => (url, init) =>
      trusting(async () => {
        // A certificate of this process would count more than the token.
        const material = { ...(await tls.current()), cert: undefined, key: undefined };
        const headers = new Headers(init.headers);
        headers.set('authorization', `Bearer ${token}`);
        return foreign.use(material)(url, { ...init, headers });
      }),
    close: () => {
      own.close();
      foreign.close();
    },
  };
}

function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}

/** Connections by certificates: those of other ones end when new ones come. */
function transports(proxy: URL | undefined): { use: (material: TlsMaterial) => Fetch; close: () => void } {
  let transport: { fetch: Fetch; close: () => void; id: string } | undefined;
  return {
    use: (material) => {
      const id = JSON.stringify([material.ca, material.cert, material.key]);
      if (transport?.id !== id) {
        transport?.close();
        transport = { ...tlsFetch({ tls: material, proxy }), id };
      }
      return transport.fetch;
    },
    close: () => transport?.close(),
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
