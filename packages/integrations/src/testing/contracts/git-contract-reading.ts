import { expect, it } from 'vitest';
import { CONTRACT_AUTHOR, CONTRACT_DATE, type GitContract } from './git-contract-world.ts';

/** What is read of remotes. */
export function describeReading(at: GitContract): void {
  it('lists branches, peeled tags and the default branch', async () => {
    const { main } = await at.world.branches();
    await at.world.seed({ branch: 'release/1.0', message: 'Release', files: { a: '1' } });
    await at.world.tag('v1', 'main');
    const refs = await at.world.git.remoteRefs(at.world.remote);
    expect(refs.defaultBranch).toBe('main');
    expect(Object.fromEntries(refs.branches)).toEqual(await at.world.branches());
    expect(Object.fromEntries(refs.tags)).toEqual({ v1: main });
  });

  it('reads the newest commits of a branch', async () => {
    await at.world.seed({
      message: 'Second\n\nbody',
      files: { x: '1' },
      date: CONTRACT_DATE,
      author: { name: 'Ann', email: 'ann@example.com' },
    });
    const commits = await at.world.git.commits(at.world.remote, { branch: 'main', limit: 5 });
    expect(commits.length).toBe(2);
    expect(commits[0]).toEqual({
      id: (await at.world.branches())['main'],
      subject: 'Second',
      author: 'Ann <ann@example.com>',
      committer: 'Ann <ann@example.com>',
      committedAt: '2025-06-15T15:06:40Z',
      parent: commits[1]?.id,
    });
    expect((await at.world.git.commits(at.world.remote, { limit: 1 })).map(({ subject }) => subject)).toEqual(['Second']);
    expect(await at.codeOf(at.world.git.commits(at.world.remote, { branch: 'absent', limit: 1 }))).toBe('notFound');
  });

  it('resolves branches, tags, commits and HEAD', async () => {
    const first = (await at.world.branches())['main'] ?? '';
    await at.world.tag('v1', 'main');
    const second = await at.world.seed({ message: 'Second', files: { x: '1' } });
    const resolve = (revision: string): Promise<string> => at.world.git.resolve(at.world.remote, revision);
    expect([await resolve('main'), await resolve('v1'), await resolve(first), await resolve('HEAD')]).toEqual([
      second,
      first,
      first,
      second,
    ]);
    expect(await resolve(first.slice(0, 10))).toBe(first);
    expect(await at.codeOf(resolve('absent'))).toBe('notFound');
    expect(await at.codeOf(resolve('0123456789012345678901234567890123456789'))).toBe('notFound');
  });

  it('reports an absent repository', async () => {
    expect(await at.codeOf(at.world.git.remoteRefs(at.world.absent))).toBe('notFound');
    expect(await at.codeOf(at.world.git.clone({ remote: at.world.absent, home: at.home(), author: CONTRACT_AUTHOR }))).toBe(
      'notFound',
    );
  });

  it('tells who made which tags and when, newest first', async () => {
    const first = (await at.world.branches())['main'] ?? '';
    await at.world.tag('light', first);
    const second = await at.world.seed({ message: 'Second\n\nbody', files: { x: '1' }, date: CONTRACT_DATE });
    const tagger = { name: 'Tess', email: 'tess@example.com' };
    const message = 'Release\n\n-----\nwith\ttext';
    await at.world.tag('v2', second, { message, tagger, date: CONTRACT_DATE + 60_000 });
    expect(await at.world.git.tags(at.world.remote)).toEqual([
      {
        name: 'v2',
        id: second,
        subject: 'Second',
        author: 'Developer <developer@example.com>',
        committer: 'Developer <developer@example.com>',
        createdAt: '2025-06-15T15:07:40Z',
        tagger: 'Tess <tess@example.com>',
        annotation: message,
      },
      {
        name: 'light',
        id: first,
        subject: 'Add the first files',
        author: 'Developer <developer@example.com>',
        committer: 'Developer <developer@example.com>',
        createdAt: '2023-11-14T22:13:20Z',
      },
    ]);
    expect((await at.world.git.remoteRefs(at.world.remote)).tags.get('v2')).toBe(second);
  });

  it('tells the paths that commits changed, both sides of a renaming', async () => {
    const first = (await at.world.branches())['main'] ?? '';
    const second = await at.world.seed({ message: 'Move', files: { 'README.md': null, 'docs/READ me.md': 'hello\n' } });
    const third = await at.world.seed({ message: 'Nothing' });
    await at.world.git.commits(at.world.remote, { limit: 1 });
    const paths = await at.world.git.changedPaths(at.world.remote, [third, second, first]);
    expect(paths.get(second)?.toSorted()).toEqual(['README.md', 'docs/READ me.md']);
    expect(paths.get(third)).toEqual([]);
    expect(paths.get(first)?.toSorted()).toEqual(['README.md', 'base/kustomization.yaml']);
    const history = await at.world.git.commits(at.world.remote, { head: third, limit: 9, paths: true });
    expect(history.map((commit) => [commit.id, commit.parent, commit.paths?.toSorted()])).toEqual([
      [third, second, []],
      [second, first, ['README.md', 'docs/READ me.md']],
      [first, undefined, ['README.md', 'base/kustomization.yaml']],
    ]);
    expect((await at.world.git.commits(at.world.remote, { head: second, limit: 1 })).map(({ id }) => id)).toEqual([second]);
  });

  it('tells the paths that differ between two commits, whatever lies between them', async () => {
    const first = (await at.world.branches())['main'] ?? '';
    await at.world.seed({ message: 'Add', files: { 'docs/new': 'x\n', 'base/passing': 'y\n' } });
    await at.world.seed({ message: 'Move', files: { 'README.md': null, 'docs/READ me.md': 'hello\n' } });
    const last = await at.world.seed({ message: 'Take away', files: { 'base/passing': null } });
    const { git, remote } = at.world;
    const want = ['README.md', 'docs/READ me.md', 'docs/new'];
    expect((await git.differingPaths(remote, { from: first, to: last }))?.toSorted()).toEqual(want);
    expect((await git.differingPaths(remote, { from: last, to: first }))?.toSorted()).toEqual(want);
    expect(await git.differingPaths(remote, { from: last, to: last })).toEqual([]);
    expect(await git.differingPaths(remote, { from: 'f'.repeat(40), to: last })).toBeUndefined();
    expect(await git.differingPaths(remote, { from: first, to: '--output=x' })).toBeUndefined();
  });

  it('exports the files of a commit without history', async () => {
    const first = (await at.world.branches())['main'] ?? '';
    await at.world.write(`${at.world.folder}/export/stale`, 'x');
    await at.world.git.export(at.world.remote, first, `${at.world.folder}/export`);
    expect(await at.world.list(`${at.world.folder}/export`)).toEqual(['README.md', 'base']);
    expect(await at.world.read(`${at.world.folder}/export/README.md`)).toBe('hello\n');
  });

  it('refuses to begin when cancelled', async () => {
    const signal = AbortSignal.abort(new Error('stop'));
    expect(await at.codeOf(at.world.git.remoteRefs(at.world.remote, { signal }))).toBe('aborted');
    expect(
      await at.codeOf(at.world.git.clone({ remote: at.world.remote, home: at.home(), author: CONTRACT_AUTHOR, signal })),
    ).toBe('aborted');
    const tree = await at.cloneTree('out', 'main');
    expect(await at.codeOf(tree.push({ branch: 'main', signal }))).toBe('aborted');
  });

  it.each(['', 'ext::sh -c id', '/etc', 'file:///etc', '--upload-pack=id', 'https://', 'http://a b/'])(
    'refuses the URL %j',
    async (url) => {
      expect(await at.codeOf(at.world.git.remoteRefs({ url }))).toBe('invalid');
    },
  );
}
