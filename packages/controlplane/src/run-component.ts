import { CLIError, type CLIIO } from '@kargo/cli';
import { KubeconfigError, systemClock, type Log } from '@kargo/kube';
import { ConfigError, type UpConfig } from './config.ts';
import { DataFolderInUseError } from './data-lock.ts';
import { ListenError } from './listener.ts';
import { createLog } from './log.ts';
import { releaseStartMemory } from './start-memory.ts';

/** Failures whose messages say themselves what to do. */
const EXPLAINED = [KubeconfigError, DataFolderInUseError, ListenError, ConfigError];

/** Runs a component of an installation until it ends, or the process is told to stop: `signal` aborts then. Fails with `CLIError`. */
export async function runComponent(
  { config, stderr }: { config: Pick<UpConfig, 'logLevel' | 'logFormat' | 'unknownSettings'>; stderr: CLIIO['stderr'] },
  run: (log: Log, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { logLevel: level, logFormat: format } = config;
  const log = createLog({ level, format, clock: systemClock, write: (line) => stderr.write(line) });
  for (const problem of config.unknownSettings ?? []) log.warn({ problem }, 'a setting is not known; the default holds');
  const stopping = new AbortController();
  const stop = (): void => stopping.abort(new Error('the process was told to stop'));
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, stop);
  // Timers do not keep a process alive.
  const alive = setInterval(() => undefined, 2 ** 30);
  const keepMemory = releaseStartMemory(systemClock);
  try {
    await run(log, stopping.signal);
  } catch (error) {
    if (EXPLAINED.some((type) => error instanceof type)) throw new CLIError('Configuration', (error as Error).message, error);
    throw error;
  } finally {
    keepMemory();
    clearInterval(alive);
    for (const signal of signals) process.off(signal, stop);
  }
}
