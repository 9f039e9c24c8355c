/** Work trees whose history ends early: what is compared with other commits is so only after it was made sure that nothing of it is missing. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GitError } from './git-error.ts';
import type { GitCommand } from './git-runner.ts';
import { readLooseRef, readTextIfPresent } from './repository-files.ts';
import type { InWorkTree } from './work-tree-tags.ts';

/** The commit of the remote that the local ones begin on. */
const START = 'refs/kargo/start';

const UNSHALLOW = ['fetch', '--quiet', '--unshallow', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance', '--prune'];

/** How a repository is fetched into: arguments that tell from where, and the rest of the command. */
interface FetchFrom {
  from: readonly string[];
  fetch: Partial<GitCommand>;
}

/** Remembers the commit of the remote that a work tree shows, before anything is committed in it. */
export async function writeStart(gitDir: string, commit: string): Promise<void> {
  const file = join(gitDir, START);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, `${commit}\n`, { mode: 0o600 });
}

/**
 * Sees to it that HEAD can be compared with `other`, which is here: their common history is what it would be with all commits. Where the
 * local commits begin on one that `other` contains, it is. Otherwise the rest of the history is fetched; fails if the remote does not
 * hand it out. Does nothing in a repository that has everything.
 */
export async function makeComparable(
  git: InWorkTree,
  { gitDir, other, remoteURL, from, fetch }: { gitDir: string; other: string | undefined; remoteURL: string } & FetchFrom,
): Promise<void> {
  if ((await endsOf(gitDir)).size === 0) return;
  const start = await readLooseRef(gitDir, START);
  if (other !== undefined && start !== undefined) {
    const contains = await git('compare the histories', ['merge-base', '--is-ancestor', start, other], { accept: [0, 1] });
    if (contains.exitCode === 0) return;
  }
  // Servers also tell what comes before the commits where the history ended, as long as they have those, on a branch or not.
  await git('fetch the rest of the history', [...UNSHALLOW, ...from, '+refs/heads/*:refs/kargo/history/*'], fetch);
  const ends = await endsOf(gitDir);
  if (ends.size === 0) return;
  const visible = await git('read the history', ['rev-list', 'HEAD', ...(other === undefined ? [] : [other])]);
  if (visible.stdout.split('\n').some((id) => ends.has(id)))
    throw new GitError(
      'conflict',
      `could not compare the commits with those of ${remoteURL}: the branch was rewritten, and the server no longer has the commit that this shallow clone began with; promote again, or leave out depth of git-clone`,
    );
}

/** The commits whose parents are not here. */
async function endsOf(gitDir: string): Promise<Set<string>> {
  const text = (await readTextIfPresent(join(gitDir, 'shallow'))) ?? '';
  return new Set(text.split('\n').filter((line) => line !== ''));
}
