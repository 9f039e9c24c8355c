/** The walls around local processes: bubblewrap, where it is installed and may be used. */
import { ProcessError, type Processes } from '@kargo/integrations';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const PROBE_TIMEOUT = 5_000;
/** What programs need of the machine: themselves, their libraries, names and certificates. Nothing of its users or of Kargo. */
const READABLE = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/opt'];
const SETTINGS = ['alternatives', 'ca-certificates', 'group', 'hosts', 'ld.so.cache', 'localtime', 'nsswitch.conf', 'passwd', 'pki', 'resolv.conf', 'ssl']; // prettier-ignore
/** Where the attempt's own folder is in the sandbox. */
export const SANDBOX_HOME = '/work';

/** A folder or file of this machine that the sandbox shows. */
export interface SandboxMount {
  source: string;
  path: string;
  readOnly: boolean;
}

/**
 * The command line that runs `command` behind walls: no files of the machine but its programs, no other processes, no privileges, and no network
 * but its own where `network` is false; else the network stays, as checks ask servers. Environment values are inherited, and so never in the command line.
 */
export function sandboxed(
  command: readonly string[],
  {
    home,
    mounts,
    directory,
    network = true,
  }: { home: string; mounts: readonly SandboxMount[]; directory: string; network?: boolean },
): string[] {
  return [
    // What ends the attempt is told to the whole process group. The walls must outlive the command, which takes its leave by itself.
    '/bin/sh',
    '-c',
    'trap "" TERM; exec bwrap "$@"',
    'sandbox',
    '--unshare-all',
    ...(network ? ['--share-net'] : []),
    '--die-with-parent',
    '--cap-drop',
    'ALL',
    ...READABLE.flatMap((path) => ['--ro-bind-try', path, path]),
    ...SETTINGS.flatMap((name) => ['--ro-bind-try', `/etc/${name}`, `/etc/${name}`]),
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    '--tmpfs',
    '/tmp',
    '--bind',
    home,
    SANDBOX_HOME,
    ...mounts.flatMap(({ source, path, readOnly }) => [readOnly ? '--ro-bind' : '--bind', source, path]),
    '--chdir',
    directory,
    '--',
    'env',
    '--default-signal=TERM',
    '--',
    ...command,
  ];
}

/** Why there can be no sandbox on this machine, or nothing. */
export async function sandboxProblem(processes: Processes, signal?: AbortSignal): Promise<string | undefined> {
  const [command = '', ...args] = sandboxed(['true'], { home: '/tmp', mounts: [], directory: '/' });
  try {
    const { exitCode, stderr } = await processes.run({
      command,
      args,
      cwd: '/',
      env: { PATH, HOME: '/' },
      timeout: PROBE_TIMEOUT,
      signal,
    });
    if (exitCode === 0) return undefined;
    return exitCode === 127
      ? 'bubblewrap is not installed: install the package "bubblewrap", which brings the program bwrap'
      : `bubblewrap does not work here: ${stderr.trim().split('\n').at(-1)?.slice(0, 300) ?? ''}`;
  } catch (error) {
    if (!(error instanceof ProcessError) || signal?.aborted === true) throw error;
    return `bubblewrap does not work here: ${error.message}`;
  }
}
