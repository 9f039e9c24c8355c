/** Clones with a part of the history: what they transfer, and that everything which needs more gets it. */
import { execFileSync } from 'node:child_process';
import { copyFile, cp, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@kargo/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realProcesses } from '../process/real-processes.ts';
import { startGitServer, type GitServer } from '../testing/git-server.ts';
import { startSshServer } from '../testing/ssh-server.ts';
import type { GitCredentials, GitRemote, WorkTreeSpec } from './port.ts';
import { realGit } from './real-git.ts';
import { sizeOf } from './mirror-upkeep.ts';

let server: GitServer;
let folder: string;
let made = 0;
const author = { name: 'Kargo', email: 'kargo@example.com' };

const template: string[] = [];

beforeAll(async () => {
  server = await startGitServer();
  folder = await mkdtemp(join(tmpdir(), 'shallow-'));
  const large = execFileSync('head', ['-c', '100000', '/dev/urandom']).toString('base64');
  await server.createRepository('template', { 'a/x': '0\n', 'b/y': '0\n', large });
  template.push((await server.branches('template'))['main'] ?? '');
  await server.tag('template', 'first', 'main', { message: 'First', tagger: author, date: 0 });
  for (let n = 1; n < 12; n += 1) {
    const files = { 'a/x': `${n}\n`, ...(n === 1 ? { large: null } : {}) };
    template.push(await server.commit('template', { message: `Commit ${n}`, files }));
  }
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A repository whose branch main has 12 commits, the first with a large file that is gone since. */
async function repository(
  more: { url?: (name: string) => string; credentials?: GitCredentials; environment?: Record<string, string> } = {},
) {
  const name = `repo-${(made += 1)}`;
  const home = join(folder, name);
  await cp(join(server.directory, 'template.git'), join(server.directory, `${name}.git`), { recursive: true });
  const ids = template;
  const { environment, credentials } = more;
  const git = realGit({ processes: realProcesses(), clock: systemClock, directory: join(home, 'cache'), environment });
  const url = more.url?.(name) ?? server.repositoryURL(name);
  const checkOut = async (spec: Partial<WorkTreeSpec> = {}, remote: Partial<GitRemote> = {}) => {
    const place = join(home, `clone-${(made += 1)}`);
    const clone = await git.clone({ remote: { url, credentials, depth: 1, ...remote }, home: join(place, 'home'), author });
    return clone.addWorkTree({ path: join(place, 'tree'), ref: { branch: 'main' }, ...spec });
  };
  const trees = async (path: string): Promise<string> => {
    const [tree = ''] = await readdir(join(path, '..', 'home', 'trees'));
    return join(path, '..', 'home', 'trees', tree);
  };
  /** Commits that a work tree has. */
  const visible = async (path: string): Promise<number> =>
    Number(execFileSync('git', [`--git-dir=${await trees(path)}`, 'rev-list', '--count', 'HEAD']).toString());
  const mirrors = async (): Promise<string[]> => {
    const base = join(home, 'cache', 'mirrors');
    return (await readdir(base)).map((one) => join(base, one, 'repo.git'));
  };
  const subjects = async (branch: string): Promise<string[]> =>
    (await server.log(name, branch)).map(({ message }) => message.split('\n')[0] ?? '');
  return { name, url, ids, git, checkOut, visible, mirrors, subjects, gitDirOf: trees };
}

type Tree = Awaited<ReturnType<Awaited<ReturnType<typeof repository>>['checkOut']>>;

async function change(
  tree: Pick<Tree, 'path' | 'commitChanges'>,
  file: string,
  content: string,
  message: string,
): Promise<string> {
  await writeFile(join(tree.path, file), content);
  return (await tree.commitChanges({ message, date: 1_700_000_000_000 })) ?? '';
}

const HOW = { branch: 'main', policy: 'AlwaysRebase', date: 0 } as const;

describe('a shallow clone', () => {
  it('fetches only so many commits, also later, and pushes what is committed', async () => {
    const { name, checkOut, visible, mirrors, subjects } = await repository();
    const tree = await checkOut();
    expect(await visible(tree.path)).toBe(1);
    const [mirror = ''] = await mirrors();
    expect(await sizeOf(join(mirror, 'objects'))).toBeLessThan(20_000);
    const commit = await change(tree, 'new', '1', 'Mine');
    expect(await tree.land(HOW)).toBe('landed');
    expect((await server.branches(name))['main']).toBe(commit);
    expect((await subjects('main')).length).toBe(13);
    await server.commit(name, { message: 'Theirs', files: { theirs: '1' } });
    const again = await checkOut();
    expect(await visible(again.path)).toBe(1);
    expect(await readFile(join(again.path, 'theirs'), 'utf8')).toBe('1');
    expect(await checkOut({}, { depth: 5 }).then(({ path }) => visible(path))).toBe(5);
    expect(await checkOut({}, { depth: 500 }).then(({ path }) => visible(path))).toBe(14);
    for (const one of await mirrors())
      expect(
        execFileSync('git', [`--git-dir=${one}`, 'fsck', '--connectivity-only', '--no-dangling'], { stdio: 'pipe' }).toString(),
      ).toBe('');
  });

  it.each<[string, Partial<GitRemote>, Partial<WorkTreeSpec>]>([
    ['blobless', { blobless: true }, {}],
    ['sparse', {}, { sparse: ['a'] }],
    ['blobless and sparse', { blobless: true }, { sparse: ['a'] }],
  ])('can be %s too', async (_, remote, spec) => {
    const { name, checkOut, visible, subjects } = await repository();
    const tree = await checkOut(spec, remote);
    expect(await visible(tree.path)).toBe(1);
    expect((await readdir(tree.path)).includes('b')).toBe(spec.sparse === undefined);
    await change(tree, 'a/new', '1', 'Mine');
    await server.commit(name, { message: 'Theirs', files: { theirs: '1' } });
    expect(await tree.land(HOW)).toBe('landed');
    expect((await subjects('main')).slice(0, 3)).toEqual(['Mine', 'Theirs', 'Commit 11']);
    expect(await server.files(name, 'main')).toEqual({ 'a/x': '11\n', 'a/new': '1', 'b/y': '0\n', theirs: '1' });
    // A branch that was written anew needs the rest of the history.
    await change(tree, 'a/new', '2', 'Mine again');
    await server.git(name, 'update-ref', 'refs/heads/main', 'main~4');
    await server.commit(name, { message: 'Anew', files: { anew: '1' } });
    expect(await tree.land(HOW)).toBe('landed');
    expect((await server.files(name, 'main'))['a/new']).toBe('2');
    expect((await server.files(name, 'main'))['anew']).toBe('1');
  });

  it.each([['AlwaysRebase'], ['AlwaysMerge']] as const)('brings commits to a branch that has moved by %s', async (policy) => {
    const { name, checkOut, visible, subjects } = await repository();
    const tree = await checkOut();
    await change(tree, 'new', '1', 'Mine');
    for (const n of [1, 2, 3]) await server.commit(name, { message: `Theirs ${n}`, files: { theirs: `${n}` } });
    expect(await tree.land({ ...HOW, policy })).toBe('landed');
    // That the branch went on from where the clone began needs no more history.
    expect(await visible(tree.path)).toBe(policy === 'AlwaysMerge' ? 6 : 5);
    expect((await subjects('main')).includes('Mine')).toBe(true);
    expect((await subjects('main')).length).toBe(policy === 'AlwaysMerge' ? 17 : 16);
  });

  it('does on a branch that was written anew what a clone with the whole history does', async () => {
    const outcomes: unknown[] = [];
    for (const depth of [1, undefined]) {
      const { name, checkOut, ids, subjects } = await repository();
      const tree = await checkOut({}, { depth });
      await change(tree, 'new', '1', 'Mine');
      await server.git(name, 'update-ref', 'refs/heads/main', ids[7] ?? '');
      await server.commit(name, { message: 'Anew', files: { 'b/y': 'anew\n' } });
      expect(await tree.land(HOW)).toBe('landed');
      outcomes.push([await subjects('main'), await server.files(name, 'main')]);
    }
    expect(outcomes[0]).toEqual(outcomes[1]);
  });

  it('pushes onto a branch that went back to an older commit, and to one that others made meanwhile', async () => {
    const { name, checkOut, ids, subjects } = await repository();
    const tree = await checkOut();
    await change(tree, 'new', '1', 'Mine');
    await server.git(name, 'update-ref', 'refs/heads/main', ids[2] ?? '');
    expect(await tree.land(HOW)).toBe('landed');
    expect((await subjects('main')).length).toBe(13);
    await server.git(name, 'update-ref', 'refs/heads/other', ids[3] ?? '');
    expect(await tree.land({ ...HOW, branch: 'other' })).toBe('landed');
    expect((await subjects('other')).length).toBe(13);
  });

  it('tells the local commits apart from those of a branch that it does not go on from', async () => {
    const { name, checkOut, ids } = await repository();
    await server.git(name, 'update-ref', 'refs/heads/older', ids[8] ?? '');
    const tree = await checkOut();
    const mine = await change(tree, 'new', '1', 'Mine');
    const base = await tree.fetch('main');
    expect((await tree.localCommits(base)).map(({ id }) => id)).toEqual([mine]);
    const older = await tree.fetch('older');
    expect((await tree.localCommits(older)).map(({ id }) => id)).toEqual([...ids.slice(9), mine]);
  });

  it('checks out a commit older than its depth, by its whole id and by a part of it, and tags', async () => {
    const { ids, checkOut, visible } = await repository();
    const old = await checkOut({ ref: { commit: ids[2] ?? '' } });
    expect([await old.head(), await visible(old.path)]).toEqual([ids[2], 1]);
    const short = await checkOut({ ref: { commit: (ids[4] ?? '').slice(0, 10) } });
    expect(await short.head()).toBe(ids[4]);
    expect(await (await checkOut({ ref: { tag: 'first' } })).head()).toBe(ids[0]);
    expect(await (await checkOut({ ref: { default: true } })).head()).toBe(ids[11]);
    await expect(checkOut({ ref: { commit: 'f'.repeat(40) } })).rejects.toMatchObject({ code: 'notFound' });
  });

  it('tags as other clones do: the same again is no error, another one is refused or replaced', async () => {
    const { name, ids, checkOut } = await repository();
    const tree = await checkOut();
    const tag = { name: 'first', message: 'Mine', date: 0 };
    await expect(tree.tag(tag)).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining('exists') as string });
    await tree.tag({ ...tag, force: true });
    await tree.pushTag('first');
    expect((await server.git(name, 'rev-parse', 'first^{commit}')).trim()).toBe(ids[11]);
    await change(tree, 'new', '1', 'Mine');
    await tree.land(HOW);
    await tree.tag({ name: 'v2', message: 'Two', date: 0 });
    await tree.pushTag('v2');
    const other = await checkOut();
    await other.tag({ name: 'v2', message: 'Two', date: 0 });
    await other.pushTag('v2');
    expect((await server.git(name, 'rev-parse', 'v2^{commit}')).trim()).toBe((await server.branches(name))['main']);
  });

  it('starts branches, and goes on from another process', async () => {
    const { name, url, git, checkOut } = await repository();
    const fresh = await checkOut({ ref: { branch: 'stage/new' }, create: true });
    await change(fresh, 'x', '1', 'First');
    expect(await fresh.land({ ...HOW, branch: 'stage/new' })).toBe('landed');
    const tree = await checkOut();
    await change(tree, 'new', '1', 'Mine');
    await server.git(name, 'update-ref', 'refs/heads/main', 'main~3');
    await server.commit(name, { message: 'Anew', files: { anew: '1' } });
    const later = await git.open(tree.path, { remote: { url }, home: join(tree.path, '..', 'home') });
    expect(await later.land(HOW)).toBe('landed');
    expect(Object.keys(await server.files(name, 'main')).toSorted()).toEqual(['a/x', 'anew', 'b/y', 'new']);
  });

  it('loses no commit of promotions that run at the same time, in one mirror', { timeout: 60_000 }, async () => {
    const { name, checkOut, mirrors, subjects } = await repository();
    const some = [1, 2, 3, 4, 5, 6];
    await Promise.all(
      some.map(async (n) => {
        const tree = await checkOut();
        await change(tree, `file-${n}`, '1', `Mine ${n}`);
        for (;;) if ((await tree.land(HOW)) === 'landed') break;
      }),
    );
    expect((await subjects('main')).filter((subject) => subject.startsWith('Mine')).toSorted()).toEqual(
      some.map((n) => `Mine ${n}`),
    );
    expect((await mirrors()).length).toBe(1);
    expect(Object.keys(await server.files(name, 'main')).length).toBe(8);
  });

  it(
    'repairs a mirror that is damaged, goes on after kills, and forgets what was checked out long ago',
    { timeout: 60_000 },
    async () => {
      const { name, checkOut, mirrors, visible } = await repository();
      await checkOut();
      const [mirror = ''] = await mirrors();
      for (const lock of ['shallow.lock', 'objects/pack/tmp_pack_x']) await writeFile(join(mirror, lock), '');
      await server.commit(name, { message: 'More', files: { more: '1' } });
      expect(await visible((await checkOut()).path)).toBe(1);
      const packs = join(mirror, 'objects', 'pack');
      for (const file of await readdir(packs)) {
        await rm(join(packs, file));
        await writeFile(join(packs, file), 'spoiled');
      }
      expect(await readFile(join((await checkOut()).path, 'more'), 'utf8')).toBe('1');
      const kept = join(mirror, 'refs', 'kargo', 'kept');
      const [one = ''] = await readdir(kept);
      for (let n = 0; n < 60; n += 1) await copyFile(join(kept, one), join(kept, n.toString(16).padStart(40, '0')));
      await server.commit(name, { message: 'Most', files: { more: 'most' } });
      const last = await checkOut();
      expect(await readFile(join(last.path, 'more'), 'utf8')).toBe('most');
      expect((await readdir(kept)).length).toBeLessThan(30);
      await change(last, 'new', '1', 'Mine');
      expect(await last.land(HOW)).toBe('landed');
    },
  );

  it('keeps the commit that is checked out over and over, however long ago it was fetched', async () => {
    const { name, ids, checkOut, mirrors } = await repository();
    await checkOut();
    const [mirror = ''] = await mirrors();
    const kept = join(mirror, 'refs', 'kargo', 'kept');
    const often = ids[11] ?? '';
    await utimes(join(kept, often), 0, 0);
    const others = Array.from({ length: 60 }, (_, n) => join(kept, n.toString(16).padStart(40, '0')));
    for (const [n, other] of others.entries()) {
      await copyFile(join(kept, often), other);
      await utimes(other, n + 1, n + 1);
    }
    await checkOut();
    await server.commit(name, { message: 'More', files: { more: '1' } });
    await checkOut();
    const left = await readdir(kept);
    expect(left.length).toBeLessThan(30);
    expect(left).toContain(often);
  });

  it('is refused with a reason by servers that hand out only whole histories, and with a depth that is none', async () => {
    const id = '1'.repeat(40);
    const line = (text: string): string => (text.length + 4).toString(16).padStart(4, '0') + text;
    const dull = createServer((request, response) => {
      request.resume();
      response.setHeader('content-type', 'application/x-git-upload-pack-advertisement');
      response.end(
        `${line('# service=git-upload-pack\n')}0000${line(`${id} HEAD\0ofs-delta symref=HEAD:refs/heads/main\n`)}${line(`${id} refs/heads/main\n`)}0000`,
      );
    });
    await new Promise<void>((resolve) => dull.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(dull.address() as AddressInfo).port}/x.git`;
      const { checkOut } = await repository();
      await expect(checkOut({}, { url })).rejects.toMatchObject({
        code: 'invalid',
        message: expect.stringContaining('leave out depth') as string,
      });
      for (const depth of [0, -1, 1.5]) await expect(checkOut({}, { depth })).rejects.toMatchObject({ code: 'invalid' });
    } finally {
      dull.close();
    }
  });

  it('works where servers hand out only what branches and tags name', async () => {
    // The oldest version of the protocol, without what servers may allow beyond it.
    const environment = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'protocol.version', GIT_CONFIG_VALUE_0: '0' };
    const { name, ids, checkOut } = await repository({ environment });
    await server.git(name, 'config', 'uploadpack.allowAnySHA1InWant', 'false');
    const tree = await checkOut();
    await change(tree, 'new', '1', 'Mine');
    expect(await (await checkOut({ ref: { commit: ids[3] ?? '' } })).head()).toBe(ids[3]);
    expect(await (await checkOut({ ref: { tag: 'first' } })).head()).toBe(ids[0]);
    await server.git(name, 'update-ref', 'refs/heads/main', ids[7] ?? '');
    await server.commit(name, { message: 'Anew', files: { anew: '1' } });
    expect(await tree.land(HOW)).toBe('landed');
    expect(Object.keys(await server.files(name, 'main'))).toContain('anew');
  });

  it('replays nothing on a guess where the server has lost what it began with', async () => {
    const { name, ids, checkOut } = await repository();
    const tree = await checkOut();
    await change(tree, 'new', '1', 'Mine');
    await server.git(name, 'update-ref', 'refs/heads/main', ids[7] ?? '');
    const anew = await server.commit(name, { message: 'Anew', files: { anew: '1' } });
    await server.git(name, 'repack', '-a', '-d', '-q');
    await server.git(name, 'prune', '--expire=now');
    await expect(tree.land(HOW)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('leave out depth') as string,
    });
    expect((await server.branches(name))['main']).toBe(anew);
    expect(await readFile(join(tree.path, 'new'), 'utf8')).toBe('1');
  });

  it('is previewed to the byte, with nothing written', async () => {
    const { name, git, url, checkOut } = await repository();
    const promote = async (from: Pick<typeof git, 'clone'>, place: string) => {
      const clone = await from.clone({ remote: { url, depth: 1 }, home: join(folder, place, 'home'), author });
      const tree = await clone.addWorkTree({ path: join(folder, place, 'tree'), ref: { branch: 'main' } });
      await change(tree, 'new', '1', 'Mine');
      expect(await tree.land({ ...HOW, branch: 'stage/x' })).toBe('landed');
      await tree.tag({ name: 'v2', message: 'Two', date: 0 });
      await tree.pushTag('v2');
      return tree.head();
    };
    await checkOut();
    const before = await server.branches(name);
    const rehearsal = git.rehearse({ directory: join(folder, name, 'rehearsal') });
    const predicted = await promote(rehearsal.git, `${name}/preview`);
    const effects = await rehearsal.take();
    expect(await server.branches(name)).toEqual(before);
    expect(JSON.stringify(effects)).toContain(predicted);
    expect(await promote(git, `${name}/promotion`)).toBe(predicted);
    expect((await server.branches(name))['stage/x']).toBe(predicted);
  });

  it('works over SSH', { timeout: 30_000 }, async () => {
    const ssh = await startSshServer();
    if ('skipped' in ssh) {
      console.warn(`skipped: a shallow clone over SSH: ${ssh.skipped}`);
      return;
    }
    try {
      const url = (name: string): string => ssh.url(join(server.directory, `${name}.git`));
      const { name, ids, checkOut, visible } = await repository({ url, credentials: { sshPrivateKey: ssh.privateKey } });
      const tree = await checkOut();
      expect(await visible(tree.path)).toBe(1);
      expect(await (await checkOut({ ref: { commit: ids[3] ?? '' } })).head()).toBe(ids[3]);
      await change(tree, 'new', '1', 'Mine');
      await server.git(name, 'update-ref', 'refs/heads/main', ids[5] ?? '');
      await server.commit(name, { message: 'Anew', files: { anew: '1' } });
      expect(await tree.land(HOW)).toBe('landed');
      expect((await server.files(name, 'main'))['anew']).toBe('1');
    } finally {
      await ssh.close();
    }
  });
});
