import { describe, expect, it } from 'vitest';
import { useFiles } from '../../testing/files-fixture.ts';
import { copy } from './copy.ts';

const files = useFiles();

describe('copy', () => {
  it('copies a file, making folders and keeping its mode', async () => {
    await files.workspace.writeFile('a.txt', 'x', { mode: 0o644 });
    await files.run(copy, { inPath: 'a.txt', outPath: 'out/deep/b.txt' });
    expect(await files.tree('out')).toEqual({ 'deep/b.txt': 'x' });
    expect(await files.workspace.stat('out/deep/b.txt')).toMatchObject({ mode: 0o644 });
  });

  it('merges a folder into another, skipping links and .git at every level', async () => {
    await files.write({
      'in/a': '1',
      'in/d/b': '2',
      'in/.git/config': 'x',
      'in/sub/.git': 'gitdir: y',
      'out/a': 'old',
      'out/keep': 'k',
    });
    await files.workspace.makeFolder('in/empty', { mode: 0o755 });
    await files.workspace.makeLink('in/link', 'a');
    for (const _ of ['once', 'and again, after a crash']) await files.run(copy, { inPath: 'in', outPath: 'out' });
    expect(await files.tree('out')).toEqual({ a: '1', 'd/b': '2', keep: 'k', 'empty/': '/', 'sub/': '/' });
    expect(await files.workspace.stat('out/empty')).toMatchObject({ mode: 0o755 });
  });

  it('leaves out what is to be ignored, and takes .git if asked to', async () => {
    await files.write({ 'in/a.md': '1', 'in/b.yaml': '2', 'in/d/c.md': '3', 'in/.git/config': 'x', 'in/.git/sub/x': 'y' });
    await files.run(copy, { inPath: 'in', outPath: 'out', ignore: '*.md\n!/a.md\n!.git/' });
    expect(await files.tree('out')).toEqual({ 'a.md': '1', 'b.yaml': '2', 'd/': '/', '.git/config': 'x', '.git/sub/x': 'y' });
    expect(await files.run(copy, { inPath: 'in/b.yaml', outPath: 'gone', ignore: '*.yaml' })).toEqual({ status: 'Succeeded' });
    expect(await files.workspace.exists('gone')).toBe(false);
  });

  it('copies a folder into itself once', async () => {
    await files.write({ a: '1', 'd/b': '2' });
    for (const _ of ['once', 'and again']) await files.run(copy, { inPath: '.', outPath: 'backup' });
    expect(await files.tree('backup')).toEqual({ a: '1', 'd/b': '2' });
  });

  it('stays in the workspace', async () => {
    await files.write({ 'in/a': '1' });
    await files.workspace.makeLink('up', '../../..');
    await files.run(copy, { inPath: 'in', outPath: 'up/../../x' });
    expect(await files.tree('x')).toEqual({ a: '1' });
  });

  it.each([
    ['what is not there', { inPath: 'absent', outPath: 'out' }, 'transient Errored: could not copy "absent": it does not exist'],
    ['a folder over a file', { inPath: 'in', outPath: 'file' }, 'transient Errored: could not make the folder file'],
    ['a file over a folder', { inPath: 'file', outPath: 'in' }, 'transient Errored: could not write in: it is a directory'],
    ['into .git', { inPath: 'in', outPath: 'src/.git/hooks' }, 'terminal Failed: "src/.git/hooks" is inside a .git directory'],
    ['into .git by a link', { inPath: 'in', outPath: 'link' }, 'terminal Failed: "link" is inside a .git directory'],
    ['into .git by a link below', { inPath: 'in', outPath: 'out' }, 'terminal Failed: could not copy to "out/d"'],
    ['with a malformed pattern', { inPath: 'in', outPath: 'out', ignore: '[' }, 'terminal Failed: ignore: "[" is not a pattern'],
  ])('refuses %s', async (_, config, want) => {
    await files.write({ file: 'x', 'in/d/x': '1', 'src/.git/config': 'c' });
    await files.workspace.makeLink('link', 'src/.git');
    await files.workspace.makeFolder('out');
    await files.workspace.makeLink('out/d', '../src/.git');
    expect(await files.failure(copy, config)).toContain(want);
    expect(await files.tree('src/.git')).toEqual({ config: 'c' });
  });
});
