import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

const FILE = 'kargo.pid';

/** Another living process uses the data folder. */
export class DataFolderInUseError extends Error {
  override readonly name = 'DataFolderInUseError';
}

/**
 * Claims a data folder for this process; the returned function gives it back. A claim left by a process that no longer lives is taken over.
 * Fails with {@link DataFolderInUseError}.
 */
export async function lockDataFolder(directory: string): Promise<() => Promise<void>> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, FILE);
  for (;;) {
    try {
      const handle = await open(file, 'wx', 0o600);
      await handle.writeFile(String(process.pid));
      await handle.close();
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(file, 'utf8').catch(() => ''));
    if (Number.isInteger(holder) && holder > 0 && holder !== process.pid && (await isAlive(holder))) {
      throw new DataFolderInUseError(
        `${directory} is in use by process ${holder}: stop it, or choose another folder with --data`,
      );
    }
    await rm(file, { force: true });
  }
}

/** Whether a process lives and may be a Kargo: after a restart of the machine, its number may belong to any program. */
async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes('node');
  } catch {
    return true; // Nothing tells what it is (not Linux): better to refuse than to let two write.
  }
}
