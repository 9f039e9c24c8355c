import { join } from 'node:path';
import { containerExecutor, findContainerEngine, localProcessExecutor, type JobExecutor } from '@kargo/analysis';
import type { Processes } from '@kargo/integrations';
import type { JobExecutorChoice } from './config.ts';

/** What runs the Jobs of verifications, or why nothing does. */
export type ChosenExecutor = { executor: JobExecutor } | { unavailable: string };

const ADVICE =
  'start Docker or Podman, or start kargo with --job-executor local-process to run the commands of Jobs on this machine (images are then ignored)';

/** Chooses the executor of Jobs. Local processes are never chosen by themselves. */
export async function chooseJobExecutor(
  choice: JobExecutorChoice,
  options: { processes: Processes; data: string; signal: AbortSignal },
): Promise<ChosenExecutor> {
  const { processes, data, signal } = options;
  if (choice === 'none')
    return { unavailable: 'no job executor available in embedded mode: it was switched off with --job-executor none' };
  if (choice === 'local-process') return { executor: localProcessExecutor({ processes, directory: join(data, 'jobs') }) };
  const engine = await findContainerEngine(processes, signal);
  if (engine !== undefined) return { executor: containerExecutor({ processes, engine, directory: join(data, 'jobs') }) };
  return { unavailable: `no job executor available in embedded mode: no container engine answers; ${ADVICE}` };
}
