/** Warm mirrors: killed in the middle, locked, and bounded on disk. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realProcesses } from '../process/real-processes.ts';
import { startGitServer, type GitServer } from '../testing/git-server.ts';
import { removeOldMirrors } from './mirror-upkeep.ts';
import type { Git, GitRemote } from './port.ts';
import { realGit, type RealGitOptions } from './real-git.ts';

const FIXTURE = join(import.meta.dirname, '..', 'testing', 'fixtures', 'promotion-process.ts');

let server: GitServer;
let folder: string;
let remote: GitRemote;
beforeEach(async () => {
  server = await startGitServer();
  folder = await mkdtemp(join(tmpdir(), 'mirrors-'));
  remote = { url: await server.createRepository('demo', { 'README.md': 'hello\n' }) };
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});
const newGit = (options: Partial<RealGitOptions> = {}): Git =>
  realGit({ processes: realProcesses({ grace: 200 }), clock: systemClock, directory: join(folder, 'cache'), ...options });
const mirrors = (): Promise<string[]> => readdir(join(folder, 'cache', 'mirrors'));
const repository = async (): Promise<string> => join(folder, 'cache', 'mirrors', (await mirrors())[0] ?? '', 'repo.git');
const subject = async (git: Git): Promise<string | undefined> =>
  (await git.commits(remote, { branch: 'main', limit: 1 }))[0]?.subject;

describe('a mirror', () => {
  it('is whole after a kill in the middle of a fetch, and nothing goes on writing to it', { timeout: 60_000 }, async () => {
    await newGit().commits(remote, { branch: 'main', limit: 1 });
    await server.commit('demo', { message: 'New', files: { more: 'x'.repeat(100_000) } });
    // The first request asks for the references, the second one for the objects.
    let asked = 0;
    server.setFault(({ phase }) => (phase === 'rpc' && (asked += 1) >= 2 ? 'hang' : undefined));
    const child = spawn(process.execPath, [FIXTURE, folder, remote.url], { stdio: 'ignore' });
    await expect.poll(() => asked, { timeout: 30_000 }).toBeGreaterThanOrEqual(2);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    // What git leaves when it is killed while it writes.
    const gitDir = join(folder, 'cache', 'mirrors', (await mirrors())[0] ?? '', 'repo.git');
    await writeFile(join(gitDir, 'objects', 'pack', 'tmp_pack_abc123'), 'half a pack');
    await writeFile(join(gitDir, 'refs', 'heads', 'main.lock'), '');
    server.setFault(undefined);
    expect(await subject(newGit())).toBe('New');
    expect((await readdir(join(gitDir, 'objects', 'pack'))).filter((name) => name.startsWith('tmp_'))).toEqual([]);
  });

  it('gets over locks that a killed git leaves while the process goes on', async () => {
    const git = newGit();
    expect(await subject(git)).toBe('Add the first files');
    await writeFile(join(await repository(), 'refs', 'heads', 'main.lock'), '');
    await writeFile(join(await repository(), 'packed-refs.lock'), '');
    await server.commit('demo', { message: 'New', files: { more: '1' } });
    expect(await subject(git)).toBe('New');
  });

  it('drops what no branch leads to any more', { timeout: 60_000 }, async () => {
    const git = newGit();
    await git.commits(remote, { branch: 'main', limit: 1 });
    // Branches that come and go, as those of pull requests do, with contents that cannot be compressed.
    for (let round = 0; round < 32; round += 1) {
      const noise = Array.from({ length: 400 }, (_, index) => Math.sin(round * 1000 + index).toString(36)).join('\n');
      await server.commit('demo', { branch: 'topic', message: `Round ${round}`, files: { noise } });
      await git.commits(remote, { branch: 'topic', limit: 1 });
      await server.git('demo', 'update-ref', '-d', 'refs/heads/topic');
    }
    const packs = async (): Promise<{ count: number; bytes: number }> => {
      const pack = join(await repository(), 'objects', 'pack');
      const names = (await readdir(pack)).filter((name) => name.endsWith('.pack'));
      const sizes = await Promise.all(names.map(async (name) => (await stat(join(pack, name))).size));
      return { count: names.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
    };
    const { count, bytes } = await packs();
    expect(count).toBeLessThan(10);
    expect(bytes).toBeLessThan(30_000);
  });
});

describe('mirrors', () => {
  it('go when nobody has used them for long, or when all of them are too large', async () => {
    const now = Date.now();
    const make = async (name: string, ageMs: number, bytes: number): Promise<void> => {
      const path = join(folder, 'some', name);
      await mkdir(join(path, 'repo.git'), { recursive: true });
      await writeFile(join(path, 'repo.git', 'pack'), 'x'.repeat(bytes));
      const at = new Date(now - ageMs);
      await utimes(path, at, at);
    };
    const hour = 3600 * 1000;
    await make('ancient', 400 * hour, 10);
    await make('old', 20 * hour, 400);
    await make('older', 30 * hour, 400);
    await make('used', hour / 2, 900);
    const removal = (...used: string[]) => ({
      isInUse: (name: string) => used.includes(name),
      remove: (name: string) => rm(join(folder, 'some', name), { recursive: true }),
    });
    const upkeep = { lifetime: 336 * hour, maxBytes: 1000, maxCount: 10 };
    const removed = await removeOldMirrors(join(folder, 'some'), upkeep, now, removal());
    expect(removed).toEqual(['ancient', 'older', 'old']);
    expect(await readdir(join(folder, 'some'))).toEqual(['used']);
    for (const [index, name] of ['one', 'two', 'three', 'four'].entries()) await make(name, (10 - index) * hour, 1);
    const few = { lifetime: 336 * hour, maxBytes: 1000, maxCount: 3 };
    expect(await removeOldMirrors(join(folder, 'some'), few, now, removal('one'))).toEqual(['two', 'three']);
    expect((await readdir(join(folder, 'some'))).toSorted()).toEqual(['four', 'one', 'used']);
  });

  it('are made again when they are needed again', async () => {
    let now = Date.now();
    const clock = { ...systemClock, now: () => now };
    const git = newGit({ clock });
    await git.commits(remote, { branch: 'main', limit: 1 });
    const [first] = await mirrors();
    now += 15 * 24 * 3600 * 1000;
    // Another one is made, and the old one goes.
    await git.commits({ ...remote, credentials: { username: 'a', password: 'b' } }, { branch: 'main', limit: 1 });
    expect(await mirrors()).toHaveLength(1);
    expect(await mirrors()).not.toContain(first);
    expect(await subject(git)).toBe('Add the first files');
    expect(await readdir(join(folder, 'cache', 'gone'))).toEqual([]);
  });
});
