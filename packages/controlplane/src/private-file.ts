import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces a file that only its user may read, as a whole or not at all: whoever reads it, also after the machine lost its power, finds
 * what was there before or all of `content`. Fails as the file system does.
 */
export async function writePrivateFile(file: string, content: string): Promise<void> {
  const temporary = `${file}.new`;
  const written = await open(temporary, 'w', 0o600);
  try {
    // One that was left behind keeps its mode, which may let others read what is written now.
    await written.chmod(0o600);
    await written.writeFile(content);
    await written.sync();
  } finally {
    await written.close();
  }
  await rename(temporary, file);
  const folder = await open(dirname(file));
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
