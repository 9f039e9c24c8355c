import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { describeWorkspaceContract } from '../testing/contracts/workspace-contract.ts';
import type { Workspace, Workspaces } from './port.ts';
import { realWorkspaces } from './real-workspaces.ts';

let base: string;
let workspaces: Workspaces;
let workspace: Workspace;
let count = 0;

beforeAll(async () => {
  base = await mkdtemp(join(await realpath(tmpdir()), 'workspaces-'));
});
afterAll(() => rm(base, { recursive: true, force: true }));
beforeEach(async () => {
  count += 1;
  workspaces = realWorkspaces({ directory: join(base, `d${count}`, 'w') });
  ({ workspace } = await workspaces.open('one'));
});

const text = async (path: string): Promise<string> => Buffer.from(await workspace.readFile(path)).toString();
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'ok',
    (error: { code?: unknown }) => error.code,
  );

describeWorkspaceContract('real', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'workspaces-'));
  return { workspaces: realWorkspaces({ directory }), close: () => rm(directory, { recursive: true, force: true }) };
});

describe('workspaces', () => {
  it('are made once, listed and removed', async () => {
    expect((await workspaces.open('one')).fresh).toBe(false);
    expect((await workspaces.open('two')).fresh).toBe(true);
    expect(await workspaces.ids()).toEqual(['one', 'two']);
    expect((await stat(workspace.root)).mode & 0o777).toBe(0o700);
    await workspaces.remove('one');
    await workspaces.remove('one');
    expect(await workspaces.ids()).toEqual(['two']);
    expect((await workspaces.open('one')).fresh).toBe(true);
  });

  it('have a second folder that no path leads to, and that goes with them', async () => {
    await workspace.private.writeFile('git/state', 'x');
    expect((await stat(workspace.private.root)).mode & 0o777).toBe(0o700);
    expect(await workspace.list('.')).toEqual([]);
    await symlink(workspace.private.root, join(workspace.root, 'link'));
    for (const path of ['link/git/state', `${workspace.private.root}/git/state`, '../.private/one/git/state'])
      expect(await codeOf(workspace.readFile(path))).toBe('notFound');
    await workspaces.remove('one');
    expect(await codeOf(stat(workspace.private.root))).toBe('ENOENT');
    const again = await workspaces.open('one');
    expect(await again.workspace.private.list('.')).toEqual([]);
  });

  it('of earlier releases are opened as they are, without a second folder', async () => {
    await mkdir(join(dirname(workspace.root), 'old'));
    const old = await workspaces.open('old');
    expect([old.fresh, await old.workspace.private.exists('.')]).toEqual([false, false]);
  });

  it.each(['', '.', '..', '../x', 'a/b', '.tmp', '.private', 'a\0b'])('refuse the id %j', async (id) => {
    expect(await codeOf(workspaces.open(id))).toBe('invalid');
    expect(await codeOf(workspaces.remove(id))).toBe('invalid');
  });
});

describe('a workspace', () => {
  it('writes private files, replaces them as a whole and leaves nothing beside them', async () => {
    await workspace.writeFile('a/b/c.txt', 'one');
    await chmod(join(workspace.root, 'a/b/c.txt'), 0o644);
    await workspace.writeFile('/a/b/../b/c.txt', 'two');
    expect(await text('a/b/c.txt')).toBe('two');
    expect((await stat(join(workspace.root, 'a/b/c.txt'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(workspace.root, 'a/b'))).mode & 0o777).toBe(0o700);
    expect(await workspace.list('a/b')).toEqual([{ name: 'c.txt', type: 'file' }]);
    expect(await readdir(join(dirname(workspace.root), '.tmp'))).toEqual([]);
  });

  it('removes links, not what they lead to', async () => {
    await workspace.writeFile('kept/file', 'x');
    await symlink('kept', join(workspace.root, 'link'));
    await workspace.remove('link');
    await workspace.remove('absent');
    expect([await workspace.exists('link'), await workspace.exists('kept/file')]).toEqual([false, true]);
    await workspace.remove('../..');
    expect([await workspace.list('.'), await workspaces.ids()]).toEqual([[], ['one']]);
  });

  it.each([
    ['an absent file', () => workspace.readFile('absent'), 'notFound'],
    ['a folder', () => workspace.readFile('.'), 'notAFile'],
    ['below a file', () => workspace.readFile('file/x'), 'notADirectory'],
    ['over a folder', () => workspace.writeFile('folder', 'x'), 'notAFile'],
    ['over the root', () => workspace.writeFile('..', 'x'), 'notAFile'],
    ['below a file', () => workspace.writeFile('file/x', 'x'), 'notADirectory'],
    ['too large', () => workspace.readFile('file', { maxBytes: 3 }), 'tooLarge'],
    ['a pipe', () => workspace.readFile('pipe'), 'notAFile'],
    ['endless links', () => workspace.readFile('loop'), 'invalid'],
    ['a null byte', () => workspace.readFile('a\0b'), 'invalid'],
  ])('fails by code: %s', async (_, action, code) => {
    await workspace.writeFile('file', '1234');
    await workspace.writeFile('folder/x', '1');
    await symlink('loop', join(workspace.root, 'loop'));
    execFileSync('mkfifo', [join(workspace.root, 'pipe')]);
    expect(await codeOf(action())).toBe(code);
    const error: unknown = await Promise.resolve(action()).catch((thrown: unknown) => thrown);
    expect(String(error)).not.toContain(workspace.root);
  });

  it.each([
    ['../../x', 'x'],
    ['/etc/passwd', 'etc/passwd'],
    ['up/x', 'x'],
    ['abs/passwd', 'etc/passwd'],
    ['deep/in/up/../../x', 'x'],
    ['here/../x', 'x'],
    ['chain/x', 'folder/x'],
    ['.//./folder//x', 'folder/x'],
  ])('clamps %s to %s', async (path, want) => {
    await mkdir(join(workspace.root, 'folder'));
    await mkdir(join(workspace.root, 'deep/in'), { recursive: true });
    await symlink('../../../..', join(workspace.root, 'up'));
    await symlink('/etc', join(workspace.root, 'abs'));
    await symlink('../..', join(workspace.root, 'deep/in/up'));
    await symlink('.', join(workspace.root, 'here'));
    await symlink('/folder', join(workspace.root, 'second'));
    await symlink('second', join(workspace.root, 'chain'));
    expect(await workspace.resolve(path)).toBe(join(workspace.root, want));
  });

  it.skipIf(process.platform !== 'linux')('never touches anything outside, even while links change', async () => {
    const outside = join(base, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'f'), 'secret');
    await mkdir(join(workspace.root, 'real'));
    await writeFile(join(workspace.root, 'real/f'), 'ours');
    await symlink('real', join(workspace.root, 'd'));
    let swapping = true;
    const swapper = (async () => {
      for (let round = 0; swapping; round += 1) {
        const next = join(workspace.root, `.next${round}`);
        await symlink(round % 2 === 0 ? outside : 'real', next);
        await rename(next, join(workspace.root, 'd'));
      }
    })();
    const seen = new Set<string>();
    for (let round = 0; round < 150; round += 1) {
      await workspace.readFile('d/f').then(
        (bytes) => seen.add(Buffer.from(bytes).toString()),
        () => undefined,
      );
      await workspace.writeFile('d/g', 'ours').catch(() => undefined);
    }
    swapping = false;
    await swapper;
    expect([...seen].filter((text) => text !== 'ours')).toEqual([]);
    expect(await readdir(outside)).toEqual(['f']);
  });

  it('never touches anything outside, whatever the path and the links', async () => {
    const part = fc.constantFrom('..', '.', '', 'a', 'b', 'c', 'link', 'etc', '...');
    const path = fc.array(part, { minLength: 1, maxLength: 7 }).map((parts) => parts.join('/'));
    const outside = join(dirname(dirname(workspace.root)), 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'a'), 'untouched');
    const target = fc.oneof(
      path,
      path.map((relative) => `/${relative}`),
      fc.constantFrom(outside, `${outside}/a`, '../../outside'),
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(path, target), { maxLength: 4 }), path, async (links, wanted) => {
        run += 1;
        const { workspace: own } = await workspaces.open(`run${run}`);
        for (const [from, to] of links) {
          const place = await own.resolve(from).catch(() => own.root);
          if (place === own.root || !place.startsWith(own.root)) continue;
          await mkdir(dirname(place), { recursive: true }).catch(() => undefined);
          if (to !== '') await symlink(to, place).catch(() => undefined);
        }
        const resolved = await own.resolve(wanted).catch(() => own.root);
        expect(resolved === own.root || resolved.startsWith(`${own.root}/`)).toBe(true);
        const real = await realpath(resolved).catch(() => resolved);
        expect(real).toBe(resolved);
        await own.writeFile(wanted, 'written').catch(() => undefined);
        await own.remove(wanted).catch(() => undefined);
        expect([await readdir(outside), await readFile(join(outside, 'a'), 'utf8')]).toEqual([['a'], 'untouched']);
        await workspaces.remove(`run${run}`);
      }),
      { numRuns: 150 },
    );
  });
});
