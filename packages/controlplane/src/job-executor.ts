import { join } from 'node:path';
import {
  containerExecutor,
  findContainerEngine,
  localProcessExecutor,
  remoteClusterExecutor,
  sandboxProblem,
  type JobExecutor,
} from '@kargo/analysis';
import type { Processes } from '@kargo/integrations';
import { systemClock } from '@kargo/kube';
import { connectToCluster, type Environment } from './cluster-client.ts';
import type { JobExecutorChoice } from './config.ts';
import { podLogsOf } from './pod-logs.ts';

/** What runs the Jobs of verifications: an executor here, the cluster that they are in, or nothing, and why. */
export type ChosenExecutor = { executor: JobExecutor } | { cluster: true } | { unavailable: string };

/** What runs Jobs, for people. */
export function describeExecutor(chosen: ChosenExecutor): string {
  if ('unavailable' in chosen) return chosen.unavailable;
  if ('cluster' in chosen) return 'left to the cluster';
  const { name, caveat } = chosen.executor;
  return caveat === undefined ? name : `${name} (${caveat})`;
}

const ADVICE =
  'start Docker or Podman, or start kargo with --job-executor sandbox to run the commands of Jobs on this machine behind bubblewrap (images are then ignored)';

/** Chooses the executor of Jobs. Local processes are never chosen by themselves; another cluster is, where one is named. */
export async function chooseJobExecutor(
  choice: JobExecutorChoice | 'cluster',
  options: { processes: Processes; data: string; signal: AbortSignal; env?: Environment },
): Promise<ChosenExecutor> {
  const { processes, data, signal, env = {} } = options;
  const directory = join(data, 'jobs');
  if (choice === 'cluster') return { cluster: true };
  if (choice === 'none')
    return { unavailable: 'no job executor available in embedded mode: it was switched off with --job-executor none' };
  if (choice === 'local-process') return { executor: localProcessExecutor({ processes, directory }) };
  if (choice === 'sandbox') {
    const problem = await sandboxProblem(processes, signal);
    if (problem !== undefined) return { unavailable: `no job executor available in embedded mode: ${problem}` };
    const network = env['KARGO_SANDBOX_NETWORK'] ?? 'host';
    if (network !== 'host' && network !== 'none')
      return {
        unavailable: `no job executor available: KARGO_SANDBOX_NETWORK must be host or none; found ${JSON.stringify(network)}`,
      };
    return { executor: localProcessExecutor({ processes, directory, sandbox: true, network: network === 'host' }) };
  }
  const kubeconfig = env['ARGO_ROLLOUTS_ANALYSIS_JOB_KUBECONFIG'] ?? '';
  if (choice === 'remote' || (choice === 'auto' && kubeconfig !== '')) {
    if (kubeconfig === '')
      return {
        unavailable:
          'no job executor available: --job-executor remote needs ARGO_ROLLOUTS_ANALYSIS_JOB_KUBECONFIG, the kubeconfig of the cluster',
      };
    return { executor: await remoteExecutor(kubeconfig, env) };
  }
  const engine = await findContainerEngine(processes, signal);
  if (engine !== undefined) return { executor: containerExecutor({ processes, engine, directory }) };
  return { unavailable: `no job executor available in embedded mode: no container engine answers; ${ADVICE}` };
}

async function remoteExecutor(kubeconfig: string, env: Environment): Promise<JobExecutor> {
  const { access, client } = await connectToCluster({ kubeconfig }, env);
  return remoteClusterExecutor({
    client,
    clock: systemClock,
    namespace: env['ARGO_ROLLOUTS_ANALYSIS_JOB_NAMESPACE'] || undefined,
    podLogs: podLogsOf(access),
  });
}
