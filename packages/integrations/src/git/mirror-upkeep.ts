/** What keeps the folder of mirrors from growing without end. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../port-error.ts';

/** How mirrors are kept. */
export interface MirrorUpkeep {
  /** Mirrors that nobody has used for this long are removed. Milliseconds. Default 14 days. */
  lifetime: number;
  /** Bytes of all mirrors together above which those go that were used longest ago. Default 20 GiB. */
  maxBytes: number;
  /** Number of mirrors above which those go that were used longest ago. Default 2,000. */
  maxCount: number;
}

export const DEFAULT_UPKEEP: MirrorUpkeep = { lifetime: 14 * 24 * 3600 * 1000, maxBytes: 20 * 1024 ** 3, maxCount: 2000 };

/** Those used this recently stay in any case: somebody may be at work with them. Milliseconds. */
export const RECENT = 3600 * 1000;

/** What those who have old mirrors removed know and do themselves. */
export interface MirrorRemoval {
  /** Such a mirror stays, whatever it takes. */
  isInUse(name: string): boolean;
  /** Called at once when a mirror is not in use: it may be from the first wait of this on. */
  remove(name: string): Promise<void>;
}

/** Has mirrors (folders of `directory`) removed that are too old or too many, and returns their names. */
export async function removeOldMirrors(
  directory: string,
  { lifetime, maxBytes, maxCount }: MirrorUpkeep,
  now: number,
  { isInUse, remove }: MirrorRemoval,
): Promise<string[]> {
  const removed: string[] = [];
  const kept: { name: string; usedAt: number; bytes: number }[] = [];
  for (const name of await readdir(directory)) {
    const usedAt = await usedLast(join(directory, name));
    if (usedAt === undefined) continue;
    if (usedAt < now - lifetime && !isInUse(name)) removed.push(name);
    else kept.push({ name, usedAt, bytes: await sizeOf(join(directory, name)) });
  }
  let total = kept.reduce((sum, { bytes }) => sum + bytes, 0);
  let count = kept.length;
  for (const { name, usedAt, bytes } of kept.toSorted((a, b) => a.usedAt - b.usedAt)) {
    if ((total <= maxBytes && count <= maxCount) || usedAt > now - RECENT) break;
    if (isInUse(name)) continue;
    removed.push(name);
    total -= bytes;
    count -= 1;
  }
  const gone: string[] = [];
  for (const name of removed) {
    // Somebody may have come back to it while the others were measured and removed.
    if (isInUse(name)) continue;
    await remove(name);
    gone.push(name);
  }
  return gone;
}

/** Bytes of the files in a folder. */
export async function sizeOf(directory: string): Promise<number> {
  let bytes = 0;
  try {
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      bytes += entry.isDirectory() ? await sizeOf(path) : (await stat(path)).size;
    }
  } catch (error) {
    // Git removes files at any time.
    if (systemCode(error) !== 'ENOENT') throw error;
  }
  return bytes;
}

async function usedLast(folder: string): Promise<number | undefined> {
  try {
    return (await stat(folder)).mtimeMs;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
