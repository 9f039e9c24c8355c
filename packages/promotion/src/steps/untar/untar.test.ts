import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { pack, type Header } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { useFiles } from '../../testing/files-fixture.ts';
import { tar } from '../tar/tar.ts';
import { untar, type UntarConfig } from './untar.ts';

/** How many times as long as in every test run; `KARGO_FUZZ=50` looks harder. */
const LONGER = Number(process.env['KARGO_FUZZ'] ?? 1);

const files = useFiles();

type Item = Partial<Header> & { name: string; content?: string };

async function archiveOf(...items: Item[]): Promise<Buffer> {
  const packed = pack();
  for (const { content, ...header } of items) packed.entry({ mode: 0o644, mtime: new Date(1000), ...header }, content ?? '');
  packed.finalize();
  return Buffer.concat((await Array.fromAsync(packed as AsyncIterable<Uint8Array>)) as Uint8Array[]);
}

async function unpacked(items: Item[], config: Partial<UntarConfig> = {}): Promise<Record<string, string>> {
  await files.write({ 'a.tar': await archiveOf(...items) });
  await files.run(untar, { inPath: 'a.tar', outPath: 'out', ...config });
  return files.tree('out');
}

const link = (name: string, linkname: string): Item => ({ name, type: 'symlink', linkname });
const file = (name: string, content = name): Item => ({ name, content });

describe('untar', () => {
  it.each<[string, Item[], Partial<UntarConfig>, Record<string, string>]>([
    [
      'files, folders and links',
      [{ name: 'd/', type: 'directory' }, file('d/x/y'), link('l', 'd/x')],
      {},
      { 'd/x/y': 'd/x/y', l: '-> d/x' },
    ],
    [
      'archives made of the folder itself',
      [{ name: './', type: 'directory' }, file('./a'), file('././b//c')],
      {},
      { a: './a', 'b/c': '././b//c' },
    ],
    [
      'without the first part',
      [file('top/a'), file('b'), file('./top/c')],
      { stripComponents: 1 },
      { a: 'top/a', b: 'b', 'top/c': './top/c' },
    ],
    ['without more parts than there are', [file('a/b/c'), file('a/b/c/d/e')], { stripComponents: 3 }, { 'd/e': 'a/b/c/d/e' }],
    [
      'without what is ignored',
      [file('a.md'), file('d/b.md'), file('d/c'), file('e/f')],
      { ignore: '*.md\n/e/' },
      { 'd/c': 'd/c' },
    ],
    ['never .git', [file('.git/config'), file('d/.git'), file('.GIT/x'), file('a')], { ignore: '!.git' }, { a: 'a' }],
    ['the later of two', [file('a', '1'), file('a', '2')], {}, { a: '2' }],
  ])('unpacks %s', async (_, items, config, want) => {
    if (config.stripComponents === 1) delete want['b'];
    expect(await unpacked(items, config)).toEqual(want);
  });

  it.each<[string, Item[]]>([
    ['names upwards', [file('../x'), file('a/../../x'), file('..')]],
    ['absolute names', [file('/etc/x')]],
    ['names of other systems', [file('..\\x'), file('C:\\x')]],
    ['links upwards', [link('l', '..'), link('m', '../x'), link('n', 'a/..'), link('o', 'a/../../../x')]],
    ['absolute links', [link('l', '/etc/passwd')]],
    ['links of other systems', [link('l', '..\\x')]],
    ['files through links', [link('l', 'd'), file('l/x'), file('l'), link('l/m', 'y')].slice(1)],
    [
      'hard links and devices',
      [
        { name: 'h', type: 'link', linkname: 'ok' },
        { name: 'b', type: 'block-device' },
        { name: 'c', type: 'character-device' },
        { name: 'f', type: 'fifo' },
      ],
    ],
  ])('skips %s', async (name, items) => {
    const all = name === 'files through links' ? [link('l', 'd'), ...items] : items;
    await files.write({ 'a.tar': await archiveOf(file('ok'), ...all) });
    const { message } = await files.run(untar, { inPath: 'a.tar', outPath: 'out' });
    expect(message).toBe(`skipped ${items.length} unsafe ${items.length === 1 ? 'entry' : 'entries'} of "a.tar"`);
    expect(await files.tree('out')).toEqual({ ok: 'ok', ...(name === 'files through links' ? { l: '-> d' } : {}) });
    expect(Object.keys(await files.tree()).filter((path) => !path.startsWith('out/'))).toEqual(['a.tar']);
  });

  it('keeps times and modes, but no special bits', async () => {
    await unpacked([{ ...file('d/x'), mode: 0o6755 }]);
    expect(await files.workspace.stat('out/d/x')).toMatchObject({ mode: 0o755, modifiedAt: 1000 });
    expect(await files.workspace.stat('out/d')).toMatchObject({ mode: 0o750 });
    expect(await files.workspace.stat('out')).toMatchObject({ mode: 0o750 });
  });

  it('notices gzip, and replaces what was there, however often', async () => {
    await files.write({ 'a.tgz': gzipSync(await archiveOf(file('new'))), 'out/old': 'x' });
    for (const _ of ['once', 'again']) await files.run(untar, { inPath: 'a.tgz', outPath: 'out' });
    expect(await files.tree('out')).toEqual({ new: 'new' });
  });

  it.each<[string, () => Buffer | Promise<Buffer>, string]>([
    ['what is no archive', () => Buffer.alloc(2000, 'x'), 'transient Errored: '],
    ['half an archive', async () => (await archiveOf(file('a', 'x'.repeat(5000)))).subarray(0, 2000), 'transient Errored: '],
    [
      'half a compressed archive',
      async () => gzipSync(await archiveOf(file('a'))).subarray(0, 60),
      'transient Errored: unexpected end of file',
    ],
    [
      'a broken compressed archive',
      () => Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255]),
      'transient Errored: ',
    ],
    ['a file over a folder', () => archiveOf(file('a/b'), file('a')), 'transient Errored: could not write a: it is a directory'],
    [
      'a file that claims to be huge',
      async () => {
        const bytes = await archiveOf(file('a'));
        bytes.write('77777777777', 124);
        let sum = 256;
        for (let i = 0; i < 512; i += 1) sum += i >= 148 && i < 156 ? 0 : bytes[i]!;
        bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
        return bytes;
      },
      'transient Errored: "a" in the archive is larger than 52428800 bytes',
    ],
    [
      'files that are too large together',
      () => {
        const large = 'x'.repeat(40 * 1024 * 1024);
        return archiveOf(file('a', large), file('b', large), file('c', large)).then((bytes) => gzipSync(bytes, { level: 1 }));
      },
      'transient Errored: the files in the archive are larger than 104857600 bytes in all',
    ],
    [
      'a bomb',
      () => gzipSync(Buffer.alloc(200 * 1024 * 1024), { level: 1 }),
      'transient Errored: the archive unpacks to more than 171966464 bytes',
    ],
  ])('leaves what was there, given %s', async (_, bytes, want) => {
    await files.write({ 'a.tar': await bytes(), 'out/old': 'x' });
    expect(await files.failure(untar, { inPath: 'a.tar', outPath: 'out' })).toContain(want);
    expect(await files.tree('out')).toEqual({ old: 'x' });
  });

  it.each<[string, UntarConfig, string]>([
    [
      'the whole working directory',
      { inPath: 'a.tar', outPath: 'x/..' },
      'terminal Failed: outPath "x/.." is the working directory itself',
    ],
    ['a working tree', { inPath: 'a.tar', outPath: 'src' }, 'terminal Failed: outPath "src" is a Git working tree'],
    ['a .git directory', { inPath: 'a.tar', outPath: 'src/.git' }, 'terminal Failed: "src/.git" is inside a .git directory'],
    ['a missing archive', { inPath: 'absent', outPath: 'out' }, 'transient Errored: could not read absent: it does not exist'],
    ['a folder for an archive', { inPath: 'src', outPath: 'out' }, 'transient Errored: could not read src'],
  ])('refuses %s', async (_, config, want) => {
    await files.write({ 'a.tar': await archiveOf(file('a')), 'src/.git': 'gitdir: x' });
    expect(await files.failure(untar, config)).toContain(want);
    expect(Object.keys(await files.tree())).toEqual(['a.tar', 'src/.git']);
  });

  it('never leaves its folder and never crashes, whatever the archive', { timeout: 20_000 * LONGER }, async () => {
    const name = fc
      .array(fc.constantFrom('a', 'b', '.', '..', '', '.git', 'l', 'a\\b'), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('/'));
    const item = fc.record({
      name: name.filter((text) => text !== ''),
      type: fc.constantFrom('file' as const, 'directory' as const, 'symlink' as const, 'link' as const, 'fifo' as const),
      linkname: name,
    });
    const damage = fc.array(fc.tuple(fc.nat(5000), fc.nat(255)), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 8 }), damage, fc.boolean(), async (items, changes, zipped) => {
        const bytes = await archiveOf(
          ...items.map((each) => (each.type === 'file' ? { ...each, linkname: '', content: 'x' } : each)),
        );
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        await files.workspace.remove('.');
        await files.write({ 'a.tar': zipped ? gzipSync(bytes) : bytes, 'out/old': 'x', 'src/.git/config': 'c' });
        const failure = await files.failure(untar, { inPath: 'a.tar', outPath: 'out' });
        expect(failure).toMatch(/^(succeeded|transient Errored: )/);
        const tree = await files.tree();
        expect(Object.keys(tree).filter((path) => !path.startsWith('out'))).toEqual(['a.tar', 'src/.git/config']);
        for (const [path, content] of Object.entries(tree)) {
          expect(path.split('/').slice(0, -1)).not.toContain(path.startsWith('out') ? '.git' : '');
          if (content.startsWith('-> ')) expect(content.slice(3).split('/')).not.toContain('..');
        }
      }),
      { numRuns: 60 * LONGER },
    );
  });
});

describe('tar', () => {
  it('packs a folder in a way that unpacks to the same', async () => {
    await files.write({ 'in/a': '1', 'in/d/b': '2', 'in/.git/config': 'x', 'in/d/.git': 'y' });
    await files.workspace.writeFile('in/run', '#!', { mode: 0o755 });
    await files.workspace.makeFolder('in/empty');
    await files.workspace.makeLink('in/l', 'd/b');
    for (const gzip of [false, true]) {
      await files.run(tar, { inPath: 'in', outPath: 'x/a.tar', gzip });
      await files.run(untar, { inPath: 'x/a.tar', outPath: 'out' });
      expect(await files.tree('out')).toEqual({ a: '1', 'd/b': '2', run: '#!', 'empty/': '/', l: '-> d/b' });
      expect(await files.workspace.stat('out/run')).toMatchObject({ mode: 0o755 });
    }
  });

  it('makes the same archive of the same files, also inside of what it packs', async () => {
    await files.write({ 'in/b': '2', 'in/a': '1' });
    const packed = async (): Promise<Buffer> => {
      await files.run(tar, { inPath: 'in', outPath: 'in/a.tgz', gzip: true });
      return Buffer.from(await files.workspace.readFile('in/a.tgz'));
    };
    const first = await packed();
    await files.workspace.writeFile('in/a', '1', { modifiedAt: 5000 });
    expect((await packed()).equals(first)).toBe(true);
  });

  it.each<[string, string | undefined, Record<string, string>]>([
    ['patterns, which replace the default', '*.md\n', { 'b.txt': '2', '.git/config': 'x' }],
    ['blanks, which do not', '  \n ', { 'a.md': '1', 'b.txt': '2' }],
  ])('leaves out what is to be ignored: %s', async (_, ignore, want) => {
    await files.write({ 'in/a.md': '1', 'in/b.txt': '2', 'in/.git/config': 'x' });
    await files.run(tar, { inPath: 'in', outPath: 'a.tar', ignore });
    expect(await files.tree('in')).toMatchObject(want);
    const names = await namesIn('a.tar');
    expect(names.filter((name) => !name.endsWith('/')).sort()).toEqual(Object.keys(want).sort());
  });

  it('packs a single file and an empty folder', async () => {
    await files.write({ 'd/one.txt': 'x' });
    await files.workspace.makeFolder('empty');
    await files.run(tar, { inPath: 'd/one.txt', outPath: 'a.tar' });
    await files.run(tar, { inPath: 'empty', outPath: 'b.tar' });
    expect([await namesIn('a.tar'), await namesIn('b.tar')]).toEqual([['one.txt'], []]);
  });

  it('refuses too much, and what is not there', async () => {
    await files.write({ 'in/large': Buffer.alloc(50 * 1024 * 1024 + 1), file: '' });
    expect(await files.failure(tar, { inPath: 'in', outPath: 'a.tar' })).toContain(
      'transient Errored: "large" is larger than 52428800 bytes',
    );
    expect(await files.failure(tar, { inPath: 'absent', outPath: 'a.tar' })).toContain(
      'transient Errored: could not pack "absent"',
    );
    expect(await files.failure(tar, { inPath: 'file', outPath: 'file/a.tar' })).toContain(
      'transient Errored: could not write file/a.tar',
    );
    await files.workspace.remove('in/large');
    for (const name of ['a', 'b', 'c']) await files.write({ [`in/${name}`]: Buffer.alloc(40 * 1024 * 1024) });
    expect(await files.failure(tar, { inPath: 'in', outPath: 'a.tar' })).toContain('larger than 104857600 bytes in all');
    expect(await files.workspace.exists('a.tar')).toBe(false);
  });

  async function namesIn(path: string): Promise<string[]> {
    const names: string[] = [];
    const { readArchive } = await import('./read-archive.ts');
    for await (const entry of readArchive(files.workspace.read(path))) names.push(entry.name);
    return names;
  }
});
