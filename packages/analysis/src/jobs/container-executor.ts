import { ProcessError, type Processes } from '@kargo/integrations';
import type { AttemptRequest, AttemptResult, ContainerToRun, JobExecutor } from './executor.ts';

const ENGINES = ['docker', 'podman', 'nerdctl'];
const PROBE_TIMEOUT = 5_000;
const MAX_OUTPUT = 5 * 1024 * 1024;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Exit code of `docker run` when the engine itself failed: the image could not be pulled, say. */
const ENGINE_FAILED = 125;

/** The first container engine that answers, or nothing. A client without a running engine does not count. */
export async function findContainerEngine(processes: Processes, signal?: AbortSignal): Promise<string | undefined> {
  for (const engine of ENGINES) {
    try {
      const { exitCode } = await processes.run({
        command: engine,
        args: ['info'],
        cwd: '/',
        env: { PATH, HOME: '/' },
        timeout: PROBE_TIMEOUT,
        signal,
      });
      if (exitCode === 0) return engine;
    } catch (error) {
      if (!(error instanceof ProcessError)) throw error; // Not installed, or it hangs: try the next one.
    }
  }
  return undefined;
}

/** Runs containers with a Docker-compatible command line. Environment values reach the engine through its own environment, not argv. */
export function containerExecutor(options: { processes: Processes; engine: string }): JobExecutor {
  return {
    name: options.engine,
    caveat: 'containers run outside a cluster: no Pod network, no ServiceAccount',
    async run(request) {
      for (const container of request.initContainers) {
        const result = await runContainer(options, request, container, request.signal);
        if (result.kind !== 'succeeded') return result;
      }
      const stop = new AbortController();
      const signal = AbortSignal.any([request.signal, stop.signal]);
      const ends = await Promise.allSettled(
        request.containers.map(async (container) => {
          const result = await runContainer(options, request, container, signal);
          if (result.kind !== 'succeeded') stop.abort(new Error(`container ${container.name} failed`));
          return result;
        }),
      );
      for (const end of ends) if (end.status === 'fulfilled' && end.value.kind !== 'succeeded') return end.value;
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
      return { kind: 'succeeded' };
    },
  };
}

async function runContainer(
  { processes, engine }: { processes: Processes; engine: string },
  request: AttemptRequest,
  container: ContainerToRun,
  signal: AbortSignal,
): Promise<AttemptResult> {
  const name = `kargo-${request.id}-${container.name}`.replace(/[^a-zA-Z0-9_.-]/g, '-');
  const [entrypoint, ...rest] = container.command;
  const names = Object.keys(container.env);
  const args = [
    'run',
    '--rm',
    `--name=${name}`,
    `--pull=${container.imagePullPolicy === 'Always' ? 'always' : container.imagePullPolicy === 'Never' ? 'never' : 'missing'}`,
    ...names.flatMap((variable) => ['--env', variable]),
    ...(container.workingDir === undefined ? [] : [`--workdir=${container.workingDir}`]),
    ...(entrypoint === undefined ? [] : [`--entrypoint=${entrypoint}`]),
    '--',
    container.image,
    ...rest,
    ...container.args,
  ];
  try {
    const result = await processes.run({
      command: engine,
      args,
      cwd: '/',
      env: { PATH, HOME: '/', ...container.env },
      timeout: request.timeout,
      maxOutput: MAX_OUTPUT,
      signal,
      secrets: request.secrets,
      onOutput: (_stream, text) => request.onOutput?.(container.name, text),
    });
    if (result.exitCode === 0) return { kind: 'succeeded' };
    const words = result.stderr.trim().split('\n').slice(-3).join('\n').slice(-500);
    if (result.exitCode === ENGINE_FAILED) {
      const reason = /invalid reference format/.test(words) ? 'InvalidImageName' : 'ErrImagePull';
      return {
        kind: 'image',
        reason,
        message: `container "${container.name}" could not be started from image ${container.image}: ${words}`,
      };
    }
    return {
      kind: 'failed',
      container: container.name,
      exitCode: result.exitCode,
      message: `container "${container.name}" ended with exit code ${result.exitCode}${words === '' ? '' : `: ${words}`}`,
    };
  } catch (error) {
    // The client is gone, but the container may still run.
    await processes
      .run({ command: engine, args: ['rm', '--force', name], cwd: '/', env: { PATH, HOME: '/' }, timeout: PROBE_TIMEOUT })
      .catch((cause: unknown) => {
        throw new Error(`could not stop container ${name}: remove it by hand`, { cause });
      });
    throw error;
  }
}
