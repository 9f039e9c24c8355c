import { describe, expect, it } from 'vitest';
import type { GitIdentity, WorkTree } from '../../git/port.ts';
import { CONTRACT_AUTHOR, CONTRACT_DATE, type GitContract } from './git-contract-world.ts';

/** Bringing local commits together with those of the remote, and signatures. */
export function describeIntegrating(at: GitContract): void {
  it('does nothing when there is nothing to rebase onto', async () => {
    const tree = await at.cloneTree('out', 'main');
    const id = await at.commitFile(tree, 'ours', '1');
    await tree.rebaseOnto('absent');
    await tree.rebaseOnto('main');
    expect(await tree.head()).toBe(id);
  });

  it('tells a conflict and leaves the work tree as it was', async () => {
    const tree = await at.cloneTree('out', 'main');
    const id = await at.commitFile(tree, 'README.md', 'ours\n');
    await at.world.seed({ message: 'Theirs', files: { 'README.md': 'theirs\n' } });
    expect(await at.codeOf(tree.rebaseOnto('main'))).toBe('conflict');
    expect([await tree.head(), await tree.branch(), await at.world.read(`${tree.path}/README.md`)]).toEqual([
      id,
      'main',
      'ours\n',
    ]);
  });

  it.each([
    ['AlwaysRebase', 'rebased', ['Write ours', 'Theirs']],
    ['RebaseOrMerge', 'rebased', ['Write ours', 'Theirs']],
    ['RebaseOrFail', 'rebased', ['Write ours', 'Theirs']],
    ['AlwaysMerge', 'merged', ["Merge branch 'main'", 'Write ours']],
  ] as const)('integrates unsigned commits by the policy %s', async (policy, how, messages) => {
    const tree = await at.cloneTree('out', 'main');
    expect(await tree.integrate('main', { policy, date: CONTRACT_DATE })).toBe('current');
    await at.commitFile(tree, 'ours', '1');
    expect(await tree.integrate('main', { policy, date: CONTRACT_DATE })).toBe('current');
    expect(await tree.integrate('absent', { policy, date: CONTRACT_DATE })).toBe('current');
    await at.world.seed({ message: 'Theirs', files: { theirs: '1' } });
    expect(await tree.integrate('main', { policy, date: CONTRACT_DATE })).toBe(how);
    await tree.push({ branch: 'main' });
    expect((await at.world.log('main')).map(({ message }) => message)).toEqual(expect.arrayContaining([...messages]));
    expect((await at.world.log('main'))[0]).toMatchObject({ message: messages[0], date: CONTRACT_DATE });
    expect(await at.world.files('main')).toMatchObject({ ours: '1', theirs: '1' });
  });

  it('goes forward to the remote when there is nothing of its own', async () => {
    for (const policy of ['AlwaysRebase', 'AlwaysMerge'] as const) {
      const tree = await at.cloneTree(policy, 'main');
      const theirs = await at.world.seed({ message: 'Theirs', files: { [policy]: '1' } });
      await tree.integrate('main', { policy, date: CONTRACT_DATE });
      expect(await tree.head()).toBe(theirs);
      expect(await at.world.read(`${tree.path}/${policy}`)).toBe('1');
    }
  });

  it('tells a conflict of a merge and leaves the work tree as it was', async () => {
    const tree = await at.cloneTree('out', 'main');
    const id = await at.commitFile(tree, 'README.md', 'ours\n');
    await at.world.seed({ message: 'Theirs', files: { 'README.md': 'theirs\n' } });
    expect(await at.codeOf(tree.integrate('main', { policy: 'AlwaysMerge', date: CONTRACT_DATE }))).toBe('conflict');
    expect([await tree.head(), await at.world.read(`${tree.path}/README.md`)]).toEqual([id, 'ours\n']);
    expect(await tree.stage()).toBe(false);
  });

  it('tells its own commits, oldest first', async () => {
    const tree = await at.cloneTree('out', 'main');
    const base = await tree.head();
    expect(await tree.localCommits(base)).toEqual([]);
    const one = await at.commitFile(tree, 'one', '1', 'One\n\nbody');
    const two = await at.commitFile(tree, 'two', '2');
    const found = await tree.localCommits(base);
    expect(found).toMatchObject([
      {
        id: one,
        parents: [base],
        message: 'One\n\nbody\n',
        author: CONTRACT_AUTHOR,
        committer: CONTRACT_AUTHOR,
        signature: 'unsigned',
      },
      { id: two, parents: [one], message: 'Write two\n', authoredAt: '2025-06-15T15:06:40Z' },
    ]);
    expect(found[0]?.tree).toMatch(/^[0-9a-f]{40}$/);
    expect((await tree.localCommits(undefined)).length).toBe(3);
  });

  describe('with a signing key', () => {
    const signed = (): GitIdentity | undefined => {
      if (at.world.signingKey === undefined) console.warn('skipped: signing cannot be shown, GnuPG is not installed');
      return at.world.signingKey === undefined ? undefined : { ...CONTRACT_AUTHOR, signingKey: at.world.signingKey };
    };
    const twoTrees = async (by: GitIdentity, then: GitIdentity): Promise<WorkTree> => {
      const clone = await at.world.git.clone({ remote: at.world.remote, home: at.home(), author: by });
      const tree = await clone.addWorkTree({ path: `${at.world.folder}/out`, ref: { branch: 'main' } });
      await at.commitFile(tree, 'ours', '1');
      await at.world.seed({ message: 'Theirs', files: { theirs: '1' } });
      return at.world.git.open(tree.path, { remote: at.world.remote, home: at.home(), author: then });
    };

    it('signs commits, and replaying them keeps them signed', async () => {
      const author = signed();
      if (author === undefined) return;
      const tree = await twoTrees(author, author);
      const base = (await at.world.log('main'))[1]?.id;
      expect((await tree.localCommits(base)).map(({ signature }) => signature)).toEqual(['trusted']);
      expect(await tree.integrate('main', { policy: 'RebaseOrFail', date: CONTRACT_DATE })).toBe('rebased');
      expect((await tree.localCommits((await at.world.branches())['main'])).map(({ signature }) => signature)).toEqual([
        'trusted',
      ]);
      await tree.tag({ name: 'v1', message: 'Signed', date: CONTRACT_DATE });
      await tree.tag({ name: 'v1', message: 'Signed', date: CONTRACT_DATE });
      await tree.pushTag('v1');
      expect((await at.world.tags())['v1']?.annotation).toMatch(/^Signed/);
    });

    it.each([
      ['would make signatures', false, true],
      ['would lose signatures', true, false],
    ])('does not replay where that %s', async (_, before, after) => {
      const author = signed();
      if (author === undefined) return;
      const tree = await twoTrees(before ? author : CONTRACT_AUTHOR, after ? author : CONTRACT_AUTHOR);
      const head = await tree.head();
      expect(await tree.integrate('main', { policy: 'RebaseOrFail', date: CONTRACT_DATE })).toBe('unsafe');
      expect(await tree.head()).toBe(head);
      expect(await tree.integrate('main', { policy: 'RebaseOrMerge', date: CONTRACT_DATE })).toBe('merged');
      const [own] = await tree.localCommits((await at.world.branches())['main']);
      expect(own).toMatchObject({ id: head, signature: before ? 'untrusted' : 'unsigned' });
    });
  });
}
