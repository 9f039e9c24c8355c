import { ulidGenerator } from '@kargo/api';
import {
  admissionRules,
  analysisRunController,
  applicationController,
  controlFlowStageController,
  DEFAULT_DELAYS,
  eventRecorder,
  type EventRecorder,
  garbageCollector,
  jobController,
  ManifestRenderer,
  projectController,
  projectNamespaceController,
  promotionController,
  promotionIndexes,
  stageController,
  stageIndexes,
  trackingIndexes,
  warehouseController,
  workloadControllers,
} from '@kargo/controllers';
import { guardedHttp, type JobLogs } from '@kargo/analysis';
import { SYSTEM_ADMIN } from '@kargo/apiserver';
import { parseDuration } from '@kargo/gocompat';
import type { AdmissionRules, Authorizer, Client, Clock, Log, Manager, Random } from '@kargo/kube';
import {
  argumentExpressions,
  checkSteps,
  ConfigValidator,
  PromotionRunner,
  runHealthChecks,
  stepExpressions,
  stepRegistry,
  type StepLogs,
} from '@kargo/promotion';
import type { UpConfig } from './config.ts';
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
  >;
  jobs: ChosenExecutor;
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
    | 'minimumInterval'
    | 'maxOCIPushArtifactSize'
    | 'metrics'
  >;
  authorizer: Authorizer;
  /** Whether Applications are deployed here. Default true. */
  gitOpsAgent?: boolean | undefined;
  /** Whether AnalysisRuns and their Jobs are run here. Default true. */
  analysis?: boolean | undefined;
  /** What several compositions in one process may share: the compiled schemas of steps. */
  validator?: ConfigValidator | undefined;
}

/** Registers every controller with the manager. Returns the admission rules that belong to them. */
export function registerControllers(options: RegisterOptions): { admission: readonly AdmissionRules[] } {
  const { manager, client, clock, random, log, outside, config } = options;
  const { cache } = manager;
  const registry = stepRegistry();
  const validator = options.validator ?? new ConfigValidator();
  const ulid = ulidGenerator({ now: () => clock.now(), random: () => random.next() });
  const recorder = (component: string): ReturnType<typeof eventRecorder> =>
    eventRecorder({ client, clock, random, log, component });
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
    gitIdentity: { name: config.gitName, email: config.gitEmail, signingKey: outside.gitSigningKey },
    gitIntegrationPolicy: config.gitIntegrationPolicy,
    argoCDNamespace: config.argoCDNamespace,
    maxOCIPushArtifactSize: config.maxOCIPushArtifactSize,
  };
  for (const index of [...stageIndexes(), ...promotionIndexes()]) manager.addIndex(index);
  for (const index of trackingIndexes) manager.addIndex(index);

  manager.add(garbageCollector({ client, cache, clock, stepLogs: options.stepLogs }));
  manager.add(projectNamespaceController({ client }));
  manager.add(projectController({ client, cache, clock, kargoNamespace: 'kargo' }));
  manager.add(
    warehouseController({
      client,
      clock,
      git: outside.git,
      registries: outside.registries,
      charts: outside.charts,
      credentials: outside.credentials,
      events: recorder('warehouse-controller'),
      minimumInterval: parseDuration(config.minimumInterval),
    }),
  );
  const stage = {
    client,
    cache,
    clock,
    random,
    events: recorder('stage-controller'),
    analysisAvailable: true,
    ulid,
    evaluateArg: argumentExpressions({ client, sharedNamespace: config.sharedNamespace }),
    runHealthChecks: (
      checks: Parameters<typeof runHealthChecks>[0],
      { signal, ...about }: { project: string; stage: string; signal: AbortSignal },
    ) => runHealthChecks(checks, { client, log, signal, about }),
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
    }),
  );
  if (options.analysis !== false) registerAnalysis(options, recorder);
  if (options.gitOpsAgent !== false) registerGitOpsAgent(options);
  return {
    admission: admissionRules({
      client,
      clock,
      random,
      ulid,
      authorizer: options.authorizer,
      isControlPlane: ({ username }) => username === CONTROL_PLANE_USER || username === CONTROLLER_USER,
      steps: new Set(registry.keys()),
      checkSteps: (steps) => checkSteps(steps, registry, validator),
      events: { freight: recorder('freight-webhook'), promotion: recorder('promotion-webhook') },
    }),
  };
}

/** How long after a list everything of a kind is listed again, in milliseconds. */
export const RELIST_AFTER = 10 * 60_000;

/** The user in whose name the control plane itself writes. */
const CONTROL_PLANE_USER = SYSTEM_ADMIN.username;
/** The user in whose name controllers in another process write. */
export const CONTROLLER_USER = 'system:serviceaccount:kargo:kargo-controller';

function registerAnalysis(options: RegisterOptions, recorder: (component: string) => EventRecorder): void {
  const { manager, client, clock, log, outside, jobs, jobLogs: logs, config } = options;
  manager.add(
    analysisRunController({
      cache: manager.cache,
      events: recorder('analysis-controller'),
      logs,
      ports: {
        clock,
        http: guardedHttp(outside.http, config.metrics?.egress ?? {}),
        client,
        jobsUnavailable: 'unavailable' in jobs ? jobs.unavailable : undefined,
        systemNamespace: 'kargo-system-resources',
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

function registerGitOpsAgent({ manager, client, clock, random, outside, config, jobs }: RegisterOptions): void {
  const renderer = new ManifestRenderer({
    git: outside.git,
    renderer: outside.renderer,
    credentials: outside.credentials,
    workspaces: outside.renderWorkspaces,
    argoCDNamespace: config.argoCDNamespace,
  });
  const { cache } = manager;
  manager.add(
    applicationController({
      client,
      cache,
      clock,
      random,
      renderer,
      argoCDNamespace: config.argoCDNamespace,
      runsJobs: 'executor' in jobs,
    }),
  );
  for (const controller of workloadControllers({ client, clock, delays: DEFAULT_DELAYS })) manager.add(controller);
}
