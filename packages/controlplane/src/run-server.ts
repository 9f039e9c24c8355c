import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { CLIENT_VERSION } from '@kargo/cli';
import { parseDuration } from '@kargo/gocompat';
import { realProcesses } from '@kargo/integrations';
import { httpClient, systemClock, systemRandom, type Client, type Log, type UserInfo } from '@kargo/kube';
import { clusterJobLogs } from '@kargo/analysis';
import { boundedAuditTrail, createMetrics, createRestServer, memoryAuditTrail, sharedAuditTrail } from '@kargo/server';
import { clusterAuthorizer, clusterTokens } from './cluster-authority.ts';
import { connectToCluster, type ClusterConnection, type ClusterOptions, type Environment } from './cluster-client.ts';
import { buildInfo } from './build-info.ts';
import { loadCertificate } from './certificates/certificate.ts';
import { readCertificate } from './certificates/given-certificate.ts';
import { ConfigError, tlsFiles, type UpConfig } from './config.ts';
import { lockDataFolder } from './data-lock.ts';
import { cliPackageAt } from './cli-package.ts';
import { installationAt } from './installation.ts';
import { ListenError } from './listener.ts';
import { podLogsOf } from './pod-logs.ts';
import { createOutside } from './outside.ts';
import { createPreviewer } from './previewer.ts';
import { dexProxy, dexSettings, isForDex } from './serving/dex-proxy.ts';
import { InFlight } from './serving/in-flight.ts';
import { MAX_CONNECTIONS, RECEIVING } from './serving/receiving.ts';
import { listenForMetrics } from './serving/metrics-listener.ts';
import { measuredProcesses, startObservability } from './serving/observability.ts';
import { restSettings, servingSettings } from './serving/settings.ts';

/** The built web UI. */
const DASHBOARD = installationAt(import.meta.dirname).dashboard;

/** Everything that `kargo server` can be told. */
export interface ServerConfig extends Omit<UpConfig, 'jobExecutor' | 'controllers'>, ClusterOptions {
  /** Namespace of the installation. */
  namespace: string;
  systemNamespace: string;
  /** For one person at their own machine: nobody has to sign in, and everything is done with the rights of the kubeconfig. */
  isLocal?: boolean | undefined;
}

/**
 * Serves the REST API and the UI over the API of a cluster until the signal aborts. People with tokens of the cluster are served with
 * their own token; what others may do, the cluster decides by SubjectAccessReview. Fails with `KubeconfigError`, `ConfigError`,
 * `ListenError` or `DataFolderInUseError`.
 */
export async function runServer(
  { config, log, env, onListening }: { config: ServerConfig; log: Log; env: Environment; onListening?: (port: number) => void },
  signal: AbortSignal,
): Promise<void> {
  const clock = systemClock;
  const random = systemRandom;
  const data = resolve(config.data);
  const undo: (() => unknown)[] = [await lockDataFolder(data)];
  try {
    const { isLocal = false } = config;
    const serving = servingSettings(env);
    const dex = isLocal ? undefined : await dexSettings(env);
    const tls = isLocal ? undefined : await certificateOf({ env, data, tlsOnly: serving.tlsOnly, host: config.host });
    const connection = await connectToCluster(config, env);
    const { client } = connection;
    undo.push(() => connection.access.close());
    const users = tokenClients(connection, clusterTokens(client, clock));
    const metrics = createMetrics();
    const auditLog = log.child({ component: 'audit' });
    const kept = isLocal
      ? memoryAuditTrail()
      : sharedAuditTrail({ client, namespace: config.namespace, clock, random, log: auditLog, ...serving.audit });
    const audit = boundedAuditTrail(kept, { clock, random });
    undo.push(() => audit.flush());
    const processes = measuredProcesses(realProcesses({ helper: true }), metrics, clock);
    const outside = await createOutside({ config, data, processes, clock, log, client });
    let notReady: readonly string[] = ['the server is starting'];
    const rest = createRestServer({
      client: users.client,
      privileged: client,
      dashboard: DASHBOARD,
      cliPackage: cliPackageAt(import.meta.dirname),
      authorizer: clusterAuthorizer(client, clock),
      namespaces: { kargo: config.namespace, system: config.systemNamespace, shared: config.sharedNamespace },
      argocdShards: argocdShards(env['ARGOCD_URLS'] ?? '', config.argoCDNamespace),
      defaultController: env['DEFAULT_CONTROLLER_NAME'] ?? '',
      analysis: config.integrations?.rollouts ?? true,
      version: buildInfo(import.meta.dirname, { processes, clock, env }),
      jobLogs: clusterJobLogs({ reader: client, podLogs: podLogsOf(connection.access) }),
      preview: await createPreviewer({ outside, config, client, clock, random }),
      clock,
      random,
      log: log.child({ component: 'server' }),
      auth: isLocal
        ? { skip: true }
        : {
            ...adminOf(env),
            reviewToken: users.reviewToken,
            oidc: serving.oidc,
            globalServiceAccountNamespaces: serving.globalServiceAccountNamespaces,
          },
      ...restSettings({ ...serving, tlsOnly: tls !== undefined }),
      ...(isLocal ? { secretManagement: false } : {}),
      audit,
      metrics: metrics.rest,
      notReady: () => notReady,
    });
    undo.push(() => rest.close());
    await rest.ready();
    if (!isLocal) {
      const observability = await startObservability({
        client,
        clock,
        log: log.child({ component: 'observability' }),
        metrics,
        traces: serving.traces,
        version: CLIENT_VERSION,
      });
      undo.push(() => observability.stop());
    }
    if (serving.metricsAddress !== undefined) {
      const measured = await listenForMetrics(serving.metricsAddress, metrics.rest.exposition, log);
      log.info({ port: measured.port }, 'metrics are served');
      undo.push(() => measured.close());
    }
    const inFlight = new InFlight();
    const broker = dex === undefined ? undefined : dexProxy(dex);
    const handle: RequestListener = (request, response) => {
      inFlight.track(response);
      if (broker !== undefined && isForDex(request.url ?? '', serving.basePath)) broker(request, response);
      else rest.routing(request, response);
    };
    const { host, port } = config;
    const server = tls === undefined ? createHttpServer(RECEIVING, handle) : createHttpsServer({ ...RECEIVING, ...tls }, handle);
    server.maxConnections = MAX_CONNECTIONS;
    await new Promise<void>((settle, reject) => {
      server.once('error', (error) =>
        reject(new ListenError(`listening on ${host}:${port}: ${error.message}`, { cause: error })),
      );
      server.listen(port, host, settle);
    });
    undo.push(async () => {
      notReady = ['the server is stopping'];
      const ended = new Promise<void>((settle) => server.close(() => settle()));
      await inFlight.settled(serving.grace, clock);
      server.closeAllConnections();
      await ended;
    });
    const bound = (server.address() as AddressInfo).port;
    log.info({ port: bound }, 'the REST API is listening');
    notReady = [];
    onListening?.(bound);
    await new Promise<void>((settle) => {
      if (signal.aborted) settle();
      signal.addEventListener('abort', () => settle(), { once: true });
    });
  } finally {
    for (const step of undo.toReversed()) await step();
  }
}

/** The certificate to present: a given one, or, where TLS is switched on without one, one that is made. None: plain HTTP. */
async function certificateOf({
  env,
  data,
  tlsOnly,
  host,
}: {
  env: Environment;
  data: string;
  tlsOnly: boolean;
  host: string;
}): Promise<{ key: string; cert: string } | undefined> {
  const files = tlsFiles(env);
  if (env['TLS_ENABLED'] === 'false') return undefined;
  if (files !== undefined) return readCertificate(files);
  if (!tlsOnly) return undefined;
  const names = ['127.0.0.1', '::1', 'localhost', ['0.0.0.0', '::'].includes(host) ? hostname() : host];
  return loadCertificate(data, [...new Set(names)], systemClock.now());
}

/**
 * Clients that act for people of the cluster: each with the token that the person came with. So this server needs no right to act as
 * others, and the cluster sees who it is.
 */
function tokenClients(
  { access }: ClusterConnection,
  review: (token: string) => Promise<UserInfo | undefined>,
): { client: (user: UserInfo) => Client; reviewToken: (token: string) => Promise<UserInfo | undefined> } {
  const tokens = new WeakMap<UserInfo, string>();
  return {
    reviewToken: async (token) => {
      const found = await review(token);
      if (found === undefined) return undefined;
      // A user of one request: the same person may come with another token next time.
      const user = { ...found };
      tokens.set(user, token);
      return user;
    },
    client: (user) => {
      const token = tokens.get(user);
      if (token === undefined) throw new Error('programmer error: a user of the cluster without a token');
      return httpClient({ baseURL: access.baseURL, fetch: access.forToken(token), clock: systemClock });
    },
  };
}

interface AdminAccount {
  adminPasswordHash?: string;
  tokenSigningKey?: string;
  ttl?: number;
  issuer?: string;
  audience?: string;
}

/** The administrator's account, if there is one: several replicas must share the key. */
function adminOf(env: Environment): AdminAccount {
  const { ADMIN_ACCOUNT_PASSWORD_HASH: hash = '', ADMIN_ACCOUNT_TOKEN_SIGNING_KEY: key = '' } = env;
  if (env['ADMIN_ACCOUNT_ENABLED'] === 'false' || (hash === '' && key === '')) return {};
  if (hash === '' || key === '')
    throw new ConfigError(
      'the account of the administrator needs both ADMIN_ACCOUNT_PASSWORD_HASH and ADMIN_ACCOUNT_TOKEN_SIGNING_KEY; set both, or neither',
    );
  if (!/^\$2[aby]\$\d\d\$.{53}$/.test(hash)) throw new ConfigError('ADMIN_ACCOUNT_PASSWORD_HASH must be a bcrypt hash');
  const issuer = env['ADMIN_ACCOUNT_TOKEN_ISSUER'] ?? '';
  const audience = env['ADMIN_ACCOUNT_TOKEN_AUDIENCE'] ?? '';
  const ttl = env['ADMIN_ACCOUNT_TOKEN_TTL'] ?? '';
  return {
    adminPasswordHash: hash,
    tokenSigningKey: key,
    ...(issuer === '' ? {} : { issuer }),
    ...(audience === '' ? {} : { audience }),
    ...(ttl === '' ? {} : { ttl: durationOf('ADMIN_ACCOUNT_TOKEN_TTL', ttl) }),
  };
}

function durationOf(name: string, text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    throw new ConfigError(`${name} must be a duration such as 24h; found ${JSON.stringify(text)}`, { cause: error });
  }
}

/** `shard=url,…`; the shard without name is the default one. Blank items are skipped. */
function argocdShards(text: string, namespace: string): Record<string, { url: string; namespace: string }> {
  const items = text.split(',').map((item) => item.trim());
  return Object.fromEntries(
    items
      .filter((item) => item !== '')
      .map((item) => {
        const at = item.indexOf('=');
        if (at < 0) throw new ConfigError(`ARGOCD_URLS must list shard=url, separated by commas; found ${JSON.stringify(item)}`);
        return [item.slice(0, at).trim(), { url: item.slice(at + 1).trim(), namespace }];
      }),
  );
}
