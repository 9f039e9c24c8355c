/** Work trees of large branches that are kept ready: taken over whole, brought up to date, and never seen by two. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@kargo/kube';
import { expect, it } from 'vitest';
import type { Processes } from '../process/port.ts';
import { realProcesses } from '../process/real-processes.ts';
import { startGitServer } from '../testing/git-server.ts';
import { realGit } from './real-git.ts';
import { isPresent } from './repository-files.ts';
import { SpareBudget } from './spare-budget.ts';
import { SpareTrees } from './spare-trees.ts';

it('a large branch is checked out by renaming what was made ready, and is what it should be', { timeout: 60_000 }, async () => {
  const server = await startGitServer();
  const folder = await mkdtemp(join(tmpdir(), 'spare-'));
  const processes = realProcesses();
  try {
    const files = Object.fromEntries(Array.from({ length: 320 }, (_, index) => [`apps/${index}.yaml`, `index: ${index}\n`]));
    const remote = { url: await server.createRepository('demo', files) };
    await server.git('demo', 'tag', 'old');
    let running = 0;
    const counted: Processes = {
      run: (request) => {
        running += 1;
        return processes.run(request).finally(() => (running -= 1));
      },
    };
    const git = realGit({ processes: counted, clock: systemClock, directory: join(folder, 'cache') });
    const author = { name: 'Kargo', email: 'kargo@example.com' };
    const checkOut = async (name: string) => {
      const clone = await git.clone({ remote, home: join(folder, name, 'home'), author });
      return clone.addWorkTree({ path: join(folder, name, 'tree'), ref: { branch: 'main' } });
    };
    const inode = async (name: string): Promise<number> => (await stat(join(folder, name, 'tree', 'apps', '7.yaml'))).ino;
    const spares = async (): Promise<string[]> => {
      const base = join(folder, 'cache', 'spare');
      const [mirror] = await readdir(base).catch(() => []);
      if (mirror === undefined) return [];
      const found: string[] = [];
      for (const one of await readdir(join(base, mirror))) {
        const names = await readdir(join(base, mirror, one, 'tree', 'apps')).catch(() => []);
        if (names.length >= 319) found.push(join(base, mirror, one));
      }
      return found;
    };
    const first = await checkOut('one');
    await writeFile(join(first.path, 'apps', '1.yaml'), 'spoiled\n');
    await expect.poll(spares, { timeout: 20_000 }).toHaveLength(1);
    const [ready = ''] = await spares();
    const waiting = (await stat(join(ready, 'tree', 'apps', '7.yaml'))).ino;
    await server.commit('demo', { message: 'New', files: { 'apps/3.yaml': 'new\n', 'apps/4.yaml': null, more: '1' } });
    // The files are there before git has ended; the tree is taken only some time after that.
    let second = await checkOut('two');
    const retaken = async (): Promise<number> => {
      if ((await inode('two')) !== waiting) second = await checkOut('two');
      return inode('two');
    };
    await expect.poll(retaken, { timeout: 20_000 }).toBe(waiting);
    expect(await isPresent(ready)).toBe(false);
    expect((await readdir(join(second.path, 'apps'))).length).toBe(319);
    expect(await readFile(join(second.path, 'apps', '1.yaml'), 'utf8')).toBe('index: 1\n');
    expect(await readFile(join(second.path, 'apps', '3.yaml'), 'utf8')).toBe('new\n');
    expect(await second.branch()).toBe('main');
    expect(await second.stage()).toBe(false);
    await writeFile(join(second.path, 'more'), '2');
    await second.stage();
    await second.commit({ message: 'Mine', date: 0 });
    await second.push({ branch: 'main' });
    expect((await server.log('demo', 'main')).map(({ message }) => message)).toEqual(['Mine', 'New', 'Add the first files']);
    // Again in the same place, as after a crash.
    expect(await readFile(join((await checkOut('two')).path, 'more'), 'utf8')).toBe('2');
    // What is being made ready comes to its end.
    await expect.poll(async () => [(await spares()).length, running], { timeout: 20_000 }).toEqual([1, 0]);
    // Those that a process left behind are of no use to the next one.
    await realGit({ processes, clock: systemClock, directory: join(folder, 'cache') }).commits(remote, {
      limit: 1,
    });
    expect(await spares()).toEqual([]);
  } finally {
    await server.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 20 });
  }
});

it('of too many, those go whose branch was checked out longest ago', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'spare-'));
  try {
    const gitDir = join(folder, 'repo.git');
    const head = Buffer.alloc(12);
    // Files of the index.
    head.writeUInt32BE(400, 8);
    await mkdir(gitDir);
    await writeFile(join(gitDir, 'index'), head);
    const clock = { ...systemClock, sleep: async () => undefined };
    const budget = new SpareBudget({ trees: 4, bytes: 1000 });
    const some = (name: string): SpareTrees =>
      new SpareTrees(
        join(folder, name),
        clock,
        async (spare, commit) => {
          await mkdir(spare.tree, { recursive: true });
          await mkdir(spare.gitDir);
          await writeFile(join(spare.tree, 'file'), 'x'.repeat(Number(commit)));
        },
        budget,
      );
    const [one, two] = [some('one'), some('two')];
    const count = async (): Promise<number> => {
      const inside = await Promise.all(['one', 'two'].map((name) => readdir(join(folder, name)).catch(() => [])));
      return inside.flat().length;
    };
    let wanted = 0;
    const take = async (spares: SpareTrees, branch: string): Promise<string | undefined> => {
      const place = join(folder, 'taken', String((wanted += 1)));
      const there = { tree: join(place, 'tree'), gitDir: join(place, 'repo.git') };
      const commit = await spares.take(branch, there, async () => undefined);
      if (commit !== undefined) expect((await stat(join(there.tree, 'file'))).size).toBe(Number(commit));
      return commit;
    };
    const make = (spares: SpareTrees, branch: string, bytes: number): Promise<void> =>
      spares.replenish(branch, String(bytes), gitDir);
    // Three of one mirror.
    for (const branch of ['a', 'b', 'c', 'd']) await make(one, branch, 100);
    expect(await take(one, 'a')).toBeUndefined();
    expect(await take(one, 'b')).toBe('100');
    await make(one, 'b', 100);
    // So many bytes of all together: what is left of the first mirror is what was used last.
    await make(two, 'x', 850);
    await expect.poll(count).toBe(2);
    expect([await take(one, 'c'), await take(one, 'd'), await take(one, 'b'), await take(two, 'x')]).toEqual([
      undefined,
      undefined,
      '100',
      '850',
    ]);
    await make(two, 'x', 1001);
    expect(await take(two, 'x')).toBeUndefined();
    await make(two, 'y', 10);
    two.clear();
    expect(await take(two, 'y')).toBeUndefined();
    await expect.poll(count).toBe(0);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});
