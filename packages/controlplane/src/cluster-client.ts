import { realProcesses } from '@kargo/integrations';
import {
  httpClient,
  inClusterAccess,
  loadKubeconfig,
  systemClock,
  systemRandom,
  type Client,
  type ClusterAccess,
  type RunProgram,
} from '@kargo/kube';

export type Environment = Readonly<Record<string, string | undefined>>;

/** How a component reaches the API that it works on. */
export interface ClusterOptions {
  /** One file or several, separated as paths are. Default: the cluster that this process runs in. */
  kubeconfig?: string | undefined;
  context?: string | undefined;
}

/** A way to an API, with two clients. */
export interface ClusterConnection {
  access: ClusterAccess;
  client: Client;
  /** Not held up by other requests: for what proves that this process lives and leads. */
  urgent: Client;
}

/** What a Kubernetes client may ask for: requests a second, and at once. */
const BUDGET = { perSecond: 50, burst: 300 };
const READ_ATTEMPTS = 5;
const PLUGIN_TIMEOUT = 60_000;
const URGENT_TIMEOUT = 5000;

/** Connects to the API of a kubeconfig, or of the cluster that this process runs in. Fails with `KubeconfigError`. */
export async function connectToCluster({ kubeconfig, context }: ClusterOptions, env: Environment): Promise<ClusterConnection> {
  const clock = systemClock;
  const processes = realProcesses();
  const run: RunProgram = ({ command, args, env: more }) =>
    processes.run({ command, args, cwd: process.cwd(), env: { ...definedIn(env), ...more }, timeout: PLUGIN_TIMEOUT });
  const access =
    kubeconfig === undefined
      ? await inClusterAccess({ env, clock })
      : await loadKubeconfig({ file: kubeconfig, context, clock, run, env });
  const { baseURL, fetch } = access;
  const retries = { attempts: READ_ATTEMPTS, base: 200, max: 10_000, random: systemRandom };
  return {
    access,
    client: httpClient({ baseURL, fetch, clock, retries, budget: budgetOf(env) }),
    urgent: httpClient({ baseURL, fetch, clock, timeout: URGENT_TIMEOUT }),
  };
}

/** How much may be asked: `KUBE_API_QPS` a second and `KUBE_API_BURST` at once, where they are numbers above 0. */
export function budgetOf(env: Environment): { perSecond: number; burst: number } {
  const positive = (name: string, otherwise: number): number => {
    const value = Number(env[name] ?? '');
    return Number.isFinite(value) && value > 0 ? value : otherwise;
  };
  return { perSecond: positive('KUBE_API_QPS', BUDGET.perSecond), burst: positive('KUBE_API_BURST', BUDGET.burst) };
}

function definedIn(env: Environment): Record<string, string> {
  return Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
