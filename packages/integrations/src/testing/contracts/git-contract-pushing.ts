import { expect, it } from 'vitest';
import { CONTRACT_AUTHOR, CONTRACT_DATE, type GitContract } from './git-contract-world.ts';

/** Pushing branches, tags and other references. */
export function describePushing(at: GitContract): void {
  it('[S17] pushes commits with author, date and message, and again without effect', async () => {
    const tree = await at.cloneTree('out', 'stage/test', true);
    const id = await at.commitFile(tree, 'manifests.yaml', 'kind: Test\n', 'Update\n\n- one');
    await tree.push({ branch: 'stage/test' });
    await tree.push({ branch: 'stage/test' });
    expect((await at.world.branches())['stage/test']).toBe(id);
    expect(await at.world.files('stage/test')).toEqual({ 'manifests.yaml': 'kind: Test\n' });
    const log = await at.world.log('stage/test');
    expect(log.length).toBe(2);
    expect(log[0]).toMatchObject({
      id,
      author: 'Kargo <kargo@example.com>',
      committer: 'Kargo <kargo@example.com>',
      date: CONTRACT_DATE,
      message: 'Update\n\n- one',
    });
  });

  it('pushes to another branch, also a new one from a detached HEAD', async () => {
    const first = (await at.world.branches())['main'] ?? '';
    const clone = await at.world.git.clone({ remote: at.world.remote, home: at.home(), author: CONTRACT_AUTHOR });
    const tree = await clone.addWorkTree({ path: `${at.world.folder}/x`, ref: { commit: first } });
    const id = await at.commitFile(tree, 'x', '1');
    await tree.push({ branch: 'kargo/promotion/x' });
    expect((await at.world.branches())['kargo/promotion/x']).toBe(id);
  });

  it('rejects a push over what it has not seen, and rebases onto it', async () => {
    const tree = await at.cloneTree('out', 'main');
    await at.commitFile(tree, 'ours', '1');
    const theirs = await at.world.seed({ message: 'Theirs', files: { theirs: '1' } });
    expect(await at.codeOf(tree.push({ branch: 'main' }))).toBe('rejected');
    expect((await at.world.branches())['main']).toBe(theirs);
    await tree.rebaseOnto('main');
    await tree.push({ branch: 'main' });
    const log = await at.world.log('main');
    expect(log.map(({ message }) => message).slice(0, 2)).toEqual(['Write ours', 'Theirs']);
    expect(log[0]?.date).toBe(CONTRACT_DATE);
    expect(await at.world.files('main')).toMatchObject({ ours: '1', theirs: '1', 'README.md': 'hello\n' });
    expect(await at.world.read(`${tree.path}/theirs`)).toBe('1');
  });

  it('overwrites with force', async () => {
    const tree = await at.cloneTree('out', 'main');
    const id = await at.commitFile(tree, 'ours', '1');
    await at.world.seed({ message: 'Theirs', files: { theirs: '1' } });
    await tree.push({ branch: 'main', force: true });
    expect((await at.world.branches())['main']).toBe(id);
  });

  it('tells a push that the remote refuses from one that comes too late', async () => {
    const tree = await at.cloneTree('out', 'main');
    await at.commitFile(tree, 'ours', '1');
    await at.world.refusePushes('this branch is protected');
    const error: unknown = await tree.push({ branch: 'main' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'refused', transient: false });
    expect(String(error)).toContain('this branch is protected');
  });

  it('tags HEAD once, pushes the tag, and replaces it only by force', async () => {
    await at.world.tag('v0', 'main');
    const tree = await at.cloneTree('out', 'main');
    const first = await tree.head();
    await tree.tag({ name: 'v1', message: 'Release one', date: CONTRACT_DATE });
    await tree.tag({ name: 'v1', message: 'Release one', date: CONTRACT_DATE + 5000 });
    await tree.pushTag('v1');
    await tree.pushTag('v1');
    expect(await at.world.tags()).toEqual({ v0: { commit: first }, v1: { commit: first, annotation: 'Release one' } });
    expect(await at.codeOf(tree.tag({ name: 'v1', message: 'Another', date: CONTRACT_DATE }))).toBe('invalid');
    expect(await at.codeOf(tree.tag({ name: 'v0', message: 'Another', date: CONTRACT_DATE }))).toBe('invalid');
    const second = await at.commitFile(tree, 'x', '1');
    await tree.tag({ name: 'v1', message: 'Another', date: CONTRACT_DATE, force: true });
    await tree.pushTag('v1');
    expect((await at.world.tags())['v1']).toEqual({ commit: second, annotation: 'Another' });
    expect(await at.codeOf(tree.pushTag('absent'))).toBe('notFound');
    expect(await at.codeOf(tree.tag({ name: '../x', message: 'x', date: CONTRACT_DATE }))).toBe('invalid');
  });

  it('never replaces a tag that somebody else has pushed', async () => {
    const tree = await at.cloneTree('out', 'main');
    const theirs = await at.world.seed({ message: 'Theirs', files: { theirs: '1' } });
    await at.world.tag('v1', theirs);
    await tree.tag({ name: 'v1', message: 'Ours', date: CONTRACT_DATE, force: true });
    expect(await at.codeOf(tree.pushTag('v1'))).toBe('refused');
    expect((await at.world.tags())['v1']?.commit).toBe(theirs);
  });

  it('pushes to references beside branches and tags, and deletes them', async () => {
    const tree = await at.cloneTree('out', 'main');
    await at.commitFile(tree, 'x', '1');
    await tree.pushRef('refs/kargo/staging/x', { create: true });
    await tree.pushRef('refs/kargo/staging/x', { create: true });
    await tree.pushRef('refs/kargo/staging/x', { create: false });
    expect(await at.codeOf(tree.pushRef('refs/heads/main', { create: true }))).toBe('invalid');
    expect(Object.keys(await at.world.branches())).toEqual(['main']);
  });

  it('resets to what the remote has', async () => {
    const tree = await at.cloneTree('out', 'main');
    await at.commitFile(tree, 'README.md', 'ours\n');
    const theirs = await at.world.seed({ message: 'Theirs', files: { theirs: '1' } });
    expect(await tree.resetTo('main')).toBe(theirs);
    expect([await tree.head(), await tree.branch(), await at.world.read(`${tree.path}/README.md`)]).toEqual([
      theirs,
      'main',
      'hello\n',
    ]);
    expect(await at.codeOf(tree.resetTo('absent'))).toBe('notFound');
  });
}
