import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createConnection, createServer, type AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** OpenSSH's server, running for the user of this process. */
export interface SshServer {
  /** `ssh://user@127.0.0.1:PORT` and an absolute path. */
  url(path: string): string;
  /** The private key that is let in. */
  readonly privateKey: string;
  /** Another one, which is not. */
  readonly otherKey: string;
  /** A line of known_hosts for it as it is now. */
  knownHosts(): Promise<string>;
  /** Starts anew with another host key. */
  changeHostKey(): Promise<void>;
  close(): Promise<void>;
}

const PROGRAMS = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'];

/** Starts the real sshd on a free port of the loopback interface; if that is impossible, the reason for skipping what needs it. */
export async function startSshServer(): Promise<SshServer | { skipped: string }> {
  const program = PROGRAMS.find((file) => existsSync(file));
  if (program === undefined) return { skipped: 'sshd is not installed (Debian: apt-get install openssh-server)' };
  const folder = await mkdtemp(join(tmpdir(), 'ssh-server-'));
  const port = await freePort();
  const run = promisify(execFile);
  const keys: Record<string, string> = {};
  for (const name of ['host', 'user', 'other']) {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
    keys[name] = await readFile(join(folder, name), 'utf8');
  }
  await writeFile(join(folder, 'authorized_keys'), await readFile(join(folder, 'user.pub')), { mode: 0o600 });
  // Where sshd of root locks itself in while it checks keys.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  await writeFile(
    join(folder, 'config'),
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${join(folder, 'host')}`,
      `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
      'PidFile none',
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin prohibit-password',
      '',
    ].join('\n'),
  );
  let child: ChildProcess;
  let said = '';
  let ended: Promise<void>;
  const stop = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  const begin = async (): Promise<boolean> => {
    child = spawn(program, ['-D', '-e', '-f', join(folder, 'config')], { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    for (let attempt = 0; !(await answers(port)); attempt += 1) {
      if (attempt >= 100 || child.exitCode !== null) return false;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return true;
  };
  const close = async (): Promise<void> => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  };
  if (!(await begin())) {
    await close();
    return { skipped: `sshd did not start: ${said.trim().split('\n').at(-1) ?? ''}` };
  }
  return {
    url: (path) => `ssh://${userInfo().username}@127.0.0.1:${port}${path}`,
    privateKey: keys['user'] ?? '',
    otherKey: keys['other'] ?? '',
    knownHosts: async () => `[127.0.0.1]:${port} ${(await readFile(join(folder, 'host.pub'), 'utf8')).trim()}\n`,
    changeHostKey: async () => {
      await stop();
      for (const file of ['host', 'host.pub']) await rm(join(folder, file));
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'host')]);
      if (!(await begin())) throw new Error(`sshd did not start again: ${said.trim().split('\n').at(-1) ?? ''}`);
    },
    close,
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
