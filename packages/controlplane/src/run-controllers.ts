import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { fileJobLogs } from '@kargo/analysis';
import { realProcesses } from '@kargo/integrations';
import {
  heartbeat,
  httpClient,
  inClusterAccess,
  LeaderElection,
  loadKubeconfig,
  Manager,
  systemClock,
  systemRandom,
  type Client,
  type ClusterAccess,
  type Log,
  type RunProgram,
  type Term,
} from '@kargo/kube';
import { fileStepLogs } from '@kargo/promotion';
import type { UpConfig } from './config.ts';
import { registerControllers, RELIST_AFTER } from './controllers.ts';
import { lockDataFolder } from './data-lock.ts';
import { chooseJobExecutor } from './job-executor.ts';
import { createOutside } from './outside.ts';

/** Everything that `kargo controller` can be told. */
export interface ControllerConfig extends Omit<UpConfig, 'host' | 'port' | 'adminPassword'> {
  /** Default: the cluster that this process runs in. */
  kubeconfig?: string | undefined;
  context?: string | undefined;
  /** Whether Applications are deployed by the embedded agent; not where Argo CD runs. */
  gitOpsAgent: boolean;
  /** Whether AnalysisRuns are run here; not where Argo Rollouts runs. */
  analysis: boolean;
  leaderElection: boolean;
}

/** The namespace that Leases are in. */
const KARGO_NAMESPACE = 'kargo';
const LEASE = 'kargo-controller-leader';
/** What a Kubernetes client may ask for: requests a second, and at once. */
const BUDGET = { perSecond: 50, burst: 300 };
const READ_ATTEMPTS = 5;
const PLUGIN_TIMEOUT = 60_000;

/** Runs all controllers against an API elsewhere, until the signal aborts. Fails with `KubeconfigError` or `DataFolderInUseError`. */
export async function runControllers(
  { config, log, env }: { config: ControllerConfig; log: Log; env: Readonly<Record<string, string | undefined>> },
  signal: AbortSignal,
): Promise<void> {
  const data = resolve(config.data);
  const unlock = await lockDataFolder(data);
  const clock = systemClock;
  const random = systemRandom;
  const processes = realProcesses();
  const run: RunProgram = ({ command, args, env: more }) =>
    processes.run({ command, args, cwd: process.cwd(), env: { ...definedIn(env), ...more }, timeout: PLUGIN_TIMEOUT });
  let access: ClusterAccess | undefined;
  try {
    const reached =
      config.kubeconfig === undefined
        ? await inClusterAccess({ env, clock })
        : await loadKubeconfig({ file: config.kubeconfig, context: config.context, clock, run, env });
    access = reached;
    const { baseURL, fetch } = reached;
    const retries = { attempts: READ_ATTEMPTS, base: 200, max: 10_000, random };
    const client = httpClient({ baseURL, fetch, clock, retries, budget: BUDGET });
    // What keeps leadership must not wait behind other requests.
    const own = httpClient({ baseURL, fetch, clock, timeout: 5000 });
    const identity = `${hostname()}_${random.uuid()}`;
    const lead = (term: Pick<Term, 'signal' | 'client'>): Promise<void> =>
      runTerm({ config, log, data, processes, client: term.client(client), own, identity }, term.signal);
    if (config.leaderElection)
      await new LeaderElection({ client: own, clock, random, log, namespace: KARGO_NAMESPACE, name: LEASE, identity }).run(
        lead,
        signal,
      );
    else await lead({ signal, client: (unfenced) => unfenced });
  } finally {
    access?.close();
    await unlock();
  }
}

interface TermOptions {
  config: ControllerConfig;
  log: Log;
  data: string;
  processes: ReturnType<typeof realProcesses>;
  client: Client;
  own: Client;
  identity: string;
}

async function runTerm(options: TermOptions, signal: AbortSignal): Promise<void> {
  const { config, log, data, processes, client, own, identity } = options;
  const clock = systemClock;
  const random = systemRandom;
  const manager = new Manager({ client, clock, random, log, relistAfter: RELIST_AFTER });
  registerControllers({
    manager,
    client,
    clock,
    random,
    log,
    outside: await createOutside({ config, data, processes, clock, log, client }),
    config,
    jobLogs: fileJobLogs({ directory: join(data, 'job-logs'), clock, log }),
    stepLogs: fileStepLogs({ directory: join(data, 'step-logs'), clock, log }),
    jobs: await chooseJobExecutor(config.jobExecutor, { processes, data, signal }),
    // Admission is the business of whoever serves the API: its rules are made here and never used.
    authorizer: { authorize: () => Promise.resolve({ allowed: false }) },
    gitOpsAgent: config.gitOpsAgent,
    analysis: config.analysis,
  });
  const beating = heartbeat({ client: own, clock, log, namespace: KARGO_NAMESPACE, controller: '', identity }, signal);
  const ended = new Promise<void>((settle) => {
    if (signal.aborted) settle();
    signal.addEventListener('abort', () => settle(), { once: true });
  });
  // A start rejects only when it is stopped meanwhile.
  const started = manager.start().then(
    () => log.info({ identity }, 'controllers are running'),
    () => undefined,
  );
  await ended;
  await manager.stop();
  await Promise.all([started, beating]);
}

function definedIn(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
