import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Workspace, Workspaces } from '../../workspace/port.ts';

/** What every workspace guarantees about files, folders, links and bounds. */
export function describeWorkspaceContract(
  name: string,
  open: () => Promise<{ workspaces: Workspaces; close?: () => Promise<void> }>,
): void {
  describe(`workspaces: ${name}`, () => {
    let workspaces: Workspaces;
    let workspace: Workspace;
    let close: (() => Promise<void>) | undefined;
    let count = 0;
    beforeAll(async () => {
      ({ workspaces, close } = await open());
    });
    afterAll(() => close?.());
    beforeEach(async () => {
      count += 1;
      ({ workspace } = await workspaces.open(`w${count}`));
    });

    const text = async (path: string): Promise<string> => Buffer.from(await workspace.readFile(path)).toString();
    const names = async (path: string): Promise<string[]> => (await workspace.list(path)).map((entry) => entry.name);
    const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
      promise.then(
        () => 'ok',
        (error: { code?: unknown; message?: string }) => error.code ?? error.message,
      );

    it('tells type, size, mode, time and target of what lies at a path', async () => {
      await workspace.writeFile('f', 'abc', { mode: 0o755, modifiedAt: 1_700_000_000_000 });
      await workspace.writeFile('g', 'abc');
      await workspace.makeFolder('d/e', { mode: 0o750 });
      await workspace.makeLink('l', 'f');
      expect(await workspace.stat('f')).toEqual({ type: 'file', size: 3, mode: 0o755, modifiedAt: 1_700_000_000_000 });
      expect(await workspace.stat('g')).toMatchObject({ type: 'file', mode: 0o600 });
      expect(await workspace.stat('d/e')).toMatchObject({ type: 'directory', mode: 0o750 });
      expect(await workspace.stat('d')).toMatchObject({ type: 'directory', mode: 0o700 });
      expect(await workspace.stat('l')).toMatchObject({ type: 'link', target: 'f' });
      expect(await workspace.stat('l', { follow: true })).toMatchObject({ type: 'file', size: 3 });
      expect(await workspace.stat('.')).toMatchObject({ type: 'directory' });
      expect([await workspace.stat('no'), await workspace.stat('f/no')]).toEqual([undefined, undefined]);
    });

    it('follows links within itself only', async () => {
      await workspace.writeFile('d/x', 'inside');
      await workspace.makeLink('in', 'd');
      await workspace.makeLink('up', '../../..');
      await workspace.makeLink('abs', '/etc');
      expect(await text('in/x')).toBe('inside');
      await workspace.writeFile('up/y', 'clamped');
      expect(await text('y')).toBe('clamped');
      const traces = await Promise.all(['in/x', 'up/y', 'abs/z', '../x', 'd/../d/x', '.'].map((path) => workspace.trace(path)));
      expect(traces).toEqual([
        { path: 'd/x', links: 1, escapes: false },
        { path: 'y', links: 1, escapes: true },
        { path: 'etc/z', links: 1, escapes: true },
        { path: 'x', links: 0, escapes: true },
        { path: 'd/x', links: 0, escapes: false },
        { path: '', links: 0, escapes: false },
      ]);
      expect(await workspace.trace('in/', { keepLast: true })).toEqual({ path: 'in', links: 0, escapes: false });
      expect((await workspace.list('.')).find((entry) => entry.name === 'up')).toEqual({ name: 'up', type: 'link' });
    });

    it('removes links, not what they lead to', async () => {
      await workspace.writeFile('d/x', 'kept');
      await workspace.makeLink('l', 'd');
      await workspace.remove('l/');
      expect([await names('.'), await text('d/x')]).toEqual([['d'], 'kept']);
    });

    it('replaces a link by another, and never a folder by a link or file', async () => {
      await workspace.makeLink('l', 'a');
      await workspace.makeLink('l', 'b');
      expect(await workspace.stat('l')).toMatchObject({ target: 'b' });
      await workspace.makeFolder('d');
      expect(await codeOf(workspace.makeLink('d', 'x'))).toBe('notAFile');
      expect(await codeOf(workspace.writeFile('d', 'x'))).toBe('notAFile');
      expect(await codeOf(workspace.makeFolder('l/x/y'))).toBe('ok');
    });

    it('reads and writes in pieces, within bounds, and writes nothing if the source fails', async () => {
      const pieces = async function* (fail: boolean): AsyncGenerator<Uint8Array> {
        yield Buffer.from('ab');
        if (fail) throw new Error('source broke');
        yield Buffer.from('cd');
      };
      await workspace.writeFile('f', pieces(false));
      expect(await codeOf(workspace.writeFile('f', pieces(true)))).toBe('source broke');
      expect(Buffer.concat(await Array.fromAsync(workspace.read('f'))).toString()).toBe('abcd');
      expect(await codeOf(Array.fromAsync(workspace.read('f', { maxBytes: 3 })))).toBe('tooLarge');
      expect(await codeOf(Array.fromAsync(workspace.read('.')))).toBe('notAFile');
      expect(await names('.')).toEqual(['f']);
    });

    it('replaces a folder as a whole or not at all', async () => {
      await workspace.writeFile('out/old', '1');
      const filled = workspace.replaceFolder('out', async (folder) => {
        await folder.writeFile('half', '2');
        throw new Error('no more');
      });
      expect(await codeOf(filled)).toBe('no more');
      expect(await names('out')).toEqual(['old']);
      await workspace.replaceFolder('out', async (folder) => {
        await folder.writeFile('a/new', '3', { mode: 0o644 });
        await folder.makeLink('link', 'a');
        await folder.makeFolder('empty');
      });
      expect([await names('out'), await text('out/link/new')]).toEqual([['a', 'empty', 'link'], '3']);
      expect(await workspace.stat('out')).toMatchObject({ mode: 0o750 });
      await workspace.replaceFolder('deep/er/out', async () => undefined);
      expect(await names('deep/er/out')).toEqual([]);
      await workspace.writeFile('file', 'x');
      await workspace.replaceFolder('file', async () => undefined);
      expect(await workspace.stat('file')).toMatchObject({ type: 'directory' });
      expect(await codeOf(workspace.replaceFolder('..', async () => undefined))).toBe('invalid');
    });
  });
}
