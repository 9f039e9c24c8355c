import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProcessRequest } from '../process/port.ts';
import { realProcesses } from '../process/real-processes.ts';
import { describeGitContract, type GitContractWorld } from '../testing/contracts/git-contract.ts';
import { describeRehearsalContract } from '../testing/contracts/rehearsal-contract.ts';
import type { GitRehearsals } from '../rehearsal/port.ts';
import { gpgKey } from '../testing/gpg-key.ts';
import { startGitServer } from '../testing/git-server.ts';
import type { GitServer } from '../testing/git-server.ts';
import type { Git, GitRemote } from './port.ts';
import { realGit } from './real-git.ts';
import { systemCode } from '../port-error.ts';

const SEED = { 'README.md': 'hello\n', 'base/kustomization.yaml': 'resources: []\n' };
const AUTHOR = { name: 'Kargo', email: 'kargo@example.com' };

async function overHTTP(): Promise<GitContractWorld & { rehearsals: GitRehearsals }> {
  const server = await startGitServer();
  const folder = await mkdtemp(join(tmpdir(), 'git-'));
  const url = await server.createRepository('team/demo', SEED);
  const git = realGit({ processes: realProcesses(), clock: systemClock, directory: join(folder, 'cache') });
  return {
    git,
    rehearsals: git,
    remote: { url },
    absent: { url: server.repositoryURL('absent') },
    folder: join(folder, 'work'),
    seed: (commit) => server.commit('team/demo', commit),
    tag: (tag, revision, annotation) => server.tag('team/demo', tag, revision, annotation),
    async tags() {
      const text = await server.git(
        'team/demo',
        'for-each-ref',
        '--format=%(refname:lstrip=2)%09%(objecttype)%09%(*objectname)%(objectname)%09%(contents:subject)',
        'refs/tags',
      );
      return Object.fromEntries(
        text
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => {
            const [tag = '', type, ids = '', subject] = line.split('\t');
            return [tag, { commit: ids.slice(0, 40), ...(type === 'tag' ? { annotation: subject } : {}) }];
          }),
      );
    },
    signingKey: gpgKey(),
    branches: () => server.branches('team/demo'),
    files: (revision) => server.files('team/demo', revision),
    log: (revision) => server.log('team/demo', revision),
    refusePushes: (message) => server.refusePushes('team/demo', message),
    async write(path, content) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    },
    read: (path) =>
      readFile(path, 'utf8').catch((error: unknown) => {
        if (systemCode(error) === 'ENOENT') return undefined;
        throw error;
      }),
    list: async (path) => (await readdir(path)).sort(),
    async close() {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

describeGitContract('real, over HTTP', overHTTP);
describeRehearsalContract('real, over HTTP', overHTTP);

describe('real git', () => {
  let server: GitServer;
  let folder: string;
  let ran: ProcessRequest[];
  let git: Git;
  let remote: GitRemote;

  const newGit = (options: { timeouts?: object } = {}): Git => {
    const real = realProcesses({ grace: 300 });
    return realGit({
      processes: {
        run: (request) => {
          ran.push(request);
          return real.run(request);
        },
      },
      clock: systemClock,
      directory: join(folder, 'cache'),
      ...options,
    });
  };
  const start = async (auth?: { username: string; password: string }): Promise<void> => {
    server = await startGitServer({ auth });
    remote = { url: await server.createRepository('demo', SEED), credentials: auth };
  };
  const tree = async (path: string, branch = 'main', create = false) => {
    const clone = await git.clone({ remote, home: join(folder, 'home'), author: AUTHOR });
    return clone.addWorkTree({ path: join(folder, path), ref: { branch }, create });
  };
  const mirror = async (): Promise<string> => {
    const [name] = await readdir(join(folder, 'cache', 'mirrors'));
    return join(folder, 'cache', 'mirrors', name ?? '', 'repo.git');
  };
  const thrownBy = (promise: Promise<unknown>): Promise<{ code: string; message: string; transient: boolean }> =>
    promise.then(
      () => {
        throw new Error('expected a failure');
      },
      (error: { code: string; message: string; transient: boolean }) => error,
    );

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'git-'));
    ran = [];
    git = newGit();
  });
  afterEach(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('tells what the remote says about a push, without secrets', async () => {
    await start({ username: 'robot', password: 'hunter2' });
    const hook = join(server.directory, 'demo.git', 'hooks', 'post-receive');
    await mkdir(dirname(hook), { recursive: true });
    await writeFile(hook, '#!/bin/sh\necho "review it at https://x:hunter2@git.example.com/new"\n', { mode: 0o755 });
    const work = await tree('out', 'stage/x', true);
    await writeFile(join(work.path, 'x'), '1');
    await work.commitChanges({ message: 'x', date: 0 });
    const lines: string[] = [];
    await work.land({ branch: 'stage/x', policy: 'AlwaysRebase', date: 0, onLine: (line) => lines.push(line) });
    expect(lines.join('\n')).toMatch(/^remote: review it at https:\/\/x:\*+@git\.example\.com\/new$/m);
    expect(lines.join('\n')).not.toContain('hunter2');
  });

  it('authenticates without the password in arguments, on disk, in errors or to other hosts', async () => {
    const password = 'p4ss w0rd/@:%';
    await start({ username: 'robot', password });
    const work = await tree('out', 'stage/x', true);
    await writeFile(join(work.path, 'x'), '1');
    await work.stage();
    await work.commit({ message: 'x', date: 0 });
    await work.push({ branch: 'stage/x' });
    expect(ran.flatMap(({ args }) => args).join(' ')).not.toContain('p4ss');
    expect(execFileSync('sh', ['-c', `grep -rl p4ss '${folder}' || true`]).toString()).toBe('');

    const wrong = await thrownBy(git.remoteRefs({ url: remote.url, credentials: { username: 'robot', password: 'hunter2' } }));
    expect([wrong.code, wrong.transient]).toEqual(['authentication', false]);
    expect(wrong.message).not.toContain('hunter2');
    expect((await thrownBy(git.remoteRefs({ url: remote.url }))).code).toBe('authentication');

    const askpass = join(folder, 'cache', 'private', 'askpass');
    const env = {
      KARGO_GIT_HOST: 'git.example.com',
      KARGO_GIT_USERNAME: 'u',
      KARGO_GIT_PASSWORD: 'secret',
      PATH: '/bin:/usr/bin',
    };
    const ask = (question: string): string => {
      try {
        return execFileSync(askpass, [question], { env }).toString();
      } catch {
        return 'refused';
      }
    };
    expect([
      ask("Username for 'https://git.example.com': "),
      ask("Password for 'https://u@git.example.com': "),
      ask("Password for 'https://u@git.example.com.evil.com': "),
      ask("Password for 'https://evil.com': "),
    ]).toEqual(['u\n', 'secret\n', 'refused', 'refused']);
  });

  it('takes credentials out of the URL', async () => {
    await start({ username: 'robot', password: 'secret' });
    remote = { url: remote.url.replace('http://', 'http://robot:secret@') };
    const work = await tree('out');
    expect(work.remoteURL).toBe(server.repositoryURL('demo'));
    expect(execFileSync('sh', ['-c', `grep -rl robot:secret '${folder}' || true`]).toString()).toBe('');
  });

  it('never lets one set of credentials see through the mirror of another', async () => {
    await start({ username: 'robot', password: 'secret' });
    await tree('out');
    expect((await thrownBy(git.commits({ url: remote.url }, { branch: 'main', limit: 1 }))).code).toBe('authentication');
  });

  it('clones once and then fetches only what is new, for all users at once', async () => {
    await start();
    await tree('a');
    await server.commit('demo', { message: 'More', files: { more: '1' } });
    const before = server.requests.length;
    await Promise.all([1, 2, 3, 4, 5].map((n) => tree(`many/${n}`)));
    // The first fetch may have started before the others asked: they share the second one.
    expect(server.requests.slice(before).filter(({ phase }) => phase === 'advertise').length).toBeLessThanOrEqual(2);
    expect(await readFile(join(folder, 'many/5/more'), 'utf8')).toBe('1');
    const packs = (await readdir(join(await mirror(), 'objects/pack'))).filter((name) => name.endsWith('.pack'));
    expect(packs.length).toBe(2);
  });

  it('fetches contents only of what is checked out, when told so', async () => {
    await start({ username: 'robot', password: 'secret' });
    await server.commit('demo', { message: 'Old', files: { 'a/x': 'old contents', 'b/y': 'never looked at' } });
    await server.commit('demo', { message: 'New', files: { 'a/x': 'new contents' } });
    remote = { ...remote, blobless: true };
    const clone = await git.clone({ remote, home: join(folder, 'home'), author: AUTHOR });
    const work = await clone.addWorkTree({ path: join(folder, 'out'), ref: { branch: 'main' }, sparse: ['a'] });
    expect(await readFile(join(work.path, 'a/x'), 'utf8')).toBe('new contents');
    const config = await readFile(join(await mirror(), 'config'), 'utf8');
    expect(config).toContain('partialclonefilter');
    const missing = (gitDir: string): number =>
      execFileSync('git', ['--git-dir', gitDir, 'rev-list', '--objects', '--all', '--missing=print'])
        .toString()
        .split('\n')
        .filter((line) => line.startsWith('?')).length;
    expect(missing(await mirror())).toBe(3);

    await writeFile(join(work.path, 'a/z'), '1');
    await server.commit('demo', { message: 'Theirs', files: { 'b/y': 'theirs', 'a/x': 'theirs too' } });
    const later = await newGit().open(work.path, { remote, home: join(folder, 'home'), author: AUTHOR });
    await later.stage();
    await later.commit({ message: 'x', date: 0 });
    await later.integrate('main', { policy: 'AlwaysRebase', date: 0 });
    await later.push({ branch: 'main' });
    expect(await server.files('demo', 'main')).toMatchObject({ 'a/x': 'theirs too', 'a/z': '1', 'b/y': 'theirs' });
    expect(await readFile(join(work.path, 'a/x'), 'utf8')).toBe('theirs too');

    await git.export(remote, 'main', join(folder, 'export'));
    expect(await readFile(join(folder, 'export/b/y'), 'utf8')).toBe('theirs');
    expect(ran.flatMap(({ args }) => args).join(' ')).not.toContain('secret');
  });

  it('keeps work trees whole when the mirror is repacked or removed', async () => {
    await start();
    const work = await tree('out');
    await rm(await mirror(), { recursive: true });
    const later = await newGit().open(work.path, { remote, home: join(folder, 'home') });
    await writeFile(join(work.path, 'x'), '1');
    expect(await later.stage()).toBe(true);
    await later.commit({ message: 'x', date: 0 });
    await later.push({ branch: 'main' });
    expect((await server.log('demo', 'main')).length).toBe(2);
    expect(await readFile(join((await tree('again')).path, 'x'), 'utf8')).toBe('1');
  });

  it('repairs a damaged mirror by cloning it anew', async () => {
    await start();
    await tree('a');
    const pack = join(await mirror(), 'objects/pack');
    for (const name of await readdir(pack)) {
      await chmod(join(pack, name), 0o600);
      await writeFile(join(pack, name), 'damaged');
    }
    await server.commit('demo', { message: 'More', files: { more: '1' } });
    git = newGit();
    expect(await readFile(join((await tree('b')).path, 'more'), 'utf8')).toBe('1');
    await rm(join(await mirror(), 'HEAD'));
    git = newGit();
    expect(await readFile(join((await tree('c')).path, 'more'), 'utf8')).toBe('1');
  });

  it('goes on after a kill: stale locks, half-made trees, unfinished rebases', async () => {
    await start();
    const work = await tree('out');
    const gitDir = (await readFile(join(work.path, '.git'), 'utf8')).trim().slice('gitdir: '.length);
    await writeFile(join(gitDir, 'index.lock'), '');
    await writeFile(join(gitDir, 'refs/heads/main.lock'), '');
    await writeFile(join(await mirror(), 'packed-refs.lock'), '');
    await writeFile(join(work.path, 'x'), '1');
    git = newGit();
    const later = await git.open(work.path, { remote, home: join(folder, 'home') });
    expect(await later.stage()).toBe(true);
    await later.commit({ message: 'x', date: 0 });

    await server.commit('demo', { message: 'Conflict', files: { x: '2' } });
    expect((await thrownBy(later.rebaseOnto('main'))).code).toBe('conflict');
    const plain = { PATH: '/usr/bin:/bin', HOME: folder, GIT_COMMITTER_NAME: 'x', GIT_COMMITTER_EMAIL: 'x' };
    expect(() =>
      execFileSync('git', ['rebase', '-q', 'refs/kargo/onto'], { cwd: work.path, env: plain, stdio: 'ignore' }),
    ).toThrow();
    const reopened = await git.open(work.path, { remote, home: join(folder, 'home') });
    expect([await reopened.branch(), await readFile(join(work.path, 'x'), 'utf8')]).toEqual(['main', '1']);

    const record = join(gitDir, 'kargo.json');
    await writeFile(record, (await readFile(record, 'utf8')).replace('"complete": true', '"complete": false'));
    expect((await thrownBy(git.open(work.path, { remote, home: join(folder, 'home') }))).code).toBe('notFound');
    expect(await readFile(join((await tree('out')).path, 'x'), 'utf8')).toBe('2');
  });

  it('creates a branch once when killed between push and answer', async () => {
    await start();
    const first = await (await tree('out', 'stage/x', true)).head();
    expect(await (await tree('out', 'stage/x', true)).head()).toBe(first);
    expect((await server.log('demo', 'stage/x')).length).toBe(1);
  });

  it('runs nothing that a repository or a promotion planted', async () => {
    await start();
    const marker = join(folder, 'pwned');
    await server.commit('demo', {
      message: 'Hostile',
      files: {
        '.gitattributes': '* filter=evil diff=evil merge=evil\n',
        '.gitmodules': '[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "touch /tmp/x"\n\tupdate = !touch x\n',
      },
    });
    const work = await tree('out');
    const gitDir = (await readFile(join(work.path, '.git'), 'utf8')).trim().slice('gitdir: '.length);
    await mkdir(join(gitDir, 'hooks'), { recursive: true });
    for (const hook of ['pre-commit', 'post-checkout', 'pre-push', 'reference-transaction', 'post-commit']) {
      await writeFile(join(gitDir, 'hooks', hook), `#!/bin/sh\ntouch '${marker}'\n`, { mode: 0o755 });
    }
    await writeFile(
      join(gitDir, 'config'),
      `[core]\n\tfsmonitor = touch '${marker}'\n\tsshCommand = touch '${marker}'\n[filter "evil"]\n\tclean = touch '${marker}'; cat\n\tsmudge = touch '${marker}'; cat\n`,
    );
    await writeFile(join(work.path, '.git'), `gitdir: ${folder}/evil\n`);
    await writeFile(join(work.path, 'x'), '1');
    const later = await git.open(work.path, { remote, home: join(folder, 'home') });
    await later.stage();
    await later.commit({ message: 'x', date: 0 });
    await later.push({ branch: 'main' });
    await later.clear();
    await expect(stat(marker)).rejects.toThrow();
  });

  it('gives SSH keys to ssh in private files that do not stay', async () => {
    await start();
    const seen: { mode: number; key: string; env: Readonly<Record<string, string>> }[] = [];
    const ssh = realGit({
      processes: {
        async run({ env }) {
          const file = /-i '([^']+)'/.exec(env['GIT_SSH_COMMAND'] ?? '')?.[1] ?? '';
          seen.push({ mode: (await stat(file)).mode & 0o777, key: await readFile(file, 'utf8'), env });
          return { exitCode: 128, stdout: '', stderr: 'git@x: Permission denied (publickey).', truncated: false, durationMs: 1 };
        },
      },
      clock: systemClock,
      directory: join(folder, 'cache'),
    });
    const error = await thrownBy(ssh.remoteRefs({ url: 'git@git.example.com:a/b.git', credentials: { sshPrivateKey: 'KEY' } }));
    expect([error.code, seen[0]?.mode, seen[0]?.key]).toEqual(['authentication', 0o600, 'KEY\n']);
    expect(seen[0]?.env['GIT_SSH_COMMAND']).toContain('BatchMode=yes');
    expect(await readdir(join(folder, 'cache', 'private', 'keys'))).toEqual([]);
  });

  it('gets another token in place of one that is refused before its time, once', async () => {
    await start({ username: 'robot', password: 'secret' });
    let renewals = 0;
    const asked = (password: string, fresh: string) =>
      git.remoteRefs({
        url: remote.url,
        credentials: {
          username: 'robot',
          password,
          identity: 'robot',
          renew: async () => ((renewals += 1), { username: 'robot', password: fresh }),
        },
      });
    expect((await asked('revoked', 'secret')).branches.has('main')).toBe(true);
    for (const fresh of ['revoked', 'wrong too']) expect((await thrownBy(asked('revoked', fresh))).code).toBe('authentication');
    expect(renewals).toBe(3);
  });

  it('sends credentials nowhere but to the repository they were asked for', async () => {
    await start({ username: 'robot', password: 'secret' });
    const work = await tree('out');
    const gitDir = (await readFile(join(work.path, '.git'), 'utf8')).trim().slice('gitdir: '.length);
    const record = join(gitDir, 'kargo.json');
    await writeFile(record, (await readFile(record, 'utf8')).replace(remote.url, 'https://evil.example.com/x'));
    expect((await thrownBy(git.open(work.path, { remote, home: join(folder, 'home') }))).code).toBe('invalid');
  });

  it.each([
    ['a server in trouble', { status: 500 }, 'unreachable', true],
    ['too many requests', { status: 429 }, 'unreachable', true],
    ['no permission', { status: 403 }, 'authentication', false],
    ['a broken connection', 'disconnect', 'unreachable', true],
    ['a server that hangs', 'hang', 'timeout', true],
  ] as const)('tells by code: %s', async (_, fault, code, transient) => {
    await start();
    await tree('out');
    git = newGit({ timeouts: fault === 'hang' ? { fetch: 300, listing: 300, push: 300 } : {} });
    const work = await git.open(join(folder, 'out'), { remote, home: join(folder, 'home') });
    server.setFault(() => fault);
    for (const action of [
      () => git.remoteRefs(remote),
      () => git.commits(remote, { limit: 1 }),
      () => work.push({ branch: 'new' }),
    ]) {
      const error = await thrownBy(action());
      expect([error.code, error.transient]).toEqual([code, transient]);
      expect(error.message).toContain(remote.url);
    }
  });

  it('tells that nobody answers', async () => {
    await start();
    await server.close();
    expect((await thrownBy(git.remoteRefs(remote))).code).toBe('unreachable');
  });

  it('stops a fetch that nobody waits for any more', async () => {
    await start();
    server.setFault(() => 'hang');
    const abort = new AbortController();
    const fetching = thrownBy(git.commits(remote, { branch: 'main', limit: 1, signal: abort.signal }));
    await expect.poll(() => server.requests.length, { timeout: 15_000 }).toBeGreaterThan(0);
    abort.abort();
    expect((await fetching).code).toBe('aborted');
    server.setFault(undefined);
    expect((await git.commits(remote, { branch: 'main', limit: 1 })).length).toBe(1);
  });

  it('keeps what git ignores when clearing', async () => {
    await start();
    await server.commit('demo', { message: 'Ignore', files: { '.gitignore': 'ignored\n' } });
    const work = await tree('out');
    await writeFile(join(work.path, 'ignored'), 'x');
    await work.clear();
    expect((await readdir(work.path)).sort()).toEqual(['.git', 'ignored']);
  });
});
