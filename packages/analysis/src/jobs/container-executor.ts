import { parseQuantity } from '@kargo/gocompat';
import { ProcessError, type Processes } from '@kargo/integrations';
import { inAttemptFolder, type AttemptFolder } from './attempt-folder.ts';
import type { AttemptRequest, AttemptResult, ContainerToRun, JobExecutor } from './executor.ts';
import { failedContainer, runContainers } from './run-containers.ts';

const ENGINES = ['docker', 'podman', 'nerdctl'];
const PROBE_TIMEOUT = 5_000;
const REMOVE_TIMEOUT = 30_000;
const MAX_OUTPUT = 64 * 1024;
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

export interface ContainerExecutorOptions {
  processes: Processes;
  /** Name or path of a Docker-compatible command line. */
  engine: string;
  /** Where the folders of attempts are, which hold their volumes. */
  directory: string;
}

/** Runs containers with a Docker-compatible command line. Environment values reach the engine through its own environment, not argv. */
export function containerExecutor(options: ContainerExecutorOptions): JobExecutor {
  return {
    name: options.engine.split('/').at(-1) ?? options.engine,
    caveat: 'containers run outside a cluster: no Pod network, no ServiceAccount',
    run: (request) =>
      inAttemptFolder(options.directory, request, (folder) =>
        runContainers(request, (container, signal) => runContainer(options, request, container, folder, signal)),
      ),
  };
}

async function runContainer(
  { processes, engine }: ContainerExecutorOptions,
  request: AttemptRequest,
  container: ContainerToRun,
  folder: AttemptFolder,
  signal: AbortSignal,
): Promise<AttemptResult> {
  const name = `kargo-${request.id}-${container.name}`.replace(/[^a-zA-Z0-9_.-]/g, '-');
  try {
    const result = await processes.run({
      command: engine,
      args: runArguments(name, container, folder),
      cwd: '/',
      env: { PATH, HOME: '/', ...container.env },
      timeout: request.timeout,
      grace: request.grace,
      maxOutput: MAX_OUTPUT,
      signal,
      secrets: request.secrets,
      onOutput: (_stream, text) => request.onOutput?.(container.name, text),
    });
    if (result.exitCode === 0) return { kind: 'succeeded' };
    return result.exitCode === ENGINE_FAILED
      ? imageFailure(container, result.stderr)
      : failedContainer(container, result.exitCode, result.stderr.trim() === '' ? result.stdout : result.stderr);
  } catch (error) {
    // The client is gone, but the container may still run.
    await remove(processes, engine, name);
    throw error;
  }
}

function runArguments(name: string, container: ContainerToRun, folder: AttemptFolder): string[] {
  const [entrypoint, ...rest] = container.command;
  const { workingDir, user, limits, imagePullPolicy } = container;
  const pull = imagePullPolicy === 'Always' ? 'always' : imagePullPolicy === 'Never' ? 'never' : 'missing';
  return [
    'run',
    '--rm',
    `--name=${name}`,
    `--pull=${pull}`,
    ...Object.keys(container.env).flatMap((variable) => ['--env', variable]),
    ...container.mounts.map((mount) => `--volume=${folder.source(mount)}:${mount.path}${mount.readOnly ? ':ro' : ''}`),
    ...(workingDir === undefined ? [] : [`--workdir=${workingDir}`]),
    ...(user === undefined ? [] : [`--user=${user}`]),
    ...(limits?.cpu === undefined ? [] : [`--cpus=${parseQuantity(limits.cpu).toNumber()}`]),
    ...(limits?.memory === undefined ? [] : [`--memory=${Math.ceil(parseQuantity(limits.memory).toNumber())}`]),
    ...(entrypoint === undefined ? [] : [`--entrypoint=${entrypoint}`]),
    '--',
    container.image,
    ...rest,
    ...container.args,
  ];
}

function imageFailure(container: ContainerToRun, stderr: string): AttemptResult {
  const words = stderr.trim().split('\n').slice(-3).join('\n').slice(-500);
  return {
    kind: 'image',
    reason: /invalid reference format/.test(words) ? 'InvalidImageName' : 'ErrImagePull',
    message: `container "${container.name}" could not be started from image ${container.image}: ${words}`,
  };
}

async function remove(processes: Processes, engine: string, name: string): Promise<void> {
  try {
    const args = ['rm', '--force', name];
    await processes.run({ command: engine, args, cwd: '/', env: { PATH, HOME: '/' }, timeout: REMOVE_TIMEOUT });
  } catch (cause) {
    throw new Error(`could not stop container ${name}: remove it by hand`, { cause });
  }
}
