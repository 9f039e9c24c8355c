import { join } from 'node:path';
import { containerExecutor, findContainerEngine, localProcessExecutor, type JobExecutor } from '@kargo/analysis';
import type { Processes } from '@kargo/integrations';
import type { JobExecutorChoice } from './config.ts';

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
  'start Docker or Podman, or start kargo with --job-executor local-process to run the commands of Jobs on this machine (images are then ignored)';

/** Chooses the executor of Jobs. Local processes are never chosen by themselves. */
export async function chooseJobExecutor(
  choice: JobExecutorChoice | 'cluster',
  options: { processes: Processes; data: string; signal: AbortSignal },
): Promise<ChosenExecutor> {
  const { processes, data, signal } = options;
  if (choice === 'cluster') return { cluster: true };
  if (choice === 'none')
    return { unavailable: 'no job executor available in embedded mode: it was switched off with --job-executor none' };
  if (choice === 'local-process') return { executor: localProcessExecutor({ processes, directory: join(data, 'jobs') }) };
  const engine = await findContainerEngine(processes, signal);
  if (engine !== undefined) return { executor: containerExecutor({ processes, engine, directory: join(data, 'jobs') }) };
  return { unavailable: `no job executor available in embedded mode: no container engine answers; ${ADVICE}` };
}
