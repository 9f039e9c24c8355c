import { describe, expect, it } from 'vitest';
import { ConfigValidator } from '../../config/validate.ts';
import { useFiles } from '../../testing/files-fixture.ts';
import { fileWrite, type FileWriteConfig } from './file-write.ts';

const files = useFiles();

describe('file-write', () => {
  it.each<[string, Partial<FileWriteConfig>, number]>([
    ['byte for byte', { contents: ' ä\r\n\t"x"\n\n' }, 0o600],
    ['empty', { contents: '' }, 0o600],
    ['with a mode', { permissions: '0644' }, 0o644],
  ])('writes a file %s', async (_, config, mode) => {
    const whole = { path: 'a/b/c.txt', contents: 'x', ...config };
    await files.run(fileWrite, whole);
    expect(await files.text('a/b/c.txt')).toBe(whole.contents);
    expect(await files.workspace.stat('a/b/c.txt')).toMatchObject({ mode });
    expect(await files.workspace.stat('a/b')).toMatchObject({ mode: 0o700 });
    expect(await files.run(fileWrite, whole)).toEqual({ status: 'Succeeded' });
  });

  it('replaces a file and its mode if it may', async () => {
    await files.workspace.writeFile('f', 'old', { mode: 0o644 });
    await files.run(fileWrite, { path: 'f', contents: 'new', overwrite: true });
    expect([await files.text('f'), (await files.workspace.stat('f'))?.mode]).toEqual(['new', 0o600]);
  });

  it.each<[string, Partial<FileWriteConfig>, string]>([
    ['an absolute path', { path: '/x' }, 'terminal Failed: path "/x" is absolute'],
    ['a path upwards', { path: 'a/../../x' }, 'terminal Failed: path "a/../../x" leads out of the working directory'],
    ['a path into .git', { path: '.git/hooks/x' }, 'terminal Failed: path ".git/hooks/x" is inside a .git directory'],
    ['a path into .git further down', { path: 'out/.git/hooks/x' }, 'terminal Failed: path "out/.git/hooks/x" is inside'],
    ['.git itself', { path: 'out/.GIT' }, 'terminal Failed: path "out/.GIT" is inside'],
    ['a link', { path: 'link', overwrite: true }, 'terminal Failed: path "link" goes through a symbolic link'],
    ['a path through a link', { path: 'dirlink/x' }, 'terminal Failed: path "dirlink/x" goes through a symbolic link'],
    ['a file that exists', { path: 'there' }, 'terminal Failed: could not write "there": it exists already'],
    [
      'the same file with another mode',
      { path: 'there', contents: 'old', permissions: '0644' },
      'terminal Failed: could not write "there"',
    ],
    ['an executable file', { permissions: '0755' }, 'terminal Failed: permissions 0755 set executable bits'],
    ['a world-writable file', { permissions: '0666' }, 'terminal Failed: permissions 0666 set the file world-writable'],
    ['special bits', { permissions: '1777' }, 'terminal Failed: permissions 1777 set special mode bits'],
    ['a folder', { path: 'dir', overwrite: true }, 'transient Errored: could not write "dir": it is not a file but a directory'],
    ['the working directory', { path: '.' }, 'transient Errored: could not write ".": it is not a file'],
    ['a null byte', { path: 'a\0b' }, 'transient Errored: paths cannot contain null bytes'],
  ])('refuses %s', async (_, config, want) => {
    await files.write({ there: 'old', 'dir/x': '' });
    await files.workspace.makeLink('link', 'there');
    await files.workspace.makeLink('dirlink', 'dir');
    expect(await files.failure(fileWrite, { path: 'new', contents: 'x', ...config })).toContain(want);
    expect(await files.tree()).toEqual({ there: 'old', 'dir/x': '', link: '-> there', dirlink: '-> dir' });
  });

  it.each(['755', '0999', 'rw-r--r--', '00644'])('does not take %j for permissions', (permissions) => {
    const problems = new ConfigValidator().problems(fileWrite.configSchema, { path: 'x', contents: '', permissions });
    expect(problems).toEqual(["permissions: Does not match pattern '^0[0-7]{3}$'"]);
  });
});
