import { join } from 'node:path';
import { GitError } from './git-error.ts';
import { localCommits } from './local-commits.ts';
import type { GitIdentity, Integration, IntegrationPolicy } from './port.ts';
import { readTextIfPresent } from './repository-files.ts';
import type { InWorkTree } from './work-tree-tags.ts';

/** Brings the local commits together with those up to `onto`, which is here and belongs to `branch`, as {@link WorkTree.integrate} says. */
export async function integrateOnto(
  git: InWorkTree,
  {
    onto,
    branch,
    policy,
    date,
    signal,
  }: { onto: string; branch: string; policy: IntegrationPolicy; date: number | undefined; signal?: AbortSignal | undefined },
  { gitDir, author, remoteURL }: { gitDir: string; author: GitIdentity; remoteURL: string },
): Promise<Integration> {
  const contained = await git('compare the histories', ['merge-base', '--is-ancestor', onto, 'HEAD'], {
    accept: [0, 1],
    signal,
  });
  if (contained.exitCode === 0) return 'current';
  const safe = policy === 'AlwaysRebase' || (policy !== 'AlwaysMerge' && (await isSafeToReplay(git, onto, author)));
  if (!safe && policy === 'RebaseOrFail') return 'unsafe';
  // The committer date stays the author's, so that a rebased commit is reproducible as well.
  const args = safe
    ? ['rebase', '--quiet', '--committer-date-is-author-date', '--no-verify', '--empty=drop', '--no-stat', onto]
    : ['merge', '--quiet', '--no-verify', '--no-stat', '--no-edit', `--message=Merge branch '${branch}'`, onto];
  const action = `${safe ? 'rebase onto' : 'merge'} branch ${branch} of ${remoteURL}`;
  try {
    await git(action, args, { identity: author, signal, ...(safe ? { signedAt: date } : { date: date ?? 0 }) });
  } catch (error) {
    await abandonIntegration(git, gitDir);
    if (error instanceof GitError && error.code === 'failed' && /could not apply|conflict/i.test(error.message)) {
      throw new GitError('conflict', error.message, { cause: error });
    }
    throw error;
  }
  return safe ? 'rebased' : 'merged';
}

/** Returns to the state before an unfinished rebase or merge, if there is one in the repository `gitDir`. */
export async function abandonIntegration(git: InWorkTree, gitDir: string): Promise<void> {
  for (const folder of ['rebase-merge', 'rebase-apply']) {
    if ((await readTextIfPresent(join(gitDir, folder, 'head-name'))) === undefined) continue;
    await git('abandon the rebase', ['rebase', '--abort']);
  }
  if ((await readTextIfPresent(join(gitDir, 'MERGE_HEAD'))) !== undefined) await git('abandon the merge', ['merge', '--abort']);
}

/** Whether replaying the local commits neither makes signatures where there were none, nor loses or replaces any. */
async function isSafeToReplay(git: InWorkTree, onto: string, author: GitIdentity): Promise<boolean> {
  const wanted = (author.signingKey ?? '') === '' ? 'unsigned' : 'trusted';
  return (await localCommits(git, onto, author)).every(({ signature }) => signature === wanted);
}
