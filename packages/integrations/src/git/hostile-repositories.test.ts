/** What hostile repositories try, on real git over HTTP. Nothing of it may run, be written outside of the work tree, or be followed. */
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realProcesses } from '../process/real-processes.ts';
import { startGitServer, type GitServer } from '../testing/git-server.ts';
import type { Git, GitRemote, WorkTree } from './port.ts';
import { realGit } from './real-git.ts';

const AUTHOR = { name: 'Kargo', email: 'kargo@example.com' };

let server: GitServer;
let folder: string;
let git: Git;
let remote: GitRemote;

beforeEach(async () => {
  server = await startGitServer();
  folder = await mkdtemp(join(tmpdir(), 'hostile-'));
  git = realGit({ processes: realProcesses(), clock: systemClock, directory: join(folder, 'cache') });
  remote = { url: await server.createRepository('team/demo', { 'README.md': 'hello\n' }) };
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** Makes a branch of a tree as `git mktree` reads it, which checks no names. */
async function branchOf(name: string, entries: readonly [mode: string, id: string, name: string][], repository = 'team/demo') {
  const lines = entries.map(
    ([mode, id, path]) => `${mode} ${mode === '040000' ? 'tree' : mode === '160000' ? 'commit' : 'blob'} ${id}\t${path}\0`,
  );
  const tree = (await server.gitWith(repository, { input: lines.join('') }, 'mktree', '-z', '--missing')).trim();
  const commit = (await server.git(repository, 'commit-tree', tree, '-m', 'Hostile')).trim();
  await server.git(repository, 'update-ref', `refs/heads/${name}`, commit);
  return tree;
}
const blob = async (content: string): Promise<string> =>
  (await server.gitWith('team/demo', { input: content }, 'hash-object', '-w', '--stdin')).trim();
const checkOut = async (branch: string, submodules = false): Promise<WorkTree> => {
  const clone = await git.clone({ remote, home: join(folder, 'home'), author: AUTHOR });
  return clone.addWorkTree({ path: join(folder, 'out'), ref: { branch }, submodules });
};
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'ok',
    ({ code }: { code?: unknown }) => code,
  );

describe('hostile repositories', () => {
  it('cannot write to folders that git, or a file system, takes for its own', { timeout: 30_000 }, async () => {
    for (const name of ['.git', '.GIT', '.Git', 'git~1', '.git\u200c', '.git ', '.git::$INDEX_ALLOCATION', '..']) {
      const inner = await branchOf('inner', [['100644', await blob('[core]\n\tfsmonitor = touch /tmp/x\n'), 'config']]);
      await branchOf('evil', [['040000', inner, name]]);
      const outcome = await codeOf(checkOut('evil'));
      // What only other systems take for git's own folder may be a folder like any other here.
      if (outcome === 'ok') expect(name).toBe('.git\u200c');
      else expect(outcome).toBe('invalid');
      await expect(stat(join(folder, 'config'))).rejects.toThrow();
    }
  });

  it('keep symbolic links as links: nothing is written through them', async () => {
    await branchOf('evil', [
      ['120000', await blob('/etc'), 'etc'],
      ['120000', await blob('../../../outside'), 'up'],
      ['100644', await blob('x'), 'file'],
    ]);
    const tree = await checkOut('evil');
    expect((await lstat(join(tree.path, 'etc'))).isSymbolicLink()).toBe(true);
    await writeFile(join(tree.path, 'file'), 'y');
    expect(await tree.stage()).toBe(true);
    await tree.commit({ message: 'x', date: 0 });
    await tree.clear();
    expect(await readdir(tree.path)).toEqual(['.git']);
    expect((await stat('/etc')).isDirectory()).toBe(true);
  });

  it.each([
    [
      'a folder that became a link to one outside',
      async (tree: string, outside: string) => {
        await rm(join(tree, 'dir'), { recursive: true });
        await symlink(outside, join(tree, 'dir'));
      },
    ],
    [
      'a file whose name is no text',
      async (tree: string) => {
        await writeFile(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0x66, 0xff, 0x66])]), 'x');
      },
    ],
    [
      'a file that became a folder',
      async (tree: string) => {
        await rm(join(tree, 'dir', 'file'));
        await mkdir(join(tree, 'dir', 'file'));
        await writeFile(join(tree, 'dir', 'file', 'inner'), 'x');
      },
    ],
  ])('are cleared of %s, and nothing else is', async (_, spoil) => {
    const outside = join(folder, 'outside');
    await mkdir(outside, { recursive: true });
    await writeFile(join(outside, 'file'), 'precious');
    await server.commit('team/demo', { branch: 'plain', message: 'A folder', files: { 'dir/file': 'x' } });
    const tree = await checkOut('plain');
    await spoil(tree.path, outside);
    await tree.clear();
    expect(await readdir(tree.path)).toEqual(['.git']);
    expect(await readFile(join(outside, 'file'), 'utf8')).toBe('precious');
    expect(await tree.stage()).toBe(true);
  });

  it('may have odd names of files, which are names and nothing else', async () => {
    const names = ['--upload-pack=touch x', '-rf', ':(glob)**', ':!x', '*', 'a\nb', '"quoted"', ' blank ', '\\', 'ü'];
    await branchOf(
      'odd',
      await Promise.all(names.map(async (name) => ['100644', await blob(name), name] as [string, string, string])),
    );
    const tree = await checkOut('odd');
    expect((await readdir(tree.path)).toSorted()).toEqual(['.git', ...names].toSorted());
    await rm(join(tree.path, '-rf'));
    await writeFile(join(tree.path, ':!x'), 'changed');
    await tree.stage();
    await tree.commit({ message: 'Change', date: 0 });
    await tree.push({ branch: 'odd' });
    const files = await server.git('team/demo', 'ls-tree', '-z', '--name-only', 'odd');
    expect(
      files
        .split('\0')
        .filter((name) => name !== '')
        .toSorted(),
    ).toEqual(names.filter((name) => name !== '-rf').toSorted());
    await tree.clear();
    expect(await readdir(tree.path)).toEqual(['.git']);
  });

  it('keep files of large file storage as the pointers they are', async () => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 3\n';
    await server.commit('team/demo', {
      message: 'LFS',
      files: {
        '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n',
        '.lfsconfig': '[lfs]\n\turl = https://evil.example.com\n',
        'a.bin': pointer,
      },
    });
    const tree = await checkOut('main');
    expect(await readFile(join(tree.path, 'a.bin'), 'utf8')).toBe(pointer);
  });

  it('cannot be asked for branches whose names are options or expressions', async () => {
    const tree = await checkOut('main');
    for (const branch of ['--upload-pack=touch x', '-x', 'a..b', 'refs/heads/../../x', 'x\u0007y', '@{u}', 'HEAD^{/x}']) {
      expect(await codeOf(checkOut(branch))).toBe('invalid');
      expect(await codeOf((async () => tree.push({ branch }))())).toBe('invalid');
      expect(await codeOf(tree.land({ branch, policy: 'AlwaysRebase', date: 0 }))).toBe('invalid');
    }
  });
});

describe('submodules', () => {
  const link = async (url: string, commit: string, name = 'lib', more = ''): Promise<void> => {
    const modules = await blob(`[submodule "${name}"]\n\tpath = lib\n\turl = ${url}\n${more}`);
    await branchOf('with', [
      ['100644', modules, '.gitmodules'],
      ['160000', commit, 'lib'],
      ['100644', await blob('x'), 'file'],
    ]);
  };

  it('with other addresses are not followed, and do no harm to who does not ask for them', { timeout: 30_000 }, async () => {
    for (const url of [
      'ext::sh -c "touch /tmp/pwned"',
      'file:///etc',
      '/etc',
      '--upload-pack=touch /tmp/pwned',
      '-x',
      'fd::3',
      'git://example.com/x',
      'https://-x/y',
    ]) {
      await link(JSON.stringify(url), 'a'.repeat(40));
      expect([url, await codeOf(checkOut('with', true))]).toEqual([url, 'invalid']);
    }
    const tree = await checkOut('with');
    expect(await readdir(join(tree.path, 'lib'))).toEqual([]);
  });

  it('are checked out with theirs, from relative addresses too, and survive commits, clearing and later steps', async () => {
    await server.createRepository('team/deep', { 'deep.txt': 'deep\n' });
    const lib = await server.createRepository('team/lib', { 'lib.txt': 'lib\n' });
    const deep = (await server.branches('team/deep'))['main']!;
    // A submodule within the submodule.
    const hash = async (text: string) =>
      (await server.gitWith('team/lib', { input: text }, 'hash-object', '-w', '--stdin')).trim();
    await branchOf(
      'nested',
      [
        [
          '100644',
          await hash('[submodule "d"]\n\tpath = deep\n\turl = ../deep.git\n\tupdate = !touch /tmp/pwned\n'),
          '.gitmodules',
        ],
        ['160000', deep, 'deep'],
        ['100644', await hash('lib\n'), 'lib.txt'],
      ],
      'team/lib',
    );
    const commit = (await server.branches('team/lib'))['nested']!;
    await link('../lib.git', commit);
    const tree = await checkOut('with', true);
    expect(await readFile(join(tree.path, 'lib/lib.txt'), 'utf8')).toBe('lib\n');
    expect(await readFile(join(tree.path, 'lib/deep/deep.txt'), 'utf8')).toBe('deep\n');
    // Nothing has changed by that, and a commit keeps the links.
    expect(await tree.stage()).toBe(false);
    await writeFile(join(tree.path, 'file'), 'y');
    await tree.stage();
    await tree.commit({ message: 'Change', date: 0 });
    await tree.push({ branch: 'with' });
    expect(await server.git('team/demo', 'ls-tree', 'with', 'lib')).toContain(`160000 commit ${commit}`);
    // Again in the same place, e.g. after a crash.
    expect(await readFile(join((await checkOut('with', true)).path, 'lib/deep/deep.txt'), 'utf8')).toBe('deep\n');
    const later = await git.open(tree.path, { remote, home: join(folder, 'home') });
    await later.clear();
    expect(await readdir(tree.path)).toEqual(['.git']);
    expect(lib).toContain('/team/lib.git');
  });

  it('are there in rehearsals', async () => {
    await server.createRepository('team/lib', { 'lib.txt': 'lib\n' });
    await link('../lib.git', (await server.branches('team/lib'))['main']!);
    const real = realGit({ processes: realProcesses(), clock: systemClock, directory: join(folder, 'cache') });
    const rehearsal = real.rehearse({ directory: join(folder, 'rehearsal') });
    const clone = await rehearsal.git.clone({ remote, home: join(folder, 'home'), author: AUTHOR });
    const tree = await clone.addWorkTree({ path: join(folder, 'out'), ref: { branch: 'with' }, submodules: true });
    expect(await readFile(join(tree.path, 'lib/lib.txt'), 'utf8')).toBe('lib\n');
  });

  it('get credentials only if they are on the same server', async () => {
    await server.close();
    server = await startGitServer({ auth: { username: 'robot', password: 'secret' } });
    const other = await startGitServer();
    try {
      await other.createRepository('lib', { 'lib.txt': 'lib\n' });
      remote = {
        url: await server.createRepository('team/demo', { x: '1' }),
        credentials: { username: 'robot', password: 'secret' },
      };
      await link(other.repositoryURL('lib'), (await other.branches('lib'))['main']!);
      expect(await readFile(join((await checkOut('with', true)).path, 'lib/lib.txt'), 'utf8')).toBe('lib\n');
      expect(other.requests.map(({ user }) => user).filter((user) => user !== undefined)).toEqual([]);
    } finally {
      await other.close();
    }
  });
});
