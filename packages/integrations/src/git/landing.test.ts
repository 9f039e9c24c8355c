/** Many work trees whose commits go to one branch at the same time, over HTTP to a real git server. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realProcesses } from '../process/real-processes.ts';
import { startGitServer, type GitServer } from '../testing/git-server.ts';
import type { Git, GitIdentity, GitRemote, WorkTree } from './port.ts';
import { realGit } from './real-git.ts';

const AUTHOR = { name: 'Kargo', email: 'kargo@example.com' };
const DATE = 1_750_000_000_000;
/** All 100 of them with LANDINGS=100. */
const MANY = Number(process.env['LANDINGS'] ?? 16);

describe('commits that go to one branch at the same time', () => {
  let server: GitServer;
  let folder: string;
  let git: Git;
  let remote: GitRemote;

  beforeEach(async () => {
    server = await startGitServer();
    folder = await mkdtemp(join(tmpdir(), 'landing-'));
    git = realGit({ processes: realProcesses(), clock: systemClock, directory: join(folder, 'cache') });
    remote = { url: await server.createRepository('demo', { 'README.md': 'hello\n', shared: '1\n' }) };
  });
  afterEach(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const committed = async (name: string, files: Record<string, string>, author: GitIdentity = AUTHOR): Promise<WorkTree> => {
    const clone = await git.clone({ remote, home: join(folder, name, 'home'), author });
    const tree = await clone.addWorkTree({ path: join(folder, name, 'tree'), ref: { branch: 'main' } });
    for (const [path, content] of Object.entries(files)) await writeFile(join(tree.path, path), content);
    await tree.stage();
    await tree.commit({ message: `Change ${name}`, date: DATE });
    return tree;
  };
  const land = (tree: WorkTree, trees?: ReadonlySet<string>) =>
    tree.land({ branch: 'main', policy: 'AlwaysRebase', date: DATE, trees });
  const pushes = (): number =>
    server.requests.filter(({ service, phase }) => service === 'git-receive-pack' && phase === 'rpc').length;
  const outcomes = (work: Promise<unknown>[]): Promise<unknown[]> =>
    Promise.all(work.map((one) => one.catch((error: { code: string }) => error.code)));

  it('all land with few pushes, and none is lost', { timeout: 300_000 }, async () => {
    const names = Array.from({ length: MANY }, (_, index) => `app-${index}`);
    const trees: WorkTree[] = [];
    for (const name of names) trees.push(await committed(name, { [name]: `${name}\n` }));
    expect(await outcomes(trees.map((tree) => land(tree)))).toEqual(names.map(() => 'landed'));
    const log = await server.log('demo', 'main');
    expect(log.map(({ message }) => message).toSorted()).toEqual(
      [...names.map((name) => `Change ${name}`), 'Add the first files'].toSorted(),
    );
    expect(log.every(({ parents }) => parents.length <= 1)).toBe(true);
    expect(Object.keys(await server.files('demo', 'main')).toSorted()).toEqual(['README.md', 'shared', ...names].toSorted());
    expect(pushes()).toBeLessThanOrEqual(Math.max(3, MANY / 5));
    // Each work tree stands where its own commit came to lie, and can go on from there.
    const ids = new Map(log.map(({ id, message }) => [message, id]));
    for (const [index, tree] of trees.entries()) expect(await tree.head()).toBe(ids.get(`Change ${names[index]}`));
    const last = trees[0]!;
    await writeFile(join(last.path, 'more'), '1');
    await last.stage();
    await last.commit({ message: 'More', date: DATE });
    expect(await land(last)).toBe('landed');
  });

  it('who conflicts is told so alone, whatever goes on around', async () => {
    const trees = [
      await committed('one', { one: '1' }),
      await committed('two', { shared: 'two\n' }),
      await committed('three', { shared: 'three\n' }),
      await committed('four', { four: '4' }),
    ];
    await server.commit('demo', { message: 'Theirs', files: { theirs: '1' } });
    const found = await outcomes(trees.map((tree) => land(tree)));
    expect([found[0], found[3]]).toEqual(['landed', 'landed']);
    expect([String(found[1]), String(found[2])].toSorted()).toEqual(['conflict', 'landed']);
    const files = await server.files('demo', 'main');
    expect([files['one'], files['four'], files['theirs']]).toEqual(['1', '4', '1']);
    // Whoever failed stands where he stood.
    const loser = trees[found.indexOf('conflict')]!;
    expect(files['shared']).not.toBe(await readFile(join(loser.path, 'shared'), 'utf8'));
  });

  it('keep the names of their authors', async () => {
    const trees = [await committed('one', { one: '1' }), await committed('two', { two: '2' }, { name: 'Ann', email: 'ann@b.c' })];
    await server.commit('demo', { message: 'Theirs', files: { theirs: '1' } });
    trees.push(await committed('three', { three: '3' }, { name: 'Bob', email: 'bob@b.c' }));
    await outcomes(trees.map((tree) => land(tree)));
    const log = await server.log('demo', 'main');
    const who = Object.fromEntries(log.map(({ message, author, committer }) => [message, [author, committer]]));
    expect(who['Change two']).toEqual(['Ann <ann@b.c>', 'Ann <ann@b.c>']);
    expect(who['Change three']).toEqual(['Bob <bob@b.c>', 'Bob <bob@b.c>']);
  });

  it('a push that the remote refuses is refused to each of them', async () => {
    const trees = [
      await committed('one', { one: '1' }),
      await committed('two', { two: '2' }),
      await committed('three', { three: '3' }),
    ];
    await server.refusePushes('demo', 'main is protected');
    expect(await outcomes(trees.map((tree) => land(tree)))).toEqual(['refused', 'refused', 'refused']);
  });

  it('who gives up while he waits is let go, the others land', async () => {
    const trees = [
      await committed('one', { one: '1' }),
      await committed('two', { two: '2' }),
      await committed('three', { three: '3' }),
    ];
    const abort = new AbortController();
    const work = trees.map((tree, index) =>
      tree.land({ branch: 'main', policy: 'AlwaysRebase', date: DATE, ...(index === 1 ? { signal: abort.signal } : {}) }),
    );
    abort.abort(new Error('stop'));
    expect(await outcomes(work)).toEqual(['landed', 'aborted', 'landed']);
    expect(Object.keys(await server.files('demo', 'main')).toSorted()).toEqual(['README.md', 'one', 'shared', 'three']);
  });

  it('what is planned is pushed as planned or not at all', async () => {
    const tree = await committed('one', { one: '1' });
    const planned = new Set([await tree.tree()]);
    const before = await server.commit('demo', { message: 'Somebody else', files: { theirs: '1' } });
    expect(await outcomes([land(tree, planned)])).toEqual(['unplanned']);
    expect((await server.branches('demo'))['main']).toBe(before);
    const other = await committed('two', { two: '2' });
    expect(await land(other, new Set([await other.tree()]))).toBe('landed');
  });
});
