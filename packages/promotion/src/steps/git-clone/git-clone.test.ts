import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GitFixture, REPOSITORY } from '../../testing/git-fixture.ts';
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

  it.each([
    ['two checkouts of one name', { checkout: [{ path: 'a', as: 'x' }, { path: 'x' }] }, 'two checkouts are named "x"'],
    ['sparse checkouts', { checkout: [{ path: 'a', sparse: ['b'] }] }, 'sparse checkouts are not supported yet'],
    ['submodules', { checkout: [{ path: 'a' }], recurseSubmodules: true }, 'recurseSubmodules is not supported yet'],
    ['a signing key', { checkout: [{ path: 'a' }], author: { name: 'A', email: 'a@b', signingKey: 'k' } }, 'not supported yet'],
  ])('refuses %s for good', async (_, config, message) => {
    const running = fixture.run(gitClone, { repoURL: fixture.url, ...config });
    await expect(running).rejects.toThrow(
      expect.objectContaining({ name: 'TerminalStepError', message: expect.stringContaining(message) }),
    );
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
