import type { Processes } from '@kargo/integrations';
import { inAttemptFolder, type AttemptFolder } from './attempt-folder.ts';
import type { AttemptRequest, AttemptResult, ContainerToRun, JobExecutor } from './executor.ts';
import { limited } from './process-limits.ts';
import { failedContainer, runContainers } from './run-containers.ts';
import { SANDBOX_HOME, sandboxed } from './sandbox.ts';

const MAX_OUTPUT = 64 * 1024;
/** What commands find programs in; nothing of the control plane's own environment is passed on. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Runs the commands of containers as processes of this machine, in a folder of their own below `directory`. Images are ignored. Without
 * `sandbox` nothing isolates the command from the machine: only for trusted Projects, and only when an operator has chosen it. Volumes are
 * folders beside; where command, arguments, working directory or environment name a mount path, they are given that folder's path instead.
 * With `sandbox` (bubblewrap must work, see {@link sandboxProblem}) commands see no files and no processes but their own, and volumes are
 * where the container wants them.
 */
export function localProcessExecutor(options: {
  processes: Processes;
  directory: string;
  sandbox?: boolean;
  /** Whether commands in the sandbox reach the network. Default true. */
  network?: boolean;
}): JobExecutor {
  const { processes, directory, sandbox = false, network = true } = options;
  const runOne = sandbox ? runSandboxed(network) : runProcess;
  return {
    name: sandbox ? 'sandbox' : 'local-process',
    caveat: sandbox
      ? `the image is ignored: commands run as sandboxed processes of this machine${network ? '' : ', without network'}`
      : 'the image is ignored: commands run as processes of this machine',
    run: (request) =>
      inAttemptFolder(directory, request, (folder) =>
        runContainers(request, (container, signal) => runOne(processes, request, container, folder, signal)),
      ),
  };
}

/** As {@link runProcess}, but volumes are where the container wants them, and the rest of the machine is not there. */
function runSandboxed(network: boolean): typeof runProcess {
  return (...args) => runInSandbox(network, ...args);
}

async function runInSandbox(
  network: boolean,
  processes: Processes,
  request: AttemptRequest,
  container: ContainerToRun,
  folder: AttemptFolder,
  signal: AbortSignal,
): Promise<AttemptResult> {
  if (container.command.length === 0 && container.args.length === 0) return namesNoCommand(container);
  const mounts = container.mounts.map((mount) => ({ source: folder.source(mount), path: mount.path, readOnly: mount.readOnly }));
  const at = container.workingDir;
  const isThere = at !== undefined && mounts.some(({ path }) => at === path || at.startsWith(`${path}/`));
  const [command = '', ...args] = sandboxed(limited([...container.command, ...container.args], container), {
    home: folder.path,
    network,
    mounts,
    directory: isThere ? at : SANDBOX_HOME,
  });
  const result = await processes.run({
    command,
    args,
    cwd: folder.path,
    env: { PATH, HOME: SANDBOX_HOME, TMPDIR: '/tmp', ...container.env },
    timeout: request.timeout,
    grace: request.grace,
    maxOutput: MAX_OUTPUT,
    signal,
    secrets: request.secrets,
    onOutput: (_stream, text) => request.onOutput?.(container.name, text),
  });
  if (result.exitCode === 0) return { kind: 'succeeded' };
  return failedContainer(container, result.exitCode, result.stderr.trim() === '' ? result.stdout : result.stderr);
}

function namesNoCommand({ name }: ContainerToRun): AttemptResult {
  return {
    kind: 'failed',
    container: name,
    exitCode: undefined,
    message: `container "${name}" names no command, and the local-process executor does not look into images: give it a command, or use a container engine`,
  };
}

async function runProcess(
  processes: Processes,
  request: AttemptRequest,
  container: ContainerToRun,
  folder: AttemptFolder,
  signal: AbortSignal,
): Promise<AttemptResult> {
  const place = mountPlacer(container, folder);
  const line = [...container.command, ...container.args].map(place);
  if (line.length === 0) return namesNoCommand(container);
  const [command = '', ...args] = limited(line, container);
  const env = Object.fromEntries(Object.entries(container.env).map(([name, value]) => [name, place(value)]));
  const result = await processes.run({
    command,
    args,
    cwd: workingDirectory(container, place) ?? folder.path,
    env: { PATH, HOME: folder.path, TMPDIR: folder.path, ...env },
    timeout: request.timeout,
    grace: request.grace,
    maxOutput: MAX_OUTPUT,
    signal,
    secrets: request.secrets,
    onOutput: (_stream, text) => request.onOutput?.(container.name, text),
  });
  if (result.exitCode === 0) return { kind: 'succeeded' };
  return failedContainer(container, result.exitCode, result.stderr.trim() === '' ? result.stdout : result.stderr);
}

/** Only a mounted folder exists here as well as in the image. */
function workingDirectory({ workingDir, mounts }: ContainerToRun, place: (text: string) => string): string | undefined {
  if (workingDir === undefined) return undefined;
  return mounts.some(({ path }) => workingDir === path || workingDir.startsWith(`${path}/`)) ? place(workingDir) : undefined;
}

/** Replaces mount paths in a text by where they are on this machine; the longest path first, so that nested mounts keep apart. */
function mountPlacer({ mounts }: ContainerToRun, folder: AttemptFolder): (text: string) => string {
  const sources = new Map(mounts.map((mount) => [mount.path, folder.source(mount)]));
  if (sources.size === 0) return (text) => text;
  const paths = [...sources.keys()]
    .toSorted((a, b) => b.length - a.length)
    .map((path) => path.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp(`(?<![\\w./-])(${paths.join('|')})(?![\\w.-])`, 'g');
  return (text) => text.replaceAll(pattern, (path) => sources.get(path) ?? path);
}
