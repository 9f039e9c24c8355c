import { Application, ulidGenerator, type Kind, type KubeObject } from '@kargo/api';
import {
  admissionRules,
  analysisRunController,
  applicationController,
  clusterConfigController,
  controlFlowStageController,
  DEFAULT_DELAYS,
  Destinations,
  eventRecorder,
  type EventRecorder,
  garbageCollector,
  jobController,
  jobRules,
  ManifestRenderer,
  projectConfigController,
  projectController,
  projectNamespaceController,
  promotionController,
  freightAnnouncer,
  promotionAnnouncer,
  promotionRequestController,
  replicationController,
  promotionIndexes,
  shardFilter,
  type ShardOptions,
  stageController,
  stepLogCollector,
  type ServedKinds,
  stageIndexes,
  announcementIndexes,
  gitopsIndexes,
  requestsOfTracking,
  type ClusterLink,
  type ConnectCluster,
  warehouseController,
  workloadControllers,
} from '@kargo/controllers';
import { guardedHttp, type JobLogs } from '@kargo/analysis';
import { parseDuration } from '@kargo/gocompat';
import type { AdmissionRules, Authorizer, Client, Clock, Log, Manager, Random } from '@kargo/kube';
import {
  argumentExpressions,
  ConfigValidator,
  PromotionRunner,
  runHealthChecks,
  StepChecker,
  stepExpressions,
  stepComputations,
  stepRegistry,
  type StepLogs,
} from '@kargo/promotion';
import { COMPONENTS, controlPlaneUsers, type Component } from './components.ts';
import { SYSTEM_NAMESPACE, type UpConfig } from './config.ts';
import type { ChosenExecutor } from './job-executor.ts';
import type { Outside } from './outside.ts';

export interface RegisterOptions {
  manager: Manager;
  client: Client;
  clock: Clock;
  random: Random;
  log: Log;
  outside: Pick<
    Outside,
    | 'workspaces'
    | 'renderWorkspaces'
    | 'git'
    | 'http'
    | 'registries'
    | 'charts'
    | 'renderer'
    | 'credentials'
    | 'gitSigningKey'
    | 'pullRequests'
    | 'githubCommits'
  > &
    Partial<Pick<Outside, 'deployments'>>;
  jobs: ChosenExecutor;
  /** Names of the events that this process has told, shared by all that tell of something. Default: of their own. */
  told?: Set<string> | undefined;
  /** Told what is measured here. */
  metrics?: { measured(provider: string, phase: string): void } | undefined;
  /** Where the output of Jobs is kept. Without it, it is lost. */
  jobLogs?: JobLogs | undefined;
  /** Where the logs of steps are kept. Without it, there are none. */
  stepLogs?: StepLogs | undefined;
  config: Pick<
    UpConfig,
    | 'argoCDNamespace'
    | 'sharedNamespace'
    | 'gitName'
    | 'gitEmail'
    | 'gitIntegrationPolicy'
    | 'githubPush'
    | 'images'
    | 'minimumInterval'
    | 'maxOCIPushArtifactSize'
    | 'metrics'
    | 'receiverBaseURL'
    | 'rolloutsInstanceId'
    | 'upkeep'
  > & {
    /** Where what belongs to the installation itself is kept. Default {@link SYSTEM_NAMESPACE}. */
    systemNamespace?: string | undefined;
  };
  authorizer: Authorizer;
  /** The URL below which webhook receivers are served, once it is known. Default: that of the configuration. */
  receiverBaseURL?: (() => Promise<string | undefined>) | undefined;
  /** Which controllers run here. Default: all. */
  components?: readonly Component[] | undefined;
  /** Which Warehouses, Stages and Promotions are handled here. Default: those that name no shard. */
  shard?: ShardOptions | undefined;
  /** Which kinds of other products the API serves. Default: all. */
  served?: (ServedKinds & { appProjects?: boolean | undefined }) | undefined;
  /** Reaches clusters that are registered for Applications. Without it, there are none. */
  connectCluster?: ConnectCluster | undefined;
  /** The API that everything works on is that of a real cluster: Applications are really deployed in it. Default: they are imitated. */
  inCluster?: Pick<ClusterLink, 'client' | 'discovery'> | undefined;
  /** Namespace of the installation. Default `kargo`. */
  kargoNamespace?: string | undefined;
  /** What several compositions in one process may share: the compiled schemas of steps. */
  validator?: ConfigValidator | undefined;
}

/** Registers controllers with the manager: all, or those of the wanted components. Returns the admission rules that belong to them. */
export function registerControllers(given: RegisterOptions): { admission: readonly AdmissionRules[] } {
  const options = { told: new Set<string>(), ...given };
  const { components = COMPONENTS, kargoNamespace = 'kargo', manager, client, clock } = options;
  if (components.includes('management')) {
    const { promotions, freight } = options.config.upkeep ?? {};
    manager.add(garbageCollector({ client, cache: manager.cache, clock, stepLogs: options.stepLogs, promotions, freight }));
    manager.add(promotionRequestController({ client, clock }));
    const announcing = { cache: manager.cache, clock, events: recorders(options)('management-controller') };
    manager.add(freightAnnouncer(announcing));
    manager.add(promotionAnnouncer(announcing));
    const { sharedNamespace } = options.config;
    manager.add(replicationController({ client, cache: manager.cache, clock, sharedNamespace }));
    manager.add(projectNamespaceController({ client }));
    manager.add(projectController({ client, cache: manager.cache, clock, kargoNamespace }));
    const receivers = {
      client,
      clock,
      random: options.random,
      baseURL: options.receiverBaseURL ?? (() => Promise.resolve(options.config.receiverBaseURL)),
      systemNamespace: options.config.systemNamespace ?? SYSTEM_NAMESPACE,
    };
    manager.add(projectConfigController(receivers));
    manager.add(clusterConfigController(receivers));
  } else if (components.includes('promotion') && options.stepLogs !== undefined) {
    // Logs are on the disk of whoever runs the steps: nobody else can remove them.
    manager.add(stepLogCollector({ cache: manager.cache, clock, stepLogs: options.stepLogs }));
  }
  const validator = options.validator ?? new ConfigValidator();
  if (components.includes('promotion')) registerPromotion(options, validator);
  if (components.includes('analysis')) registerAnalysis(options);
  if (components.includes('gitops-agent')) registerGitOpsAgent(options);
  const { mayRunJobs } = controlPlaneUsers(kargoNamespace);
  return {
    admission: [...admissionFor({ ...options, validator }), jobRules({ mayRunJobs }) as unknown as AdmissionRules],
  };
}

/** The rules of Kargo's kinds, for an API that asks for them: embedded, or through webhooks. */
export function admissionFor(
  options: Pick<
    RegisterOptions,
    'client' | 'clock' | 'random' | 'log' | 'told' | 'authorizer' | 'validator' | 'kargoNamespace'
  > & {
    config?: Pick<RegisterOptions['config'], 'images'> | undefined;
  },
): readonly AdmissionRules[] {
  const { client, clock, random, log, told, authorizer, validator = new ConfigValidator(), kargoNamespace = 'kargo' } = options;
  const registry = stepRegistry();
  const recorder = (component: string): EventRecorder => eventRecorder({ client, clock, random, log, component, told });
  return admissionRules({
    client,
    clock,
    random,
    ulid: ulidsOf({ clock, random }),
    authorizer,
    isControlPlane: controlPlaneUsers(kargoNamespace).isControlPlane,
    steps: new Set(registry.keys()),
    checker: new StepChecker(registry, validator),
    cacheByTagPolicy: options.config?.images?.cacheByTag,
    events: { freight: recorder('freight-webhook'), promotion: recorder('promotion-webhook') },
  });
}

function ulidsOf({ clock, random }: Pick<RegisterOptions, 'clock' | 'random'>): () => string {
  return ulidGenerator({ now: () => clock.now(), random: () => random.next() });
}

/** Names of controllers that handle a shard end in its name. */
function recorders({ client, clock, random, log, told, shard }: RegisterOptions): (component: string) => EventRecorder {
  const suffix = (shard?.name ?? '') === '' ? '' : `-${shard?.name}`;
  return (component) => eventRecorder({ client, clock, random, log, told, component: `${component}${suffix}` });
}

function registerPromotion(options: RegisterOptions, validator: ConfigValidator): void {
  const { manager, client, clock, random, log, outside, config } = options;
  const { cache } = manager;
  const { analysis = true, argoCD = true } = options.served ?? {};
  const registry = stepRegistry();
  const recorder = recorders(options);
  const owns = shardFilter(options.shard ?? {});
  const expressions = stepExpressions({ client, sharedNamespace: config.sharedNamespace });
  const ports = {
    clock,
    random,
    client,
    git: outside.git,
    pullRequests: outside.pullRequests,
    githubCommits: outside.githubCommits,
    githubPush: config.githubPush,
    credentials: outside.credentials,
    registries: outside.registries,
    renderer: outside.renderer,
    http: outside.http,
    computations: stepComputations(),
    gitIdentity: { name: config.gitName, email: config.gitEmail, signingKey: outside.gitSigningKey },
    systemNamespace: config.systemNamespace ?? SYSTEM_NAMESPACE,
    gitIntegrationPolicy: config.gitIntegrationPolicy,
    argoCDNamespace: config.argoCDNamespace,
    maxOCIPushArtifactSize: config.maxOCIPushArtifactSize,
  };
  for (const index of [...stageIndexes(), ...promotionIndexes()]) manager.addIndex(index);
  manager.add(
    warehouseController({
      client,
      clock,
      git: outside.git,
      registries: outside.registries,
      charts: outside.charts,
      credentials: outside.credentials,
      cacheByTag: config.images?.cacheByTag,
      events: recorder('warehouse-controller'),
      minimumInterval: parseDuration(config.minimumInterval),
      owns,
    }),
  );
  const stage = {
    client,
    cache,
    clock,
    random,
    events: recorder('stage-controller'),
    analysisAvailable: analysis,
    instanceId: config.rolloutsInstanceId,
    argoCD,
    ulid: ulidsOf(options),
    evaluateArg: argumentExpressions({ client, sharedNamespace: config.sharedNamespace }),
    runHealthChecks: (
      checks: Parameters<typeof runHealthChecks>[0],
      { signal, ...about }: { project: string; stage: string; signal: AbortSignal },
    ) => runHealthChecks(checks, { client, log, signal, about }),
    owns,
  };
  manager.add(stageController(stage));
  manager.add(controlFlowStageController(stage));
  manager.add(
    promotionController({
      client,
      cache,
      clock,
      random,
      registry,
      workspaces: outside.workspaces,
      events: recorder('promotion-controller'),
      stepLogs: options.stepLogs,
      runner: new PromotionRunner({ registry, ports, expressions, validator, stepLogs: options.stepLogs }),
      argoCD,
      owns,
    }),
  );
}

/** How long after a list everything of a kind is listed again, in milliseconds. */
export const RELIST_AFTER = 5 * 60_000;

function registerAnalysis(options: RegisterOptions): void {
  const recorder = recorders(options);
  const { manager, client, clock, log, outside, jobs, jobLogs: logs, config } = options;
  manager.add(
    analysisRunController({
      cache: manager.cache,
      events: recorder('analysis-controller'),
      logs,
      measured: (provider, phase) => options.metrics?.measured(provider, phase),
      instanceID: config.rolloutsInstanceId,
      ports: {
        clock,
        http: guardedHttp(outside.http, config.metrics?.egress ?? {}),
        client,
        jobsUnavailable: 'unavailable' in jobs ? jobs.unavailable : undefined,
        systemNamespace: config.systemNamespace ?? SYSTEM_NAMESPACE,
        environment: config.metrics?.environment,
      },
    }),
  );
  if ('executor' in jobs)
    manager.add(
      jobController({
        client,
        clock,
        log: log.child({ controller: 'job' }),
        executor: jobs.executor,
        events: recorder('job-controller'),
        logs,
      }),
    );
}

function registerGitOpsAgent({
  manager,
  client,
  clock,
  random,
  log,
  outside,
  config,
  jobs,
  served,
  ...options
}: RegisterOptions): void {
  const { argoCDNamespace } = config;
  const destinations = new Destinations({
    client,
    cache: manager.cache,
    clock,
    random,
    log: log.child({ component: 'gitops' }),
    argoCDNamespace,
    connect: options.connectCluster,
    directories: outside.deployments,
    inCluster: options.inCluster,
    changed: (id) => {
      for (const key of requestsOfTracking(id, argoCDNamespace)) manager.enqueue(Application as unknown as Kind<KubeObject>, key);
    },
    signal: manager.stopping,
  });
  const { simulatesInCluster } = destinations;
  for (const index of simulatesInCluster ? gitopsIndexes : announcementIndexes) manager.addIndex(index);
  const renderer = new ManifestRenderer({
    git: outside.git,
    renderer: outside.renderer,
    credentials: outside.credentials,
    workspaces: outside.renderWorkspaces,
    charts: outside.charts,
    http: outside.http,
    argoCDNamespace,
  });
  const { cache } = manager;
  manager.add(
    applicationController({
      client,
      cache,
      clock,
      random,
      renderer,
      destinations,
      hasProjects: served?.appProjects !== false,
      argoCDNamespace,
      runsJobs: 'executor' in jobs,
    }),
  );
  // In a real cluster, workloads move by themselves.
  if (!simulatesInCluster) return;
  for (const controller of workloadControllers({ client, clock, delays: DEFAULT_DELAYS })) manager.add(controller);
}
