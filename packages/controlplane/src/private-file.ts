import { chmod, open, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces a file that only its user may read, as a whole or not at all: whoever reads it, also after the machine lost its power, finds
 * what was there before or all of `content`. Fails as the file system does.
 */
export async function writePrivateFile(file: string, content: string): Promise<void> {
  const temporary = `${file}.new`;
  await writeFile(temporary, content, { mode: 0o600, flush: true });
  // One that was left behind by a crash keeps its mode.
  await chmod(temporary, 0o600);
  await rename(temporary, file);
  const folder = await open(dirname(file));
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
