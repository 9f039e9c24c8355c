import type { ProcessResult } from '../process/port.ts';
import type { RemoteRefs } from './port.ts';
import type { MirrorRefs } from './refs.ts';

/** What work trees are made from: the copy of a remote that is kept, whole or shallow. */
export interface CloneSource {
  /** Path of the bare repository. */
  readonly gitDir: string;
  /** The references of the remote, not older than this call. */
  refresh(signal?: AbortSignal): Promise<MirrorRefs>;
  /** As {@link refresh}, with the default branch. */
  remoteRefs(signal?: AbortSignal): Promise<RemoteRefs & { head?: string | undefined }>;
  /** Whether it has the commit already. */
  has(commit: string, signal?: AbortSignal): Promise<boolean>;
  /** Fetches one commit that no branch or tag leads to. Servers may refuse. */
  fetchCommit(commit: string, signal?: AbortSignal): Promise<void>;
  /** Sees to it that all is there that checking out a commit takes; with `sparse`, these directories of it. */
  fetchContents(commit: string, sparse: readonly string[] | undefined, signal?: AbortSignal): Promise<void>;
  /** Sees to it that it has all commits that branches and tags lead to. */
  complete(signal?: AbortSignal): Promise<void>;
  /** Runs a reading command. */
  read(
    action: string,
    args: readonly string[],
    options?: { accept?: readonly number[]; input?: string; signal?: AbortSignal | undefined },
  ): Promise<ProcessResult>;
  /** Gives the repository `gitDir` all objects. */
  share(gitDir: string): Promise<void>;
  /** Checks it thoroughly and makes it anew if it is damaged. True if it was. */
  repairIfDamaged(signal?: AbortSignal): Promise<boolean>;
}
