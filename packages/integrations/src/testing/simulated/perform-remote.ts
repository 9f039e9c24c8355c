import { GitError } from '../../git/git-error.ts';
import type { CleanRemote } from '../../git/remote-url.ts';
import type { SimulatedFileSystem } from './file-system.ts';
import type { Operations } from './operations.ts';
import type { SimulatedRemote, SimulatedRemotes } from './remotes.ts';

/** What simulated git stands on. */
export interface SimulatedGitParts {
  files: SimulatedFileSystem;
  operations: Operations;
  remotes: SimulatedRemotes;
}

/** Does something at a remote, if it exists and lets the caller in. */
export function performRemote<T>(
  parts: SimulatedGitParts,
  operation: string,
  remote: CleanRemote,
  signal: AbortSignal | undefined,
  action: (found: SimulatedRemote) => T,
  detail?: string,
): Promise<T> {
  const name = detail === undefined ? `${operation} ${remote.url}` : `${operation} ${remote.url} ${detail}`;
  return parts.operations.perform(name, { signal, aborted: aborted(remote), remote: true }, () => {
    const found = parts.remotes.find(remote.url);
    if (found === undefined) {
      throw new GitError(
        'notFound',
        `could not reach ${remote.url}: check the URL, and whether the credentials may see the repository`,
      );
    }
    const { username, password } = remote.credentials;
    if (found.auth !== undefined && (found.auth.username !== username || found.auth.password !== password)) {
      throw new GitError('authentication', `could not reach ${remote.url}: check the credentials of this repository`);
    }
    return action(found);
  });
}

/** Makes the error of a cancelled operation. */
export function aborted(remote: CleanRemote): (cause: unknown) => Error {
  return (cause) => new GitError('aborted', `could not finish the work on ${remote.url}: the operation was cancelled`, { cause });
}
