/** Signing, SSH, and where secrets may be seen while git runs, with real programs. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realProcesses } from '../process/real-processes.ts';
import { gpgKey } from '../testing/gpg-key.ts';
import { startGitServer, type GitServer } from '../testing/git-server.ts';
import { sshKey } from '../testing/ssh-key.ts';
import { startSshServer } from '../testing/ssh-server.ts';
import type { Git, GitIdentity, GitRemote } from './port.ts';
import { realGit } from './real-git.ts';

const AUTHOR = { name: 'Kargo', email: 'kargo@example.com' };
const DATE = 1_750_000_000_000;

let server: GitServer;
let folder: string;
let git: Git;
beforeEach(async () => {
  server = await startGitServer({ auth: { username: 'robot', password: 's3cret-token' } });
  folder = await mkdtemp(join(tmpdir(), 'credentials-'));
  git = realGit({ processes: realProcesses({ grace: 200 }), clock: systemClock, directory: join(folder, 'cache') });
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const overHTTP = async (): Promise<GitRemote> => ({
  url: await server.createRepository('demo', { 'README.md': 'hello\n' }),
  credentials: { username: 'robot', password: 's3cret-token' },
});

async function commitAndPush(remote: GitRemote, author: GitIdentity, place: string): Promise<string> {
  const clone = await git.clone({ remote, home: join(folder, place, 'home'), author });
  const tree = await clone.addWorkTree({ path: join(folder, place, 'tree'), ref: { branch: 'main' } });
  await writeFile(join(tree.path, 'x'), '1');
  await tree.stage();
  const id = await tree.commit({ message: 'Signed', date: DATE });
  await tree.tag({ name: place, message: 'Signed as well', date: DATE });
  await tree.push({ branch: place });
  await tree.pushTag(place);
  return id;
}

/** Everything that other users of the machine can see of running programs. */
async function commandLines(): Promise<string> {
  const lines: string[] = [];
  for (const id of await readdir('/proc')) {
    if (!/^\d+$/.test(id)) continue;
    lines.push(await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => ''));
  }
  return lines.join('\n');
}

/** Looks at the command lines of the machine all the time while `action` runs. */
async function watched(action: () => Promise<unknown>): Promise<string> {
  let seen = '';
  let over = false;
  const watching = (async () => {
    while (!over) {
      seen += await commandLines();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  await action().finally(() => {
    over = true;
  });
  await watching;
  return seen;
}

describe('signatures', () => {
  const keys = { GPG: gpgKey(), SSH: sshKey()?.privateKey, 'SSH (RSA)': sshKey('rsa')?.privateKey };

  it.each(Object.keys(keys) as (keyof typeof keys)[])('by %s keys satisfy git itself, and are the same again', async (kind) => {
    const signingKey = keys[kind];
    if (signingKey === undefined) {
      console.warn(`skipped: signatures by ${kind} keys: the programs for them are not installed`);
      return;
    }
    const remote = await overHTTP();
    const author = { ...AUTHOR, signingKey };
    let id = '';
    const seen = await watched(async () => {
      id = await commitAndPush(remote, author, 'first');
    });
    expect(await commitAndPush(remote, author, 'again')).toBe(id);
    expect(/s3cret-token|PRIVATE KEY/.test(seen)).toBe(false);
    // Verified as somebody else would, who trusts this key.
    const home = await mkdtemp(join(tmpdir(), 'verify-'));
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: home, GNUPGHOME: home, GIT_CONFIG_NOSYSTEM: '1' };
    const config: string[] = [];
    if (kind === 'GPG')
      execFileSync('gpg', ['--batch', '--import'], { env, input: signingKey, stdio: ['pipe', 'ignore', 'ignore'] });
    else {
      await writeFile(join(home, 'key'), signingKey, { mode: 0o600 });
      const publicKey = execFileSync('ssh-keygen', ['-y', '-f', join(home, 'key')]).toString();
      await writeFile(join(home, 'allowed'), `kargo@example.com ${publicKey}`);
      config.push('-c', `gpg.ssh.allowedSignersFile=${join(home, 'allowed')}`);
    }
    try {
      const gitDir = join(server.directory, 'demo.git');
      const verify = (...args: string[]): void =>
        void execFileSync('git', [...config, `--git-dir=${gitDir}`, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
      verify('verify-commit', id);
      verify('verify-tag', 'first');
      expect(() => verify('verify-commit', 'main')).toThrow();
    } finally {
      if (kind === 'GPG') execFileSync('gpgconf', ['--kill', 'all'], { env, stdio: 'ignore' });
      await rm(home, { recursive: true, force: true });
    }
    const tree = await git.open(join(folder, 'first', 'tree'), { remote, home: join(folder, 'first', 'home'), author });
    expect((await tree.localCommits(undefined)).map(({ signature }) => signature)).toEqual(['unsigned', 'trusted']);
    expect(execFileSync('sh', ['-c', `grep -rlE 'PRIVATE KEY|s3cret' '${folder}' || true`]).toString()).toBe('');
  });

  it('say what is wrong with a key that cannot be used', async () => {
    const remote = await overHTTP();
    const bad = '-----BEGIN OPENSSH PRIVATE KEY-----\nnot a key\n-----END OPENSSH PRIVATE KEY-----\n';
    const error = await commitAndPush(remote, { ...AUTHOR, signingKey: bad }, 'bad').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('SSH private key without passphrase') as string,
    });
    expect(String(error)).not.toContain('not a key');
  });
});

describe('secrets', () => {
  it('are in no command line while git waits for a server, and in no setting of a mirror', async () => {
    const remote = await overHTTP();
    await git.commits(remote, { branch: 'main', limit: 1 });
    server.setFault(({ user }) => (user === undefined ? undefined : 'hang'));
    const stop = new AbortController();
    const before = server.requests.length;
    const waiting = git.remoteRefs(remote, { signal: stop.signal }).catch(() => undefined);
    await expect.poll(() => server.requests.length, { timeout: 30_000 }).toBeGreaterThan(before);
    const seen = await commandLines();
    stop.abort();
    await waiting;
    expect([seen.includes(remote.url), seen.includes('s3cret-token')]).toEqual([true, false]);
    const [mirror = ''] = await readdir(join(folder, 'cache', 'mirrors'));
    expect(await readFile(join(folder, 'cache', 'mirrors', mirror, 'repo.git', 'config'), 'utf8')).not.toMatch(/s3cret|robot/);
  });
});

describe('git over SSH', () => {
  it('clones, pushes and tags with a key, and tells a key that is not let in', { timeout: 30_000 }, async () => {
    const ssh = await startSshServer();
    if ('skipped' in ssh) {
      console.warn(`skipped: git over SSH: ${ssh.skipped}`);
      return;
    }
    try {
      await server.createRepository('demo', { 'README.md': 'hello\n' });
      const url = ssh.url(join(server.directory, 'demo.git'));
      let id = '';
      const seen = await watched(async () => {
        id = await commitAndPush({ url, credentials: { sshPrivateKey: ssh.privateKey } }, AUTHOR, 'ssh');
      });
      expect((await server.branches('demo'))['ssh']).toBe(id);
      expect(seen.includes('PRIVATE KEY')).toBe(false);
      expect(await readdir(join(folder, 'cache', 'private', 'keys'))).toEqual([]);
      for (const sshPrivateKey of [ssh.otherKey, undefined]) {
        const error = await git.remoteRefs({ url, credentials: { sshPrivateKey } }).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ code: 'authentication' });
      }
    } finally {
      await ssh.close();
    }
  });
});
