import { GitError } from './git-error.ts';
import type { CloneSource } from './clone-source.ts';
import type { CleanRemote } from './remote-url.ts';

const FULL = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const ABBREVIATED = /^[0-9a-f]{7,63}$/;

/**
 * The commit that `revision` names in a remote, in the order branch, tag, commit id (full, or at least 7 digits); `HEAD` is the default
 * branch. The mirror has that commit afterwards. Fails with `notFound`.
 */
export async function resolveRevision(
  mirror: CloneSource,
  remote: CleanRemote,
  revision: string,
  signal?: AbortSignal,
): Promise<string> {
  if (FULL.test(revision)) {
    if (await mirror.has(revision, signal)) return revision;
    await mirror.refresh(signal);
    if (await mirror.has(revision, signal)) return revision;
    return fetchUnadvertised(mirror, remote, revision, signal);
  }
  const { branches, tags } = await mirror.refresh(signal);
  const commit = revision === 'HEAD' ? (await mirror.remoteRefs(signal)).head : (branches.get(revision) ?? tags.get(revision));
  if (commit !== undefined) return commit;
  if (ABBREVIATED.test(revision)) {
    // Only all commits together tell which one is meant.
    await mirror.complete(signal);
    const result = await mirror.read(`resolve ${revision}`, ['rev-parse', '--verify', '--quiet', `${revision}^{commit}`], {
      accept: [0, 1, 128],
      signal,
    });
    if (result.exitCode === 0) return result.stdout.trim();
  }
  throw new GitError('notFound', `${remote.url} has no branch, tag or commit ${JSON.stringify(revision)}`);
}

/** Commits behind pull requests and the like, if the server hands them out. */
async function fetchUnadvertised(
  mirror: CloneSource,
  remote: CleanRemote,
  commit: string,
  signal?: AbortSignal,
): Promise<string> {
  try {
    await mirror.fetchCommit(commit, signal);
  } catch (error) {
    if (!(error instanceof GitError) || (error.code !== 'failed' && error.code !== 'notFound')) throw error;
    throw new GitError('notFound', `${remote.url} has no commit ${commit}, or does not hand it out`, { cause: error });
  }
  return commit;
}
