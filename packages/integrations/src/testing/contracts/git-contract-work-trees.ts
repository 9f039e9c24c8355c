import { expect, it } from 'vitest';
import { CONTRACT_AUTHOR, CONTRACT_DATE, type GitContract } from './git-contract-world.ts';

/** Checking out, clearing, committing, opening again. */
export function describeWorkTrees(at: GitContract): void {
  it('[S12] checks out several branches, creating a missing one with a pushed first commit', async () => {
    const clone = await at.world.git.clone({ remote: at.world.remote, home: at.home(), author: CONTRACT_AUTHOR });
    const src = await clone.addWorkTree({ path: `${at.world.folder}/src`, ref: { branch: 'main' } });
    const out = await clone.addWorkTree({ path: `${at.world.folder}/out`, ref: { branch: 'stage/test' }, create: true });
    expect(await at.world.read(`${at.world.folder}/src/README.md`)).toBe('hello\n');
    expect(await at.world.list(`${at.world.folder}/out`)).toEqual(['.git']);
    expect([await src.branch(), await out.branch()]).toEqual(['main', 'stage/test']);
    expect(await at.world.branches()).toEqual({ main: await src.head(), 'stage/test': await out.head() });
    const [initial] = await at.world.log('stage/test');
    expect([initial?.message, initial?.parents, initial?.author]).toEqual(['Initial commit', [], 'Kargo <kargo@example.com>']);
  });

  it('checks out tags, commits and the default branch', async () => {
    const first = (await at.world.branches())['main'] ?? '';
    await at.world.tag('v1', 'main');
    await at.world.seed({ message: 'Second', files: { 'README.md': 'changed\n' } });
    const clone = await at.world.git.clone({ remote: at.world.remote, home: at.home(), author: CONTRACT_AUTHOR });
    const tag = await clone.addWorkTree({ path: `${at.world.folder}/tag`, ref: { tag: 'v1' } });
    const commit = await clone.addWorkTree({ path: `${at.world.folder}/commit`, ref: { commit: first } });
    const head = await clone.addWorkTree({ path: `${at.world.folder}/default`, ref: { default: true } });
    expect([await tag.head(), await tag.branch(), await commit.head(), await commit.branch(), await head.branch()]).toEqual([
      first,
      undefined,
      first,
      undefined,
      'main',
    ]);
    expect(await at.world.read(`${at.world.folder}/default/README.md`)).toBe('changed\n');
  });

  it('checks out one branch twice, and a work tree again in the same place', async () => {
    const one = await at.cloneTree('one', 'main');
    await at.world.write(`${one.path}/dirt`, 'x');
    const two = await at.cloneTree('two', 'main');
    const again = await at.cloneTree('one', 'main');
    expect(await two.head()).toBe(await again.head());
    expect(await at.world.read(`${one.path}/dirt`)).toBeUndefined();
  });

  it.each([
    ['an absent branch', { branch: 'absent' }, 'notFound'],
    ['an absent tag', { tag: 'absent' }, 'notFound'],
    ['a senseless branch', { branch: '../x' }, 'invalid'],
  ] as const)('says by code that it cannot check out %s', async (_, ref, code) => {
    const clone = await at.world.git.clone({ remote: at.world.remote, home: at.home(), author: CONTRACT_AUTHOR });
    expect(await at.codeOf(clone.addWorkTree({ path: `${at.world.folder}/x`, ref }))).toBe(code);
  });

  it('does not touch a folder with other files', async () => {
    await at.world.write(`${at.world.folder}/mine/file`, 'x');
    expect(await at.codeOf(at.cloneTree('mine', 'main'))).toBe('invalid');
    expect(await at.world.read(`${at.world.folder}/mine/file`)).toBe('x');
  });

  it('[S13] clears everything but .git', async () => {
    const tree = await at.cloneTree('out', 'main');
    await at.world.write(`${tree.path}/new/file`, 'x');
    await tree.clear();
    expect(await at.world.list(tree.path)).toEqual(['.git']);
    expect(await tree.stage()).toBe(true);
    await tree.clear();
  });

  it('commits all changes at once, and nothing where there are none', async () => {
    const tree = await at.cloneTree('out', 'main');
    const before = await tree.head();
    expect(await tree.commitChanges({ message: 'Nothing', date: CONTRACT_DATE })).toBeUndefined();
    expect(await tree.head()).toBe(before);
    await at.world.write(`${tree.path}/new/file`, 'x');
    expect(await tree.commitChanges({ message: 'Something', date: CONTRACT_DATE })).toBe(await tree.head());
    expect(await tree.head()).not.toBe(before);
    await tree.clear();
    await at.world.write(`${tree.path}/new/file`, 'x');
    expect(await tree.commitChanges({ message: 'Only that file is left', date: CONTRACT_DATE })).toBe(await tree.head());
    await tree.push({ branch: 'only' });
    expect(await at.world.files('only')).toEqual({ 'new/file': 'x' });
  });

  it('makes the same commit from the same tree, message and date', async () => {
    const ids: string[] = [];
    for (const place of ['a', 'b']) {
      const tree = await at.cloneTree(place, 'main');
      expect(await tree.stage()).toBe(false);
      await at.world.write(`${tree.path}/manifests.yaml`, 'kind: Test\n');
      expect(await tree.stage()).toBe(true);
      ids.push(await tree.commit({ message: 'Update\n\n- one\n', date: CONTRACT_DATE }));
      expect(await tree.stage()).toBe(false);
      expect(await tree.head()).toBe(ids.at(-1));
    }
    expect(ids[0]).toBe(ids[1]);
  });

  it('opens work trees later, also after changes', async () => {
    const tree = await at.cloneTree('out', 'main');
    await at.world.write(`${tree.path}/x`, '1');
    const later = await at.world.git.open(tree.path, { remote: at.world.remote, home: at.home() });
    expect([later.remoteURL, later.path, await later.branch()]).toEqual([at.world.remote.url, tree.path, 'main']);
    expect(await later.stage()).toBe(true);
    const id = await later.commit({ message: 'Later', date: CONTRACT_DATE });
    await later.push({ branch: 'main' });
    expect((await at.world.log('main'))[0]).toMatchObject({ id, author: 'Kargo <kargo@example.com>' });
    expect(await at.codeOf(at.world.git.open(`${at.world.folder}/absent`, { home: at.home() }))).toBe('notFound');
  });

  it('commits for another author when told so', async () => {
    const tree = await at.cloneTree('out', 'main');
    await at.world.write(`${tree.path}/x`, '1');
    await tree.stage();
    await tree.commit({ message: 'x', date: CONTRACT_DATE, author: { name: 'Ann', email: 'ann@example.com' } });
    await tree.push({ branch: 'main' });
    expect((await at.world.log('main'))[0]).toMatchObject({
      author: 'Ann <ann@example.com>',
      committer: 'Ann <ann@example.com>',
    });
  });

  it('checks out directories only, and keeps the rest in commits', async () => {
    await at.world.seed({ message: 'Dirs', files: { 'a/b/c/1': '1', 'a/b/2': '2', 'a/x/3': '3', 'z/4': '4' } });
    const clone = await at.world.git.clone({ remote: at.world.remote, home: at.home(), author: CONTRACT_AUTHOR });
    const path = `${at.world.folder}/sparse`;
    const tree = await clone.addWorkTree({ path, ref: { branch: 'main' }, sparse: ['a/b/c'] });
    expect(await at.world.list(path)).toEqual(['.git', 'README.md', 'a']);
    expect(await at.world.list(`${path}/a`)).toEqual(['b']);
    expect(await at.world.list(`${path}/a/b`)).toEqual(['2', 'c']);
    expect(await tree.stage()).toBe(false);
    await at.world.write(`${path}/a/b/c/1`, 'changed');
    await at.world.write(`${path}/elsewhere/5`, '5');
    await tree.stage();
    await tree.commit({ message: 'Change', date: CONTRACT_DATE });
    await tree.push({ branch: 'main' });
    const all = {
      'README.md': 'hello\n',
      'base/kustomization.yaml': 'resources: []\n',
      'a/b/2': '2',
      'a/x/3': '3',
      'z/4': '4',
    };
    expect(await at.world.files('main')).toEqual({ ...all, 'a/b/c/1': 'changed', 'elsewhere/5': '5' });
    const later = await at.world.git.open(path, { remote: at.world.remote, home: at.home() });
    await later.clear();
    expect(await later.stage()).toBe(true);
    await later.commit({ message: 'Clear', date: CONTRACT_DATE });
    await later.push({ branch: 'main' });
    const left = await at.world.files('main');
    expect(left).toMatchObject({ 'base/kustomization.yaml': 'resources: []\n', 'a/x/3': '3', 'z/4': '4' });
    expect(Object.keys(left)).not.toContain('a/b/c/1');
    expect(Object.keys(left)).not.toContain('README.md');
  });

  it.each(['/a', '../a', 'a/../..', '*', 'a?', '[a]'])('refuses the sparse directory %s', async (directory) => {
    const clone = await at.world.git.clone({ remote: at.world.remote, home: at.home(), author: CONTRACT_AUTHOR });
    const spec = { path: `${at.world.folder}/x`, ref: { branch: 'main' }, sparse: ['ok', directory] };
    expect(await at.codeOf(clone.addWorkTree(spec))).toBe('invalid');
  });
}
