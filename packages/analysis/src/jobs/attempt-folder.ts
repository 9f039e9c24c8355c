import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AttemptRequest, ContainerMount } from './executor.ts';

/** A folder of its own for one attempt, with the Pod's volumes in it. */
export interface AttemptFolder {
  readonly path: string;
  /** Folder or file on this machine that a mount shows. */
  source(mount: ContainerMount): string;
}

/** Makes the folder of an attempt below `directory`, fills its volumes, and removes it when `use` has ended. */
export async function inAttemptFolder<T>(
  directory: string,
  request: Pick<AttemptRequest, 'id' | 'volumes'>,
  use: (folder: AttemptFolder) => Promise<T>,
): Promise<T> {
  const root = join(directory, request.id);
  const volumes = join(root, 'volumes');
  const path = join(root, 'work');
  await rm(root, { recursive: true, force: true }); // What an earlier process left.
  await mkdir(path, { recursive: true, mode: 0o700 });
  try {
    for (const { name, files } of request.volumes) {
      await mkdir(join(volumes, name), { recursive: true, mode: 0o755 });
      for (const { path: file, content, mode } of files) {
        const target = join(volumes, name, file);
        await mkdir(dirname(target), { recursive: true });
        await writeFile(target, content);
        await chmod(target, mode);
      }
    }
    return await use({ path, source: ({ volume, subPath }) => join(volumes, volume, subPath ?? '') });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
