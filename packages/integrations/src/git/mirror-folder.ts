/** What both kinds of mirrors do with their folder: it holds `repo.git`, and beside it what is being made or deleted. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessResult } from '../process/port.ts';
import { mirrorConfig } from './mirror-config.ts';
import { sizeOf } from './mirror-upkeep.ts';
import type { CleanRemote } from './remote-url.ts';
import { initRepository, isPresent, readTextIfPresent, removeStaleLocks, writeTextAtomically } from './repository-files.ts';

/** Packs above which a mirror is repacked. */
const MAX_PACKS = 30;
/** How often larger than after the last full repacking a mirror becomes before the next one. */
const GROWTH = 2;

/** Runs git in a mirror. */
type Run = (action: string, args: readonly string[], options?: { accept?: readonly number[] }) => Promise<ProcessResult>;

/** Clears away what an earlier process left when it was killed. */
export async function openMirrorFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of await readdir(folder)) {
    if (name !== 'repo.git') await rm(join(folder, name), { recursive: true, force: true });
  }
  const gitDir = join(folder, 'repo.git');
  if (await isPresent(gitDir)) await removeStaleLocks(gitDir);
}

/** Makes the repository of a mirror anew. The old one, if there is one, stays until `fill` has put in the new one what it has to hold. */
export async function makeMirrorAnew(
  folder: string,
  remote: CleanRemote,
  fill: (gitDir: string) => Promise<void> = async () => undefined,
): Promise<void> {
  const [gitDir, fresh, old] = [
    join(folder, 'repo.git'),
    join(folder, `new-${randomUUID()}`),
    join(folder, `old-${randomUUID()}`),
  ];
  try {
    await initRepository(fresh, 'ref: refs/heads/main\n', mirrorConfig(remote));
    await fill(fresh);
    if (await isPresent(gitDir)) await rename(gitDir, old);
    await rename(fresh, gitDir);
    await rm(old, { recursive: true, force: true });
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
}

/** Checks the repository of a mirror thoroughly. */
export async function isMirrorDamaged(git: Run): Promise<boolean> {
  const accept = Array.from({ length: 256 }, (_, code) => code);
  const { exitCode } = await git('check', ['fsck', '--no-dangling', '--no-progress'], { accept });
  // 1 stands for objects that are whole but not to fsck's taste, as old repositories have them.
  return (exitCode & ~1) !== 0;
}

/** Packs the objects of a mirror anew if they lie in very many packs. */
export async function repackIfScattered(git: Run, gitDir: string, { blobless }: CleanRemote): Promise<void> {
  const packs = (await readdir(join(gitDir, 'objects', 'pack'))).filter((name) => name.endsWith('.pack'));
  if (packs.length <= MAX_PACKS) return;
  const file = join(gitDir, 'kargo-size');
  const size = await sizeOf(join(gitDir, 'objects'));
  // Only a full repacking keeps apart what came without contents, and drops what no branch or tag leads to any more.
  const full = blobless || size > GROWTH * Number((await readTextIfPresent(file)) ?? 0);
  await git('repack', full ? ['repack', '-a', '-d', '-q'] : ['repack', '--geometric=2', '-d', '-q']);
  if (full) await writeTextAtomically(file, String(await sizeOf(join(gitDir, 'objects'))));
}
