/** Reading and changing text files of a workspace. */
import type { Workspace } from '@kargo/integrations';
import { refuseRepositoryPath } from './repository-path.ts';

/** Bytes of the largest text file that is read. Parsers take their time, and everybody waits meanwhile. */
const MAX_TEXT = 4 * 1024 * 1024;

/** The text of a file. Fails if it is not UTF-8, since writing it back would damage it, and if it is larger than 4 MiB. */
export async function readText(workspace: Workspace, path: string): Promise<string> {
  const bytes = await workspace.readFile(path, { maxBytes: MAX_TEXT });
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  throw new Error(`could not read ${path}: it is not text in UTF-8; convert it, or check the path`);
}

/**
 * Replaces the text of a file by what `edit` makes of it, keeping its mode. A file that stays the same is not written.
 */
export async function editText(workspace: Workspace, path: string, edit: (text: string) => Promise<string>): Promise<void> {
  await refuseRepositoryPath(workspace, path);
  const text = await readText(workspace, path);
  const edited = await edit(text);
  if (edited === text) return;
  const facts = await workspace.stat(path, { follow: true });
  await workspace.writeFile(path, edited, facts === undefined ? {} : { mode: facts.mode & 0o777 });
}
