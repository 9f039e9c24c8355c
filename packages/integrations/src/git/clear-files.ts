import { lstat, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCode } from '../port-error.ts';

/** Files above which git itself is faster in removing them. */
const MAX_FILES = 500;

/**
 * Removes files of a work tree, by their paths in it, and the folders that become empty. False, with nothing removed, if that is not as
 * simple as it sounds: there are too many, or something is in the way that is no plain file in plain folders.
 */
export async function clearFiles(tree: string, paths: readonly string[]): Promise<boolean> {
  // A name that is no UTF-8 cannot be told to the file system from here.
  if (paths.length > MAX_FILES || paths.some((path) => path.includes('\u{fffd}'))) return false;
  const folders = new Set<string>();
  const present: string[] = [];
  for (const path of paths) {
    const kind = await kindOf(tree, path, folders);
    if (kind === 'odd') return false;
    if (kind === 'file') present.push(path);
  }
  for (const path of present) await unlink(join(tree, path));
  // The deepest first.
  for (const folder of [...folders].toSorted((a, b) => b.length - a.length)) {
    try {
      await rmdir(join(tree, folder));
    } catch (error) {
      // Ignored files are in it.
      if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(systemCode(error) ?? '')) throw error;
    }
  }
  return true;
}

/** What lies at a path. Nothing is looked at through links. Adds the folders above it to those that are known to be folders. */
async function kindOf(tree: string, path: string, folders: Set<string>): Promise<'file' | 'gone' | 'odd'> {
  const above: string[] = [];
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) above.push(folder);
  for (const folder of above.toReversed()) {
    if (folders.has(folder)) continue;
    const found = await look(join(tree, folder));
    if (found === undefined) return 'gone';
    if (!found.isDirectory()) return 'odd';
    folders.add(folder);
  }
  const found = await look(join(tree, path));
  if (found === undefined) return 'gone';
  return found.isFile() || found.isSymbolicLink() ? 'file' : 'odd';
}

async function look(path: string): Promise<Awaited<ReturnType<typeof lstat>> | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
