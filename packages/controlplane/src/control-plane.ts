import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { timingSafeEqual, createHash } from 'node:crypto';
import { fileJobLogs } from '@kargo/analysis';
import { allKinds, isReason, Namespace } from '@kargo/api';
import { certificateUser, openApiServer } from '@kargo/apiserver';
import { CLIENT_VERSION } from '@kargo/cli';
import { realProcesses } from '@kargo/integrations';
import { Manager, systemClock, systemRandom, systemWebhookCaller, type Client, type Log, type UserInfo } from '@kargo/kube';
import { fileStepLogs } from '@kargo/promotion';
import { boundedAuditTrail, createMetrics, createRestServer, fileAuditTrail } from '@kargo/server';
import { DATABASE } from './backup.ts';
import { buildInfo } from './build-info.ts';
import { withApplications } from './argocd-client.ts';
import { COMPONENTS as ALL_COMPONENTS } from './components.ts';
import { SYSTEM_NAMESPACE, type UpConfig } from './config.ts';
import { readCertificate } from './certificates/given-certificate.ts';
import { loadCertificate } from './certificates/certificate.ts';
import { loadClientAuthority } from './certificates/client-authority.ts';
import { componentAccess } from './component-roles.ts';
import { accountGroups, ACCOUNTS, accountUser } from './components.ts';
import { registerControllers, RELIST_AFTER } from './controllers.ts';
import { withDataEndpoints } from './data-endpoints.ts';
import { lockDataFolder } from './data-lock.ts';
import { chooseJobExecutor, describeExecutor } from './job-executor.ts';
import { KEY_VARIABLE, loadEncryptionKeys } from './encryption-keys.ts';
import { cliPackageAt } from './cli-package.ts';
import { installationAt } from './installation.ts';
import { listen } from './listener.ts';
import { registeredClusters } from './registered-clusters.ts';
import { createOutside } from './outside.ts';
import { createPreviewer } from './previewer.ts';
import { ensureObjects, ensureRoles } from './roles.ts';
import { loadSecrets } from './secrets.ts';
import { auditedKubernetes } from './serving/audit-kubernetes.ts';
import { listenForMetrics } from './serving/metrics-listener.ts';
import { measuredProcesses, startObservability } from './serving/observability.ts';
import { restSettings, servingSettings } from './serving/settings.ts';
import { ensureSystemAccounts } from './serving/system-accounts.ts';

/** The built web UI. */
const DASHBOARD = installationAt(import.meta.dirname).dashboard;

/** A running control plane. */
export interface ControlPlane {
  address: string;
  kubeToken: string;
  /** For controllers in another process. */
  controllerToken: string;
  /** For the GitOps agent in another process. */
  agentToken: string;
  /** PEM of the certificate that the port presents over TLS. */
  certificate: string;
  /** The admin password, if this start invented it. */
  generatedPassword?: string | undefined;
  /** What runs Jobs, for people. */
  jobs: string;
  /** Stops in order: no new requests, then controllers, then the store. */
  stop(): Promise<void>;
}

const NAMESPACE = 'kargo';

/** A component in another process: what it may do stands in the roles that `kargo manifests` prints for clusters too. */
function componentUser(name: string): UserInfo {
  return { username: accountUser(NAMESPACE, name), groups: accountGroups(NAMESPACE) };
}
const KUBE_ADMIN: UserInfo = { username: 'admin', groups: ['system:masters', 'system:authenticated'] };

/** Starts everything in this process. Fails with `ListenError` or `DataFolderInUseError` when it cannot have what it was told to use. */
export async function startControlPlane({ config, log }: { config: UpConfig; log: Log }): Promise<ControlPlane> {
  const data = resolve(config.data);
  const unlock = await lockDataFolder(data);
  const undo: (() => Promise<unknown>)[] = [unlock];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    const { secrets, generatedPassword } = await loadSecrets(data, config.adminPassword);
    const abort = new AbortController();
    const clock = systemClock;
    const random = systemRandom;
    const metrics = createMetrics();
    const processes = measuredProcesses(realProcesses({ helper: true }), metrics, clock);
    const serving = config.serving ?? servingSettings({});
    const auditLog = log.child({ component: 'audit' });
    const auditFiles = fileAuditTrail({ directory: join(data, 'audit'), clock, log: auditLog, ...serving.audit });
    const audit = boundedAuditTrail(auditFiles, { clock, random });
    undo.push(() => audit.flush());
    const users: readonly [(token: string) => boolean, UserInfo][] = [
      [tokenMatcher(secrets.kubeToken), KUBE_ADMIN],
      [tokenMatcher(secrets.controllerToken), componentUser(ACCOUNTS.controller)],
      [tokenMatcher(secrets.agentToken), componentUser(ACCOUNTS.agent)],
    ];
    const tokenUser = (token: string): UserInfo | undefined => users.find(([matches]) => matches(token))?.[1];
    const hosts = ['127.0.0.1', '::1', 'localhost', ...(['0.0.0.0', '::'].includes(config.host) ? [hostname()] : [config.host])];
    const certificate =
      config.tlsFiles === undefined
        ? await loadCertificate(data, [...new Set(hosts)], clock.now())
        : await readCertificate(config.tlsFiles);
    const clientAuthority = await loadClientAuthority(data, clock.now());
    const chosen = await chooseJobExecutor(config.jobExecutor, {
      processes,
      data,
      signal: abort.signal,
      env: process.env,
    });
    const api = openApiServer({
      path: join(data, DATABASE),
      sealingKeys: await loadEncryptionKeys(data, process.env),
      kinds: allKinds,
      clock,
      random,
      log: log.child({ component: 'api' }),
      authenticate: (request) =>
        tokenUser(/^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '') ?? certificateUser(request, clock),
      tokenUser,
      tokenKey: secrets.serviceAccountKey,
      certificate: certificate.cert,
      eventTTL: config.upkeep?.eventTTL,
      webhooks: { call: systemWebhookCaller },
    });
    undo.push(() => api.close());
    const client = api.client();
    await ensureNamespaces(client, [config.argoCDNamespace, NAMESPACE, config.sharedNamespace, SYSTEM_NAMESPACE]);
    await ensureRoles(client);
    await ensureSystemAccounts(client, NAMESPACE, serving.systemRoleClaims);
    if (config.controllers === false) await ensureAccess(client, config.sharedNamespace);
    const outside = await createOutside({ config, data, processes, clock, log, client });
    const acting = await withApplications(client, config, outside.http);
    const manager = new Manager({
      client: acting,
      clock,
      random,
      log: log.child({ component: 'controllers' }),
      relistAfter: RELIST_AFTER,
      metrics: metrics.runtime,
    });
    const listening = Promise.withResolvers<string>();
    const stepLogs = fileStepLogs({ directory: join(data, 'step-logs'), clock, log: log.child({ component: 'step-logs' }) });
    const jobLogs = fileJobLogs({ directory: join(data, 'job-logs'), clock, log: log.child({ component: 'job-logs' }) });
    const told = new Set<string>();
    const { admission } = registerControllers({
      told,
      manager,
      client: acting,
      clock,
      random,
      log,
      outside,
      config,
      jobs: chosen,
      jobLogs,
      metrics,
      stepLogs,
      connectCluster: registeredClusters(process.env),
      components: ALL_COMPONENTS.filter((component) => component !== 'gitops-agent' || config.argoCDServer === undefined),
      authorizer: api.authorizer,
      receiverBaseURL: async () => config.receiverBaseURL ?? `${await listening.promise}${serving.basePath}/webhooks`,
    });
    api.setAdmission(admission);
    let notReady: readonly string[] = ['the control plane is starting'];
    const rest = createRestServer({
      toldEvents: told,
      client: (user: UserInfo) => api.client(user),
      privileged: client,
      dashboard: DASHBOARD,
      cliPackage: cliPackageAt(import.meta.dirname),
      waitsOf: (kind, namespace, name) =>
        manager.waits().filter((wait) => wait.kind === kind && wait.key.namespace === namespace && wait.key.name === name),
      authorizer: api.authorizer,
      builtInController: config.controllers === false ? undefined : '',
      namespaces: { kargo: NAMESPACE, system: SYSTEM_NAMESPACE, shared: config.sharedNamespace },
      credentials: {
        globalNamespaces: config.globalCredentialsNamespaces,
        allowHTTP: config.allowCredentialsOverHTTP,
      },
      argocdShards:
        config.argoCDServer === undefined ? {} : { '': { url: config.argoCDServer.server, namespace: config.argoCDNamespace } },
      jobLogs,
      stepLogs,
      preview: await createPreviewer({ outside, config, client: acting, clock, random }),
      clock,
      random,
      log: log.child({ component: 'server' }),
      auth: {
        adminPasswordHash: secrets.adminPasswordHash,
        tokenSigningKey: secrets.tokenSigningKey,
        reviewToken: (token) => api.reviewToken(token),
        ttl: config.adminTokenTTL,
        oidc: serving.oidc,
        globalServiceAccountNamespaces: serving.globalServiceAccountNamespaces,
      },
      ...restSettings(serving),
      version: buildInfo(import.meta.dirname, { processes, clock, env: process.env }),
      audit,
      metrics: metrics.rest,
      notReady: () => notReady,
    });
    undo.push(() => rest.close());
    if (config.controllers !== false) {
      const started = manager.start();
      // An Argo CD elsewhere that cannot be reached yet must not keep everything else from being served.
      if (config.argoCDServer === undefined) await started;
      else started.catch(() => undefined); // Rejects only when it is stopped meanwhile.
      undo.push(() => manager.stop());
      // Nobody may wait for an address for ever.
      listening.promise.catch(() => undefined);
      undo.push(async () => listening.reject(new Error('the control plane stops')));
    }
    const observability = await startObservability({
      client,
      clock,
      log: log.child({ component: 'observability' }),
      metrics,
      traces: serving.traces,
      version: CLIENT_VERSION,
    });
    undo.push(() => observability.stop());
    if (serving.metricsAddress !== undefined) {
      const measured = await listenForMetrics(serving.metricsAddress, metrics.rest.exposition, log);
      undo.push(() => measured.close());
    }
    await rest.ready();
    const listener = await listen({
      host: config.host,
      port: config.port,
      certificate,
      clientAuthority: clientAuthority.cert,
      kubernetes: auditedKubernetes(api.handler, {
        trail: audit,
        clock,
        random,
        userOf: async (token, request) => {
          const certified = certificateUser(request, clock);
          return (await api.reviewToken(token)) ?? certified;
        },
        isComponent,
      }),
      tlsOnly: serving.tlsOnly,
      grace: serving.grace,
      clock,
      rest: withDataEndpoints(rest.routing, { api, data, log, keysAreGiven: (process.env[KEY_VARIABLE] ?? '') !== '' }),
    });
    notReady = [];
    const { address } = listener;
    listening.resolve(address);
    undo.push(async () => {
      notReady = ['the control plane is stopping'];
      abort.abort(new Error('the control plane stops'));
      await listener.close();
    });
    return {
      address,
      kubeToken: secrets.kubeToken,
      controllerToken: secrets.controllerToken,
      agentToken: secrets.agentToken,
      certificate: certificate.cert,
      generatedPassword,
      jobs: describeExecutor(chosen),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const COMPONENTS: ReadonlySet<string> = new Set(Object.values(ACCOUNTS).map((name) => componentUser(name).username));

/** Whether a user of the Kubernetes API is a part of the control plane. */
function isComponent(username: string): boolean {
  return COMPONENTS.has(username);
}

/** Accounts for the components that run in other processes, with what each may do. */
function ensureAccess(client: Client, sharedNamespace: string): Promise<void> {
  return ensureObjects(
    client,
    componentAccess({
      namespace: NAMESPACE,
      sharedNamespace,
      systemNamespace: SYSTEM_NAMESPACE,
      shards: [],
      analysis: true,
      gitOpsAgent: true,
    }),
  );
}

/** Whether a text is the given token, told in the same time for every text. */
function tokenMatcher(token: string): (presented: string) => boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = digest(token);
  return (presented) => timingSafeEqual(digest(presented), expected);
}

async function ensureNamespaces(client: Client, names: readonly string[]): Promise<void> {
  for (const name of names) {
    try {
      await client.get(Namespace, { name });
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
      await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
  }
}
