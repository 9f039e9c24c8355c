import { copyFile, link, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../port-error.ts';

/** Links that are made at the same time. */
const AT_ONCE = 16;

/**
 * Gives the repository `to` all objects of the repository `from` by hard links, or copies where links are impossible. Object files
 * never change once written, so `to` stays whole when `from` is repacked, pruned or deleted. `from` must not be repacked meanwhile.
 */
export async function shareObjects(from: string, to: string): Promise<void> {
  for (const folder of await readdir(join(from, 'objects'))) {
    if (folder !== 'pack' && !/^[0-9a-f]{2}$/.test(folder)) continue;
    const source = join(from, 'objects', folder);
    const target = join(to, 'objects', folder);
    await mkdir(target, { recursive: true, mode: 0o700 });
    const names = (await readdir(source)).filter((name) =>
      folder === 'pack' ? /^pack-[0-9a-f]+\.(?:pack|idx|rev|promisor)$/.test(name) : /^[0-9a-f]+$/.test(name),
    );
    for (let at = 0; at < names.length; at += AT_ONCE)
      await Promise.all(names.slice(at, at + AT_ONCE).map((name) => linkOrCopy(join(source, name), join(target, name))));
  }
}

async function linkOrCopy(source: string, target: string): Promise<void> {
  try {
    await link(source, target);
  } catch (error) {
    const code = systemCode(error);
    // Objects are named after their contents.
    if (code === 'EEXIST') return;
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'EMLINK' && code !== 'ENOTSUP') throw error;
    await copyFile(source, target);
  }
}
