import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { fileJobLogs } from '@kargo/analysis';
import { AnalysisRun, Application, AppProject, isReason, type Kind, type KubeObject } from '@kargo/api';
import { realProcesses, type Processes } from '@kargo/integrations';
import {
  heartbeat,
  KindDiscovery,
  LeaderElection,
  Manager,
  systemClock,
  systemRandom,
  type Client,
  type ClusterAccess,
  type Log,
  type Term,
} from '@kargo/kube';
import { fileStepLogs } from '@kargo/promotion';
import { createMetrics, type Metrics } from '@kargo/server';
import { connectToCluster, type ClusterConnection, type ClusterOptions, type Environment } from './cluster-client.ts';
import { withApplications } from './argocd-client.ts';
import type { Component } from './components.ts';
import type { JobExecutorChoice, UpConfig } from './config.ts';
import { registerControllers, RELIST_AFTER } from './controllers.ts';
import { lockDataFolder } from './data-lock.ts';
import { isEmbeddedAPI } from './embedded-api.ts';
import { chooseJobExecutor, type ChosenExecutor } from './job-executor.ts';
import { registeredClusters } from './registered-clusters.ts';
import { createOutside } from './outside.ts';
import { listenForMetrics, type MetricsListener } from './serving/metrics-listener.ts';
import { measuredProcesses } from './serving/observability.ts';
import { metricsAddress } from './serving/settings.ts';
import { untilAnswered } from './until-answered.ts';

/** Everything that `kargo controller` can be told. */
export interface ControllerConfig extends Omit<UpConfig, 'host' | 'port' | 'adminPassword' | 'jobExecutor'>, ClusterOptions {
  /** Which controllers run. */
  components: readonly Component[];
  /** Which Warehouses, Stages and Promotions are handled; the controller is named by it too. Without a name, those that name no shard. */
  shard: { name?: string | undefined; isDefault?: boolean | undefined };
  jobExecutor: JobExecutorChoice | 'cluster';
  leaderElection: boolean;
  /** Namespace of the installation: its Leases are there. */
  namespace: string;
  /** Where what belongs to the installation itself is kept. */
  systemNamespace: string;
  /** How long the controller counts as alive after a heartbeat, in milliseconds. */
  heartbeatTTL: number;
  /** How long a leader that is not heard of keeps its place, in milliseconds. */
  leaseDuration: number;
}

/** Runs controllers against an API elsewhere, until the signal aborts. Fails with `KubeconfigError` or `DataFolderInUseError`. */
export async function runControllers(
  { config, log, env }: { config: ControllerConfig; log: Log; env: Environment },
  signal: AbortSignal,
): Promise<void> {
  const data = resolve(config.data);
  const unlock = await lockDataFolder(data);
  const clock = systemClock;
  const random = systemRandom;
  const closing: (() => void)[] = [];
  let measured: MetricsListener | undefined;
  const metrics = createMetrics();
  try {
    const address = metricsAddress(env);
    if (address !== undefined) measured = await listenForMetrics(address, metrics.rest.exposition, log);
    const { access, client, urgent } = await connectToCluster(config, env);
    closing.push(() => access.close());
    const local = await localCluster(config, env);
    if (local !== undefined) closing.push(() => local.access.close());
    const identity = `${hostname()}_${random.uuid()}`;
    // Once, and not for each term: their helper lives as long as this process.
    const processes = measuredProcesses(realProcesses({ helper: true }), metrics, clock);
    const lead = (term: Pick<Term, 'signal' | 'client'>): Promise<void> =>
      runTerm(
        {
          config,
          log,
          env,
          data,
          access,
          metrics,
          processes,
          client: term.client(client),
          urgent,
          local: local?.client,
          identity,
        },
        term.signal,
      );
    if (!config.leaderElection) return await lead({ signal, client: (unfenced) => unfenced });
    const { namespace, leaseDuration } = config;
    const election = { client: urgent, clock, random, log, namespace, name: leaseName(config), identity, leaseDuration };
    await new LeaderElection(election).run(lead, signal);
  } finally {
    for (const close of closing) close();
    await measured?.close();
    await unlock();
  }
}

/** The cluster that this process runs in, where it works on another and `LOCAL_CLUSTER_CREDS_FALLBACK` says that its Secrets count. */
async function localCluster({ kubeconfig }: ControllerConfig, env: Environment): Promise<ClusterConnection | undefined> {
  if (env['LOCAL_CLUSTER_CREDS_FALLBACK'] !== 'true' || kubeconfig === undefined) return undefined;
  return connectToCluster({}, env);
}

/** The Lease of processes that do the same work. */
export function leaseName({ components, shard: { name = '' } }: Pick<ControllerConfig, 'components' | 'shard'>): string {
  const shard = name === '' ? '' : `-${name}`;
  return components.includes('promotion') ? `kargo-controller-leader${shard}` : `kargo-${components.join('-')}-leader${shard}`;
}

interface TermOptions {
  config: ControllerConfig;
  env: Environment;
  log: Log;
  data: string;
  access: ClusterAccess;
  metrics: Metrics;
  processes: Processes;
  client: Client;
  urgent: Client;
  local: Client | undefined;
  identity: string;
}

async function runTerm(options: TermOptions, signal: AbortSignal): Promise<void> {
  const { config, log, data, metrics, processes, urgent, identity } = options;
  const clock = systemClock;
  const random = systemRandom;
  const { components, shard, namespace, heartbeatTTL: duration } = config;
  const controller = shard.name ?? '';
  const beating = components.includes('promotion')
    ? heartbeat({ client: urgent, clock, log, namespace, controller, identity, duration }, signal)
    : Promise.resolve();
  const outside = await createOutside({
    config,
    shard: shard.name,
    data,
    processes,
    clock,
    log,
    client: options.client,
    local: options.local,
  });
  const client = await withApplications(options.client, config, outside.http);
  const manager = new Manager({ client, clock, random, log, relistAfter: RELIST_AFTER, metrics: metrics.runtime });
  const { argoCD: wantsArgoCD = true, rollouts: wantsAnalysis = true } = config.integrations ?? {};
  const argoCD = wantsArgoCD && (await isServed(client, Application as unknown as Kind<KubeObject>, log, signal));
  const analysis = wantsAnalysis && (await isServed(client, AnalysisRun as unknown as Kind<KubeObject>, log, signal));
  const deploys = argoCD && components.includes('gitops-agent') && config.argoCDServer === undefined;
  const appProjects = deploys && (await isServed(client, AppProject as unknown as Kind<KubeObject>, log, signal));
  const inCluster = deploys ? await realCluster(options, signal) : undefined;
  const jobs = await jobsOf(options, signal);
  if (!signal.aborted) {
    registerControllers({
      manager,
      client,
      clock,
      random,
      log,
      outside,
      config,
      metrics,
      jobLogs: fileJobLogs({ directory: join(data, 'job-logs'), clock, log }),
      stepLogs: fileStepLogs({ directory: join(data, 'step-logs'), clock, log }),
      jobs,
      // Admission is the business of whoever serves the API: its rules are made here and never used.
      authorizer: { authorize: () => Promise.resolve({ allowed: false }) },
      components: components.filter((component) =>
        component === 'analysis' ? analysis : component !== 'gitops-agent' || deploys,
      ),
      shard,
      served: { analysis, argoCD, appProjects },
      connectCluster: registeredClusters(options.env),
      ...(inCluster === undefined ? {} : { inCluster }),
      kargoNamespace: namespace,
    });
  }
  const ended = new Promise<void>((settle) => {
    if (signal.aborted) settle();
    signal.addEventListener('abort', () => settle(), { once: true });
  });
  // A start rejects only when it is stopped meanwhile.
  const started = signal.aborted
    ? Promise.resolve()
    : manager.start().then(
        () => log.info({ identity, components, shard: controller }, 'controllers are running'),
        () => undefined,
      );
  await ended;
  await manager.stop();
  await Promise.all([started, beating]);
}

/** The API that this process works on, if it is that of a real cluster: one that has nodes, so that workloads move by themselves. */
async function realCluster(
  { access, client, log }: TermOptions,
  signal: AbortSignal,
): Promise<{ client: Client; discovery: KindDiscovery } | undefined> {
  const discovery = new KindDiscovery({ baseURL: access.baseURL, fetch: access.fetch, clock: systemClock });
  const found = await untilAnswered('for its kinds', () => discovery.kindOf('v1', 'Node', { signal }), {
    clock: systemClock,
    log,
    signal,
  });
  return found.aborted || found.answer === undefined ? undefined : { client, discovery };
}

/**
 * What runs Jobs. On the API of `kargo up` nobody else does, and admission there sees to it that only Kargo marks Jobs to be run. A cluster
 * runs its Jobs itself, and lets anybody who may create Jobs mark them: there, this process must not take them for orders.
 */
async function jobsOf({ config, log, data, env, access, processes }: TermOptions, signal: AbortSignal): Promise<ChosenExecutor> {
  const { jobExecutor } = config;
  if (jobExecutor === 'cluster' || jobExecutor === 'none')
    return chooseJobExecutor(jobExecutor, { processes, data, signal, env });
  if (await isEmbeddedAPI(access, { clock: systemClock, log, signal }))
    return chooseJobExecutor(jobExecutor, { processes, data, signal, env });
  if (!signal.aborted)
    log.warn(
      { jobExecutor },
      'this API is a cluster, which runs Jobs itself: --job-executor is not used, Jobs are left to the cluster',
    );
  return { cluster: true };
}

/**
 * Whether the API serves a kind of another product. Asks until the API answers; what is installed later is found at the next start. True
 * when the signal aborts first.
 */
async function isServed(client: Client, kind: Kind<KubeObject>, log: Log, signal: AbortSignal): Promise<boolean> {
  const found = await untilAnswered(
    `for ${kind.kind} of ${kind.group}`,
    async () => {
      try {
        await client.list(kind, { limit: 1, signal });
        return true;
      } catch (error) {
        if (!isReason(error, 'NotFound')) throw error;
        log.info({ kind: kind.kind, group: kind.group }, 'the API does not serve this kind: what needs it is switched off');
        return false;
      }
    },
    { clock: systemClock, log, signal },
  );
  return found.aborted || found.answer;
}
