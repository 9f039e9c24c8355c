import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataFolderInUseError, lockDataFolder } from './data-lock.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lock-'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('the claim on a data folder', () => {
  it('is refused while another process that runs Node holds it, saying which', async () => {
    const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
    await writeFile(join(directory, 'kargo.pid'), String(other.pid));
    await expect(lockDataFolder(directory)).rejects.toThrow(DataFolderInUseError);
    await expect(lockDataFolder(directory)).rejects.toThrow(`in use by process ${other.pid}`);
    other.kill('SIGKILL');
  });

  it.each([
    ['of a process that was killed', '999999999'],
    ['that says nothing', ''],
  ])('%s is taken over', async (_name, content) => {
    await writeFile(join(directory, 'kargo.pid'), content);
    const unlock = await lockDataFolder(directory);
    expect(await readFile(join(directory, 'kargo.pid'), 'utf8')).toBe(String(process.pid));
    await unlock();
    await expect(readFile(join(directory, 'kargo.pid'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
