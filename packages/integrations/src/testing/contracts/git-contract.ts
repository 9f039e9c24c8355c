import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Git, GitIdentity, GitRemote, WorkTree } from '../../git/port.ts';
import type { SeedCommit } from '../fast-import.ts';

/** A git implementation with one remote repository, and ways around it to see and change both sides. */
export interface GitContractWorld {
  git: Git;
  /** The remote, with branch `main` of one commit: `README.md`, `base/kustomization.yaml`. */
  remote: GitRemote;
  /** A remote that does not exist on the same server. */
  absent: GitRemote;
  /** A new folder's path, for work trees and homes. */
  folder: string;
  /** Adds a commit to the remote behind the back of `git`. */
  seed(commit: SeedCommit): Promise<string>;
  tag(
    tag: string,
    revision: string,
    annotation?: { message: string; tagger: { name: string; email: string }; date: number },
  ): Promise<void>;
  tags(): Promise<Record<string, { commit: string; annotation?: string | undefined }>>;
  /** A key that this implementation signs with; absent where signing cannot be shown, for a reason that is printed. */
  signingKey?: string | undefined;
  branches(): Promise<Record<string, string>>;
  /** Path → content at a revision of the remote. */
  files(revision: string): Promise<Record<string, string>>;
  log(
    revision: string,
  ): Promise<{ id: string; author: string; committer: string; date: number; message: string; parents: string[] }[]>;
  refusePushes(message: string | undefined): Promise<void>;
  write(path: string, content: string): Promise<void>;
  read(path: string): Promise<string | undefined>;
  /** Names in a folder, sorted. */
  list(path: string): Promise<string[]>;
  close(): Promise<void>;
}

const AUTHOR: GitIdentity = { name: 'Kargo', email: 'kargo@example.com' };
const DATE = 1_750_000_000_000;

/** What every {@link Git} guarantees. */
export function describeGitContract(name: string, open: () => Promise<GitContractWorld>): void {
  describe(`git: ${name}`, () => {
    let world: GitContractWorld;
    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world.close());

    const home = (): string => `${world.folder}/home`;
    const cloneTree = async (path: string, branch: string, create = false): Promise<WorkTree> => {
      const clone = await world.git.clone({ remote: world.remote, home: home(), author: AUTHOR });
      return clone.addWorkTree({ path: `${world.folder}/${path}`, ref: { branch }, create });
    };
    const commitFile = async (tree: WorkTree, file: string, content: string, message = `Write ${file}`): Promise<string> => {
      await world.write(`${tree.path}/${file}`, content);
      await tree.stage();
      return tree.commit({ message, date: DATE });
    };
    const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
      promise.then(
        () => 'ok',
        (error: { code?: unknown }) => error.code,
      );

    it('lists branches, peeled tags and the default branch', async () => {
      const { main } = await world.branches();
      await world.seed({ branch: 'release/1.0', message: 'Release', files: { a: '1' } });
      await world.tag('v1', 'main');
      const refs = await world.git.remoteRefs(world.remote);
      expect(refs.defaultBranch).toBe('main');
      expect(Object.fromEntries(refs.branches)).toEqual(await world.branches());
      expect(Object.fromEntries(refs.tags)).toEqual({ v1: main });
    });

    it('reads the newest commits of a branch', async () => {
      await world.seed({
        message: 'Second\n\nbody',
        files: { x: '1' },
        date: DATE,
        author: { name: 'Ann', email: 'ann@example.com' },
      });
      const commits = await world.git.commits(world.remote, { branch: 'main', limit: 5 });
      expect(commits.length).toBe(2);
      expect(commits[0]).toEqual({
        id: (await world.branches())['main'],
        subject: 'Second',
        author: 'Ann <ann@example.com>',
        committer: 'Ann <ann@example.com>',
        committedAt: '2025-06-15T15:06:40Z',
        parent: commits[1]?.id,
      });
      expect((await world.git.commits(world.remote, { limit: 1 })).map(({ subject }) => subject)).toEqual(['Second']);
      expect(await codeOf(world.git.commits(world.remote, { branch: 'absent', limit: 1 }))).toBe('notFound');
    });

    it('resolves branches, tags, commits and HEAD', async () => {
      const first = (await world.branches())['main'] ?? '';
      await world.tag('v1', 'main');
      const second = await world.seed({ message: 'Second', files: { x: '1' } });
      const resolve = (revision: string): Promise<string> => world.git.resolve(world.remote, revision);
      expect([await resolve('main'), await resolve('v1'), await resolve(first), await resolve('HEAD')]).toEqual([
        second,
        first,
        first,
        second,
      ]);
      expect(await resolve(first.slice(0, 10))).toBe(first);
      expect(await codeOf(resolve('absent'))).toBe('notFound');
      expect(await codeOf(resolve('0123456789012345678901234567890123456789'))).toBe('notFound');
    });

    it('[S12] checks out several branches, creating a missing one with a pushed first commit', async () => {
      const clone = await world.git.clone({ remote: world.remote, home: home(), author: AUTHOR });
      const src = await clone.addWorkTree({ path: `${world.folder}/src`, ref: { branch: 'main' } });
      const out = await clone.addWorkTree({ path: `${world.folder}/out`, ref: { branch: 'stage/test' }, create: true });
      expect(await world.read(`${world.folder}/src/README.md`)).toBe('hello\n');
      expect(await world.list(`${world.folder}/out`)).toEqual(['.git']);
      expect([await src.branch(), await out.branch()]).toEqual(['main', 'stage/test']);
      expect(await world.branches()).toEqual({ main: await src.head(), 'stage/test': await out.head() });
      const [initial] = await world.log('stage/test');
      expect([initial?.message, initial?.parents, initial?.author]).toEqual(['Initial commit', [], 'Kargo <kargo@example.com>']);
    });

    it('checks out tags, commits and the default branch', async () => {
      const first = (await world.branches())['main'] ?? '';
      await world.tag('v1', 'main');
      await world.seed({ message: 'Second', files: { 'README.md': 'changed\n' } });
      const clone = await world.git.clone({ remote: world.remote, home: home(), author: AUTHOR });
      const tag = await clone.addWorkTree({ path: `${world.folder}/tag`, ref: { tag: 'v1' } });
      const commit = await clone.addWorkTree({ path: `${world.folder}/commit`, ref: { commit: first } });
      const head = await clone.addWorkTree({ path: `${world.folder}/default`, ref: { default: true } });
      expect([await tag.head(), await tag.branch(), await commit.head(), await commit.branch(), await head.branch()]).toEqual([
        first,
        undefined,
        first,
        undefined,
        'main',
      ]);
      expect(await world.read(`${world.folder}/default/README.md`)).toBe('changed\n');
    });

    it('checks out one branch twice, and a work tree again in the same place', async () => {
      const one = await cloneTree('one', 'main');
      await world.write(`${one.path}/dirt`, 'x');
      const two = await cloneTree('two', 'main');
      const again = await cloneTree('one', 'main');
      expect(await two.head()).toBe(await again.head());
      expect(await world.read(`${one.path}/dirt`)).toBeUndefined();
    });

    it.each([
      ['an absent branch', { branch: 'absent' }, 'notFound'],
      ['an absent tag', { tag: 'absent' }, 'notFound'],
      ['a senseless branch', { branch: '../x' }, 'invalid'],
    ] as const)('says by code that it cannot check out %s', async (_, ref, code) => {
      const clone = await world.git.clone({ remote: world.remote, home: home(), author: AUTHOR });
      expect(await codeOf(clone.addWorkTree({ path: `${world.folder}/x`, ref }))).toBe(code);
    });

    it('does not touch a folder with other files', async () => {
      await world.write(`${world.folder}/mine/file`, 'x');
      expect(await codeOf(cloneTree('mine', 'main'))).toBe('invalid');
      expect(await world.read(`${world.folder}/mine/file`)).toBe('x');
    });

    it('reports an absent repository', async () => {
      expect(await codeOf(world.git.remoteRefs(world.absent))).toBe('notFound');
      expect(await codeOf(world.git.clone({ remote: world.absent, home: home(), author: AUTHOR }))).toBe('notFound');
    });

    it('[S13] clears everything but .git', async () => {
      const tree = await cloneTree('out', 'main');
      await world.write(`${tree.path}/new/file`, 'x');
      await tree.clear();
      expect(await world.list(tree.path)).toEqual(['.git']);
      expect(await tree.stage()).toBe(true);
      await tree.clear();
    });

    it('makes the same commit from the same tree, message and date', async () => {
      const ids: string[] = [];
      for (const place of ['a', 'b']) {
        const tree = await cloneTree(place, 'main');
        expect(await tree.stage()).toBe(false);
        await world.write(`${tree.path}/manifests.yaml`, 'kind: Test\n');
        expect(await tree.stage()).toBe(true);
        ids.push(await tree.commit({ message: 'Update\n\n- one\n', date: DATE }));
        expect(await tree.stage()).toBe(false);
        expect(await tree.head()).toBe(ids.at(-1));
      }
      expect(ids[0]).toBe(ids[1]);
    });

    it('[S17] pushes commits with author, date and message, and again without effect', async () => {
      const tree = await cloneTree('out', 'stage/test', true);
      const id = await commitFile(tree, 'manifests.yaml', 'kind: Test\n', 'Update\n\n- one');
      await tree.push({ branch: 'stage/test' });
      await tree.push({ branch: 'stage/test' });
      expect((await world.branches())['stage/test']).toBe(id);
      expect(await world.files('stage/test')).toEqual({ 'manifests.yaml': 'kind: Test\n' });
      const log = await world.log('stage/test');
      expect(log.length).toBe(2);
      expect(log[0]).toMatchObject({
        id,
        author: 'Kargo <kargo@example.com>',
        committer: 'Kargo <kargo@example.com>',
        date: DATE,
        message: 'Update\n\n- one',
      });
    });

    it('pushes to another branch, also a new one from a detached HEAD', async () => {
      const first = (await world.branches())['main'] ?? '';
      const clone = await world.git.clone({ remote: world.remote, home: home(), author: AUTHOR });
      const tree = await clone.addWorkTree({ path: `${world.folder}/x`, ref: { commit: first } });
      const id = await commitFile(tree, 'x', '1');
      await tree.push({ branch: 'kargo/promotion/x' });
      expect((await world.branches())['kargo/promotion/x']).toBe(id);
    });

    it('rejects a push over what it has not seen, and rebases onto it', async () => {
      const tree = await cloneTree('out', 'main');
      await commitFile(tree, 'ours', '1');
      const theirs = await world.seed({ message: 'Theirs', files: { theirs: '1' } });
      expect(await codeOf(tree.push({ branch: 'main' }))).toBe('rejected');
      expect((await world.branches())['main']).toBe(theirs);
      await tree.rebaseOnto('main');
      await tree.push({ branch: 'main' });
      const log = await world.log('main');
      expect(log.map(({ message }) => message).slice(0, 2)).toEqual(['Write ours', 'Theirs']);
      expect(log[0]?.date).toBe(DATE);
      expect(await world.files('main')).toMatchObject({ ours: '1', theirs: '1', 'README.md': 'hello\n' });
      expect(await world.read(`${tree.path}/theirs`)).toBe('1');
    });

    it('does nothing when there is nothing to rebase onto', async () => {
      const tree = await cloneTree('out', 'main');
      const id = await commitFile(tree, 'ours', '1');
      await tree.rebaseOnto('absent');
      await tree.rebaseOnto('main');
      expect(await tree.head()).toBe(id);
    });

    it('tells a conflict and leaves the work tree as it was', async () => {
      const tree = await cloneTree('out', 'main');
      const id = await commitFile(tree, 'README.md', 'ours\n');
      await world.seed({ message: 'Theirs', files: { 'README.md': 'theirs\n' } });
      expect(await codeOf(tree.rebaseOnto('main'))).toBe('conflict');
      expect([await tree.head(), await tree.branch(), await world.read(`${tree.path}/README.md`)]).toEqual([
        id,
        'main',
        'ours\n',
      ]);
    });

    it('overwrites with force', async () => {
      const tree = await cloneTree('out', 'main');
      const id = await commitFile(tree, 'ours', '1');
      await world.seed({ message: 'Theirs', files: { theirs: '1' } });
      await tree.push({ branch: 'main', force: true });
      expect((await world.branches())['main']).toBe(id);
    });

    it('tells a push that the remote refuses from one that comes too late', async () => {
      const tree = await cloneTree('out', 'main');
      await commitFile(tree, 'ours', '1');
      await world.refusePushes('this branch is protected');
      const error: unknown = await tree.push({ branch: 'main' }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'refused', transient: false });
      expect(String(error)).toContain('this branch is protected');
    });

    it('opens work trees later, also after changes', async () => {
      const tree = await cloneTree('out', 'main');
      await world.write(`${tree.path}/x`, '1');
      const later = await world.git.open(tree.path, { remote: world.remote, home: home() });
      expect([later.remoteURL, later.path, await later.branch()]).toEqual([world.remote.url, tree.path, 'main']);
      expect(await later.stage()).toBe(true);
      const id = await later.commit({ message: 'Later', date: DATE });
      await later.push({ branch: 'main' });
      expect((await world.log('main'))[0]).toMatchObject({ id, author: 'Kargo <kargo@example.com>' });
      expect(await codeOf(world.git.open(`${world.folder}/absent`, { home: home() }))).toBe('notFound');
    });

    it('commits for another author when told so', async () => {
      const tree = await cloneTree('out', 'main');
      await world.write(`${tree.path}/x`, '1');
      await tree.stage();
      await tree.commit({ message: 'x', date: DATE, author: { name: 'Ann', email: 'ann@example.com' } });
      await tree.push({ branch: 'main' });
      expect((await world.log('main'))[0]).toMatchObject({
        author: 'Ann <ann@example.com>',
        committer: 'Ann <ann@example.com>',
      });
    });

    it('tells who made which tags and when, newest first', async () => {
      const first = (await world.branches())['main'] ?? '';
      await world.tag('light', first);
      const second = await world.seed({ message: 'Second\n\nbody', files: { x: '1' }, date: DATE });
      const tagger = { name: 'Tess', email: 'tess@example.com' };
      const message = 'Release\n\n-----\nwith\ttext';
      await world.tag('v2', second, { message, tagger, date: DATE + 60_000 });
      expect(await world.git.tags(world.remote)).toEqual([
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
      expect((await world.git.remoteRefs(world.remote)).tags.get('v2')).toBe(second);
    });

    it('tells the paths that commits changed, both sides of a renaming', async () => {
      const first = (await world.branches())['main'] ?? '';
      const second = await world.seed({ message: 'Move', files: { 'README.md': null, 'docs/READ me.md': 'hello\n' } });
      const third = await world.seed({ message: 'Nothing' });
      await world.git.commits(world.remote, { limit: 1 });
      const paths = await world.git.changedPaths(world.remote, [third, second, first]);
      expect(paths.get(second)?.toSorted()).toEqual(['README.md', 'docs/READ me.md']);
      expect(paths.get(third)).toEqual([]);
      expect(paths.get(first)?.toSorted()).toEqual(['README.md', 'base/kustomization.yaml']);
      const history = await world.git.commits(world.remote, { head: third, limit: 9, paths: true });
      expect(history.map((commit) => [commit.id, commit.parent, commit.paths?.toSorted()])).toEqual([
        [third, second, []],
        [second, first, ['README.md', 'docs/READ me.md']],
        [first, undefined, ['README.md', 'base/kustomization.yaml']],
      ]);
      expect((await world.git.commits(world.remote, { head: second, limit: 1 })).map(({ id }) => id)).toEqual([second]);
    });

    it('checks out directories only, and keeps the rest in commits', async () => {
      await world.seed({ message: 'Dirs', files: { 'a/b/c/1': '1', 'a/b/2': '2', 'a/x/3': '3', 'z/4': '4' } });
      const clone = await world.git.clone({ remote: world.remote, home: home(), author: AUTHOR });
      const path = `${world.folder}/sparse`;
      const tree = await clone.addWorkTree({ path, ref: { branch: 'main' }, sparse: ['a/b/c'] });
      expect(await world.list(path)).toEqual(['.git', 'README.md', 'a']);
      expect(await world.list(`${path}/a`)).toEqual(['b']);
      expect(await world.list(`${path}/a/b`)).toEqual(['2', 'c']);
      expect(await tree.stage()).toBe(false);
      await world.write(`${path}/a/b/c/1`, 'changed');
      await world.write(`${path}/elsewhere/5`, '5');
      await tree.stage();
      await tree.commit({ message: 'Change', date: DATE });
      await tree.push({ branch: 'main' });
      const all = {
        'README.md': 'hello\n',
        'base/kustomization.yaml': 'resources: []\n',
        'a/b/2': '2',
        'a/x/3': '3',
        'z/4': '4',
      };
      expect(await world.files('main')).toEqual({ ...all, 'a/b/c/1': 'changed', 'elsewhere/5': '5' });
      const later = await world.git.open(path, { remote: world.remote, home: home() });
      await later.clear();
      expect(await later.stage()).toBe(true);
      await later.commit({ message: 'Clear', date: DATE });
      await later.push({ branch: 'main' });
      const left = await world.files('main');
      expect(left).toMatchObject({ 'base/kustomization.yaml': 'resources: []\n', 'a/x/3': '3', 'z/4': '4' });
      expect(Object.keys(left)).not.toContain('a/b/c/1');
      expect(Object.keys(left)).not.toContain('README.md');
    });

    it.each(['/a', '../a', 'a/../..', '*', 'a?', '[a]'])('refuses the sparse directory %s', async (directory) => {
      const clone = await world.git.clone({ remote: world.remote, home: home(), author: AUTHOR });
      const spec = { path: `${world.folder}/x`, ref: { branch: 'main' }, sparse: ['ok', directory] };
      expect(await codeOf(clone.addWorkTree(spec))).toBe('invalid');
    });

    it('tags HEAD once, pushes the tag, and replaces it only by force', async () => {
      await world.tag('v0', 'main');
      const tree = await cloneTree('out', 'main');
      const first = await tree.head();
      await tree.tag({ name: 'v1', message: 'Release one', date: DATE });
      await tree.tag({ name: 'v1', message: 'Release one', date: DATE + 5000 });
      await tree.pushTag('v1');
      await tree.pushTag('v1');
      expect(await world.tags()).toEqual({ v0: { commit: first }, v1: { commit: first, annotation: 'Release one' } });
      expect(await codeOf(tree.tag({ name: 'v1', message: 'Another', date: DATE }))).toBe('invalid');
      expect(await codeOf(tree.tag({ name: 'v0', message: 'Another', date: DATE }))).toBe('invalid');
      const second = await commitFile(tree, 'x', '1');
      await tree.tag({ name: 'v1', message: 'Another', date: DATE, force: true });
      await tree.pushTag('v1');
      expect((await world.tags())['v1']).toEqual({ commit: second, annotation: 'Another' });
      expect(await codeOf(tree.pushTag('absent'))).toBe('notFound');
      expect(await codeOf(tree.tag({ name: '../x', message: 'x', date: DATE }))).toBe('invalid');
    });

    it('never replaces a tag that somebody else has pushed', async () => {
      const tree = await cloneTree('out', 'main');
      const theirs = await world.seed({ message: 'Theirs', files: { theirs: '1' } });
      await world.tag('v1', theirs);
      await tree.tag({ name: 'v1', message: 'Ours', date: DATE, force: true });
      expect(await codeOf(tree.pushTag('v1'))).toBe('refused');
      expect((await world.tags())['v1']?.commit).toBe(theirs);
    });

    it.each([
      ['AlwaysRebase', 'rebased', ['Write ours', 'Theirs']],
      ['RebaseOrMerge', 'rebased', ['Write ours', 'Theirs']],
      ['RebaseOrFail', 'rebased', ['Write ours', 'Theirs']],
      ['AlwaysMerge', 'merged', ["Merge branch 'main'", 'Write ours']],
    ] as const)('integrates unsigned commits by the policy %s', async (policy, how, messages) => {
      const tree = await cloneTree('out', 'main');
      expect(await tree.integrate('main', { policy, date: DATE })).toBe('current');
      await commitFile(tree, 'ours', '1');
      expect(await tree.integrate('main', { policy, date: DATE })).toBe('current');
      expect(await tree.integrate('absent', { policy, date: DATE })).toBe('current');
      await world.seed({ message: 'Theirs', files: { theirs: '1' } });
      expect(await tree.integrate('main', { policy, date: DATE })).toBe(how);
      await tree.push({ branch: 'main' });
      expect((await world.log('main')).map(({ message }) => message)).toEqual(expect.arrayContaining([...messages]));
      expect((await world.log('main'))[0]).toMatchObject({ message: messages[0], date: DATE });
      expect(await world.files('main')).toMatchObject({ ours: '1', theirs: '1' });
    });

    it('goes forward to the remote when there is nothing of its own', async () => {
      for (const policy of ['AlwaysRebase', 'AlwaysMerge'] as const) {
        const tree = await cloneTree(policy, 'main');
        const theirs = await world.seed({ message: 'Theirs', files: { [policy]: '1' } });
        await tree.integrate('main', { policy, date: DATE });
        expect(await tree.head()).toBe(theirs);
        expect(await world.read(`${tree.path}/${policy}`)).toBe('1');
      }
    });

    it('tells a conflict of a merge and leaves the work tree as it was', async () => {
      const tree = await cloneTree('out', 'main');
      const id = await commitFile(tree, 'README.md', 'ours\n');
      await world.seed({ message: 'Theirs', files: { 'README.md': 'theirs\n' } });
      expect(await codeOf(tree.integrate('main', { policy: 'AlwaysMerge', date: DATE }))).toBe('conflict');
      expect([await tree.head(), await world.read(`${tree.path}/README.md`)]).toEqual([id, 'ours\n']);
      expect(await tree.stage()).toBe(false);
    });

    it('tells its own commits, oldest first', async () => {
      const tree = await cloneTree('out', 'main');
      const base = await tree.head();
      expect(await tree.localCommits(base)).toEqual([]);
      const one = await commitFile(tree, 'one', '1', 'One\n\nbody');
      const two = await commitFile(tree, 'two', '2');
      const found = await tree.localCommits(base);
      expect(found).toMatchObject([
        { id: one, parents: [base], message: 'One\n\nbody\n', author: AUTHOR, committer: AUTHOR, signature: 'unsigned' },
        { id: two, parents: [one], message: 'Write two\n', authoredAt: '2025-06-15T15:06:40Z' },
      ]);
      expect(found[0]?.tree).toMatch(/^[0-9a-f]{40}$/);
      expect((await tree.localCommits(undefined)).length).toBe(3);
    });

    it('pushes to references beside branches and tags, and deletes them', async () => {
      const tree = await cloneTree('out', 'main');
      await commitFile(tree, 'x', '1');
      await tree.pushRef('refs/kargo/staging/x', { create: true });
      await tree.pushRef('refs/kargo/staging/x', { create: true });
      await tree.pushRef('refs/kargo/staging/x', { create: false });
      expect(await codeOf(tree.pushRef('refs/heads/main', { create: true }))).toBe('invalid');
      expect(Object.keys(await world.branches())).toEqual(['main']);
    });

    it('resets to what the remote has', async () => {
      const tree = await cloneTree('out', 'main');
      await commitFile(tree, 'README.md', 'ours\n');
      const theirs = await world.seed({ message: 'Theirs', files: { theirs: '1' } });
      expect(await tree.resetTo('main')).toBe(theirs);
      expect([await tree.head(), await tree.branch(), await world.read(`${tree.path}/README.md`)]).toEqual([
        theirs,
        'main',
        'hello\n',
      ]);
      expect(await codeOf(tree.resetTo('absent'))).toBe('notFound');
    });

    describe('with a signing key', () => {
      const signed = (): GitIdentity | undefined => {
        if (world.signingKey === undefined) console.warn('skipped: signing cannot be shown, GnuPG is not installed');
        return world.signingKey === undefined ? undefined : { ...AUTHOR, signingKey: world.signingKey };
      };
      const twoTrees = async (by: GitIdentity, then: GitIdentity): Promise<WorkTree> => {
        const clone = await world.git.clone({ remote: world.remote, home: home(), author: by });
        const tree = await clone.addWorkTree({ path: `${world.folder}/out`, ref: { branch: 'main' } });
        await commitFile(tree, 'ours', '1');
        await world.seed({ message: 'Theirs', files: { theirs: '1' } });
        return world.git.open(tree.path, { remote: world.remote, home: home(), author: then });
      };

      it('signs commits, and replaying them keeps them signed', async () => {
        const author = signed();
        if (author === undefined) return;
        const tree = await twoTrees(author, author);
        const base = (await world.log('main'))[1]?.id;
        expect((await tree.localCommits(base)).map(({ signature }) => signature)).toEqual(['trusted']);
        expect(await tree.integrate('main', { policy: 'RebaseOrFail', date: DATE })).toBe('rebased');
        expect((await tree.localCommits((await world.branches())['main'])).map(({ signature }) => signature)).toEqual([
          'trusted',
        ]);
        await tree.tag({ name: 'v1', message: 'Signed', date: DATE });
        await tree.tag({ name: 'v1', message: 'Signed', date: DATE });
        await tree.pushTag('v1');
        expect((await world.tags())['v1']?.annotation).toMatch(/^Signed/);
      });

      it.each([
        ['would make signatures', false, true],
        ['would lose signatures', true, false],
      ])('does not replay where that %s', async (_, before, after) => {
        const author = signed();
        if (author === undefined) return;
        const tree = await twoTrees(before ? author : AUTHOR, after ? author : AUTHOR);
        const head = await tree.head();
        expect(await tree.integrate('main', { policy: 'RebaseOrFail', date: DATE })).toBe('unsafe');
        expect(await tree.head()).toBe(head);
        expect(await tree.integrate('main', { policy: 'RebaseOrMerge', date: DATE })).toBe('merged');
        const [own] = await tree.localCommits((await world.branches())['main']);
        expect(own).toMatchObject({ id: head, signature: before ? 'untrusted' : 'unsigned' });
      });
    });

    it('exports the files of a commit without history', async () => {
      const first = (await world.branches())['main'] ?? '';
      await world.write(`${world.folder}/export/stale`, 'x');
      await world.git.export(world.remote, first, `${world.folder}/export`);
      expect(await world.list(`${world.folder}/export`)).toEqual(['README.md', 'base']);
      expect(await world.read(`${world.folder}/export/README.md`)).toBe('hello\n');
    });

    it('refuses to begin when cancelled', async () => {
      const signal = AbortSignal.abort(new Error('stop'));
      expect(await codeOf(world.git.remoteRefs(world.remote, { signal }))).toBe('aborted');
      expect(await codeOf(world.git.clone({ remote: world.remote, home: home(), author: AUTHOR, signal }))).toBe('aborted');
      const tree = await cloneTree('out', 'main');
      expect(await codeOf(tree.push({ branch: 'main', signal }))).toBe('aborted');
    });

    it.each(['', 'ext::sh -c id', '/etc', 'file:///etc', '--upload-pack=id', 'https://', 'http://a b/'])(
      'refuses the URL %j',
      async (url) => {
        expect(await codeOf(world.git.remoteRefs({ url }))).toBe('invalid');
      },
    );
  });
}
