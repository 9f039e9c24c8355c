import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Processes } from '@kargo/integrations';
import type { AttemptRequest, AttemptResult, ContainerToRun, JobExecutor } from './executor.ts';

const MAX_OUTPUT = 5 * 1024 * 1024;
/** What commands find programs in; nothing of the control plane's own environment is passed on. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Runs the commands of containers as processes of this machine, in a folder of their own below `directory`. Images are ignored, and
 * nothing isolates the command from the machine: only for trusted Projects, and only when an operator has chosen it.
 */
export function localProcessExecutor(options: { processes: Processes; directory: string }): JobExecutor {
  const { processes, directory } = options;
  return {
    name: 'local-process',
    caveat: 'the image is ignored: commands run as processes of this machine',
    async run(request) {
      const folder = join(directory, request.id);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      try {
        for (const container of request.initContainers) {
          const result = await runContainer(processes, request, container, folder, request.signal);
          if (result.kind !== 'succeeded') return result;
        }
        return await runAll(processes, request, folder);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

/** Runs the containers side by side; the first failure stops the others, whose end is awaited. */
async function runAll(processes: Processes, request: AttemptRequest, folder: string): Promise<AttemptResult> {
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  let failure: AttemptResult | undefined;
  const runs = request.containers.map(async (container) => {
    try {
      const result = await runContainer(processes, request, container, folder, signal);
      if (result.kind === 'succeeded') return;
      failure ??= result;
      stop.abort(new Error(`container ${container.name} failed`));
    } catch (error) {
      if (failure === undefined) throw error; // Stopped because another one failed: that one's result counts.
    }
  });
  const ends = await Promise.allSettled(runs);
  const crashed = ends.find((end) => end.status === 'rejected');
  if (failure === undefined && crashed !== undefined) throw crashed.reason;
  return failure ?? { kind: 'succeeded' };
}

async function runContainer(
  processes: Processes,
  request: AttemptRequest,
  container: ContainerToRun,
  cwd: string,
  signal: AbortSignal,
): Promise<AttemptResult> {
  const [command, ...args] = [...container.command, ...container.args];
  if (command === undefined) {
    return {
      kind: 'failed',
      container: container.name,
      exitCode: undefined,
      message: `container "${container.name}" names no command, and the local-process executor does not look into images: give it a command, or use a container engine`,
    };
  }
  const result = await processes.run({
    command,
    args,
    cwd,
    env: { PATH, HOME: cwd, TMPDIR: cwd, ...container.env },
    timeout: request.timeout,
    maxOutput: MAX_OUTPUT,
    signal,
    secrets: request.secrets,
    onOutput: (_stream, text) => request.onOutput?.(container.name, text),
  });
  if (result.exitCode === 0) return { kind: 'succeeded' };
  const words = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-3).join('\n').slice(-500);
  return {
    kind: 'failed',
    container: container.name,
    exitCode: result.exitCode,
    message: `container "${container.name}" ended with exit code ${result.exitCode}${words === '' ? '' : `: ${words}`}`,
  };
}
