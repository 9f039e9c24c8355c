import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GitFixture, REPOSITORY } from '../../testing/git-fixture.ts';
import { gitCommit } from '../git-commit/git-commit.ts';
import { gitPush } from '../git-push/git-push.ts';
import { gitClone } from './git-clone.ts';

let fixture: GitFixture;
beforeEach(async () => {
  fixture = await GitFixture.open();
});
afterEach(() => fixture.close());

describe('git-clone', () => {
  it('[S12] checks out two branches into two folders and creates a missing one', async () => {
    const commits = await fixture.clone([
      { branch: 'main', path: 'src' },
      { branch: 'stage/test', create: true, path: 'out' },
    ]);
    const branches = await fixture.server.branches(REPOSITORY);
    expect(commits).toEqual({ src: branches['main'], out: branches['stage/test'] });
    expect(await fixture.names('src')).toEqual(expect.arrayContaining(['.gitignore', 'README.md']));
    expect((await fixture.names('out')).filter((name) => name !== '.git')).toEqual([]);
    expect(await fixture.server.log(REPOSITORY, 'stage/test')).toMatchObject([{ message: 'Initial commit', parents: [] }]);
  });

  it('names commits by alias, and takes the default branch, tags and commits', async () => {
    const first = (await fixture.server.branches(REPOSITORY))['main']!;
    await fixture.server.tag(REPOSITORY, 'v1', first);
    const second = await fixture.server.commit(REPOSITORY, { message: 'second', files: { 'README.md': 'two\n' } });
    const commits = await fixture.clone([
      { path: 'a', as: 'default' },
      { path: 'b', as: 'tag', tag: 'v1', branch: '' },
      { path: 'c', as: 'commit', commit: first },
      { path: 'd', as: 'again', branch: 'main' },
    ]);
    expect(commits).toEqual({ default: second, tag: first, commit: first, again: second });
  });

  it('may run again after it was interrupted or had done everything', async () => {
    const checkout = [
      { branch: 'main', path: 'src' },
      { branch: 'stage/test', create: true, path: 'out' },
    ];
    const before = await fixture.clone(checkout);
    await fixture.write('src/half.txt', 'made by nobody');
    expect(await fixture.clone(checkout)).toEqual(before);
    expect(await fixture.names('src')).not.toContain('half.txt');
    expect(await fixture.server.log(REPOSITORY, 'stage/test')).toHaveLength(1);
  });

  it('tells what to do about a branch that does not exist', async () => {
    await expect(fixture.clone([{ branch: 'nope', path: 'src' }])).rejects.toThrow(
      `branch "nope" does not exist in ${fixture.url}; push it, or set \`create: true\` to start it empty`,
    );
  });

  it.each([['two checkouts of one name', { checkout: [{ path: 'a', as: 'x' }, { path: 'x' }] }, 'two checkouts are named "x"']])(
    'refuses %s for good',
    async (_, config, message) => {
      const running = fixture.run(gitClone, { repoURL: fixture.url, ...config });
      await expect(running).rejects.toThrow(
        expect.objectContaining({ name: 'TerminalStepError', message: expect.stringContaining(message) }),
      );
    },
  );

  it('keeps what it knows out of reach of the paths of users', async () => {
    await fixture.clone();
    expect(await fixture.names('.')).toEqual(['src']);
    expect(await fixture.workspace.private.exists('work-trees.json')).toBe(true);
  });

  it('checks out directories only, when told so', async () => {
    await fixture.server.commit(REPOSITORY, { message: 'dirs', files: { 'a/x': '1', 'b/y': '2', 'b/c/z': '3' } });
    await fixture.clone([{ path: 'src', sparse: ['b/c'] }]);
    expect(await fixture.names('src')).toEqual(['.git', '.gitignore', 'README.md', 'b']);
    expect(await fixture.names('src/b')).toEqual(['c', 'y']);
    await fixture.write('src/b/c/z', 'changed');
    await fixture.run(gitCommit, { path: 'src', message: 'Change z' });
    await fixture.run(gitPush, { path: 'src' });
    expect(await fixture.server.files(REPOSITORY, 'main')).toMatchObject({ 'a/x': '1', 'b/y': '2', 'b/c/z': 'changed' });
  });

  it.each(['/abs', '../up', 'a/../../b', 'a*', 'a?', '[a]'])('refuses the sparse directory %s', async (directory) => {
    await expect(fixture.clone([{ path: 'src', sparse: ['ok', directory] }])).rejects.toThrow('cannot be used');
  });

  it('checks out submodules, when told so', async () => {
    const library = await fixture.server.createRepository('library', { 'lib.txt': 'lib\n' });
    const commit = (await fixture.server.branches('library'))['main']!;
    const { server } = fixture;
    const index = join(await mkdtemp(join(tmpdir(), 'index-')), 'index');
    const modules = `[submodule "lib"]\n\tpath = lib\n\turl = ${library}\n`;
    await server.commit(REPOSITORY, { message: 'modules', files: { '.gitmodules': modules } });
    const tree = (await server.git(REPOSITORY, 'ls-tree', 'main')) + `160000 commit ${commit}\tlib\n`;
    await server.gitWith(REPOSITORY, { input: tree, env: { GIT_INDEX_FILE: index } }, 'update-index', '--index-info');
    const made = await server.gitWith(REPOSITORY, { env: { GIT_INDEX_FILE: index } }, 'write-tree');
    const id = await server.gitWith(REPOSITORY, {}, 'commit-tree', made.trim(), '-p', 'main', '-m', 'Add lib');
    await server.git(REPOSITORY, 'update-ref', 'refs/heads/main', id.trim());

    await fixture.clone([{ path: 'without' }]);
    expect(await fixture.names('without/lib')).toEqual([]);
    await fixture.clone([{ path: 'with' }], { recurseSubmodules: true });
    expect(await fixture.names('with/lib')).toEqual(['.git', 'lib.txt']);
    await fixture.write('with/new.txt', 'x');
    await fixture.run(gitCommit, { path: 'with', message: 'Change' });
    await fixture.run(gitPush, { path: 'with' });
    expect(await server.git(REPOSITORY, 'ls-tree', 'main', 'lib')).toContain(commit);
  });

  it('uses the credentials of the project', async () => {
    const asked: unknown[] = [];
    const find = async (query: unknown): Promise<undefined> => void asked.push(query);
    await fixture.run(gitClone, { repoURL: fixture.url, checkout: [{ path: 'src' }] }, {}, { credentials: { find } });
    expect(asked).toEqual([{ project: 'demo', type: 'git', repoURL: fixture.url }]);
  });

  it('cannot leave the workspace', async () => {
    await fixture.clone([{ branch: 'main', path: '../../src' }]);
    expect(await fixture.names('src')).toContain('README.md');
  });
});
