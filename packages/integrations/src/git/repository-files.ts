import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { systemCode } from '../port-error.ts';

/** Text of a small file; undefined if there is none. */
export async function readTextIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Replaces a file as a whole, mode 0600. */
export async function writeTextAtomically(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${randomUUID()}`;
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, file);
}

/** Makes an empty repository folder, in git's documented layout, without running git. `head` is the content of its HEAD. */
export async function initRepository(gitDir: string, head: string, config: string): Promise<void> {
  for (const folder of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags']) {
    await mkdir(join(gitDir, folder), { recursive: true, mode: 0o700 });
  }
  await writeFile(join(gitDir, 'config'), config, { mode: 0o600 });
  await writeFile(join(gitDir, 'HEAD'), head, { mode: 0o600 });
}

/** The commit that a reference of `gitDir` names; undefined if it is packed, unborn or absent. */
export async function readLooseRef(gitDir: string, ref: string): Promise<string | undefined> {
  const text = (await readTextIfPresent(join(gitDir, ref)))?.trim();
  return text !== undefined && /^[0-9a-f]{40,64}$/.test(text) ? text : undefined;
}

/** Removes the lock files that a killed git left behind. Only for repositories that nothing is using. */
export async function removeStaleLocks(gitDir: string): Promise<void> {
  const clean = async (folder: string, recursive: boolean): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    });
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (recursive) await clean(path, true);
      } else if (entry.name.endsWith('.lock') || entry.name.startsWith('tmp_') || entry.name.startsWith('.tmp-'))
        await rm(path, { force: true });
    }
  };
  await clean(gitDir, false);
  await clean(join(gitDir, 'refs'), true);
  await clean(join(gitDir, 'objects', 'pack'), false);
}

/** Whether something exists at `path`. */
export async function isPresent(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return false;
    throw error;
  }
}
