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
  tag(tag: string, revision: string): Promise<void>;
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
