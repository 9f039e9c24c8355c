import { describe, expect, it } from 'vitest';
import { ConfigValidator } from '../../config/validate.ts';
import { useFiles } from '../../testing/files-fixture.ts';
import { deleteFiles, type DeleteConfig } from './delete.ts';

const files = useFiles();

async function remaining(config: DeleteConfig): Promise<string[]> {
  await files.write({
    'a.yaml': '',
    'b.md': '',
    'd/a.yaml': '',
    'd/e/b.yaml': '',
    'd/e/x[1].txt': '',
    'real/kept': '',
    '.git/HEAD': '',
  });
  await files.workspace.makeLink('link', 'real');
  await files.workspace.makeLink('away', '/etc');
  await files.run(deleteFiles, config);
  return Object.keys(await files.tree()).sort();
}

const ALL = ['.git/HEAD', 'a.yaml', 'away', 'b.md', 'd/a.yaml', 'd/e/b.yaml', 'd/e/x[1].txt', 'link', 'real/kept'];
const without = (...gone: string[]): string[] => ALL.filter((name) => !gone.includes(name));

describe('delete', () => {
  it.each<[string, DeleteConfig, string[]]>([
    ['a file', { path: 'a.yaml' }, without('a.yaml')],
    [
      'a folder and what is in it, both listed',
      { paths: ['d', 'd/e', './d/a.yaml'] },
      without('d/a.yaml', 'd/e/b.yaml', 'd/e/x[1].txt'),
    ],
    ['a link, not what it leads to', { path: 'link/' }, without('link')],
    ['a link that leads away', { path: 'away' }, without('away')],
    ['through a link within', { path: 'link/kept' }, [...without('real/kept'), 'real/'].sort()],
    ['names with special characters', { path: 'd/e/x[1].txt' }, without('d/e/x[1].txt')],
    ['nothing', { paths: ['absent', 'absent/too', 'b.md/x'] }, ALL],
    ['what a pattern matches', { path: '*.yaml', pathsAreGlobs: true }, without('a.yaml')],
    [
      'what a pattern matches anywhere',
      { path: './**/*.yaml', pathsAreGlobs: true },
      without('a.yaml', 'd/a.yaml', 'd/e/b.yaml'),
    ],
    [
      'folders that a pattern matches',
      { paths: ['d*', '{b,c}.md'], pathsAreGlobs: true },
      without('b.md', 'd/a.yaml', 'd/e/b.yaml', 'd/e/x[1].txt'),
    ],
    ['links that a pattern matches', { path: 'li*/', pathsAreGlobs: true }, without('link')],
    ['nothing upwards', { path: 'd/../*.md', pathsAreGlobs: true }, ALL],
    ['all but .git', { path: '*', pathsAreGlobs: true }, ['.git/HEAD']],
    ['.git if it is named', { path: '.git', pathsAreGlobs: true }, without('.git/HEAD')],
  ])('deletes %s', async (_, config, want) => {
    expect(await remaining(config)).toEqual(want);
  });

  it.each<[string, DeleteConfig, string]>([
    [
      'a path upwards',
      { paths: ['b.md', '../x'] },
      'transient Errored: path "../x" attempts to traverse outside the working directory',
    ],
    [
      'through a link outside',
      { paths: ['b.md', 'away/passwd'] },
      'transient Errored: path "away/passwd" attempts to traverse outside',
    ],
    ['the whole', { path: 'd/..' }, 'terminal Failed: path "d/.." is the working directory itself'],
    [
      'what is not there, if strict',
      { paths: ['b.md', 'no'], strict: true },
      'transient Errored: there is no "no"; nothing was deleted',
    ],
    ['a missing parent, if strict', { path: 'no/no', strict: true }, 'transient Errored: there is no "no/no"'],
    [
      'one pattern without match, if strict',
      { paths: ['*.md', '*.no'], pathsAreGlobs: true, strict: true },
      'transient Errored: nothing matches "*.no"',
    ],
    ['a malformed pattern', { paths: ['*.md', '['], pathsAreGlobs: true }, 'terminal Errored: path is malformed'],
  ])('refuses %s, deleting nothing', async (_, config, want) => {
    await files.write({ 'b.md': '', 'd/x': '' });
    await files.workspace.makeLink('away', '/etc');
    expect(await files.failure(deleteFiles, config)).toContain(want);
    expect(Object.keys(await files.tree())).toEqual(['away', 'b.md', 'd/x']);
  });

  it('may be strict and run again after it was interrupted', async () => {
    await files.write({ a: '', b: '' });
    const config = { paths: ['a', 'b'], strict: true };
    await files.run(deleteFiles, config);
    expect(await files.run(deleteFiles, config)).toEqual({ status: 'Succeeded' });
    expect(await files.failure(deleteFiles, { paths: ['a', 'c'], strict: true })).toContain('there is no "c"');
  });

  it.each<[unknown, string]>([
    [{}, '(root): Must validate one and only one schema (oneOf); give exactly one of path, paths'],
    [{ path: 'a', paths: ['b'] }, '(root): Must validate one and only one schema (oneOf); give exactly one of path, paths'],
    [{ paths: [] }, 'paths: Array must have at least 1 items'],
    [
      { path: 'a', force: true },
      '(root): Additional property force is not allowed; allowed are path, paths, pathsAreGlobs, strict',
    ],
  ])('does not take %j', (config, problem) => {
    expect(new ConfigValidator().problems(deleteFiles.configSchema, config)).toEqual([problem]);
  });
});
