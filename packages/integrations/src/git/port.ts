/** Git as a port. */

export interface GitCredentials {
  username?: string | undefined;
  /** Password or token. */
  password?: string | undefined;
  /** PEM or OpenSSH private key. */
  sshPrivateKey?: string | undefined;
  /** The Secret they came from, for explanations. */
  source?: { namespace: string; name: string } | undefined;
}

export interface GitRemote {
  url: string;
  credentials?: GitCredentials | undefined;
  insecureSkipTLSVerify?: boolean | undefined;
}

export interface GitIdentity {
  name: string;
  email: string;
}

export interface RemoteRefs {
  /** Name of the default branch, if the remote tells. */
  defaultBranch?: string | undefined;
  /** Branch name → commit. */
  branches: ReadonlyMap<string, string>;
  /** Tag name → commit (peeled). */
  tags: ReadonlyMap<string, string>;
}

export interface CommitInfo {
  id: string;
  subject: string;
  /** `Name <email>`. */
  author: string;
  committer: string;
  /** RFC 3339. */
  committedAt: string;
}

export interface CloneOptions {
  remote: GitRemote;
  /** Folder for the bare repository and its private settings; made if absent. */
  home: string;
  author: GitIdentity;
  signal?: AbortSignal | undefined;
}

export interface WorkTreeSpec {
  path: string;
  ref: { branch: string } | { commit: string } | { tag: string } | { default: true };
  /** With a branch that does not exist: start an orphan branch with one empty commit and push it. */
  create?: boolean | undefined;
  /** Epoch milliseconds of that first commit, which is reproducible like any other. Default 0. */
  createDate?: number | undefined;
  /** False leaves the new branch local, as a preview needs it. Default true. */
  pushCreated?: boolean | undefined;
}

/**
 * What a `GitError` carries. `unreachable`: no server, or one in trouble. `rejected`: the remote branch has moved. `refused`: the
 * remote does not accept the push (hooks, protected branches). `invalid`: the request makes no sense as it is. `failed`: the rest.
 */
export type GitErrorCode =
  | 'unreachable'
  | 'authentication'
  | 'notFound'
  | 'rejected'
  | 'refused'
  | 'conflict'
  | 'timeout'
  | 'aborted'
  | 'invalid'
  | 'failed';

export interface PushOptions {
  /** Full ref is made of the branch name. */
  branch: string;
  force?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

export interface WorkTree {
  readonly path: string;
  /** The URL the repository was cloned from, without credentials. */
  readonly remoteURL: string;
  head(): Promise<string>;
  /** Absent when detached. */
  branch(): Promise<string | undefined>;
  /** Removes everything tracked and everything not ignored, keeping `.git`. Staged as well. */
  clear(): Promise<void>;
  /** Stages everything; true if that differs from HEAD. */
  stage(): Promise<boolean>;
  /** Commits what is staged. The same tree, parents, message, identity and date give the same commit. Returns its id. */
  commit(options: { message: string; date: number; author?: GitIdentity | undefined }): Promise<string>;
  /**
   * Compare-and-swap push of HEAD. `rejected` errors mean that the remote has moved. Pushing what is already there succeeds.
   * Serialised per remote and branch within the process.
   */
  push(options: PushOptions): Promise<void>;
  /** Fetches `branch` and replays local commits on top of it. Does nothing if the remote has no such branch. Fails with `conflict`. */
  rebaseOnto(branch: string, options?: { signal?: AbortSignal | undefined }): Promise<void>;
}

export interface Clone {
  /** Re-entrant: a work tree left half-made by an interrupted call is replaced. */
  addWorkTree(spec: WorkTreeSpec, options?: { signal?: AbortSignal | undefined }): Promise<WorkTree>;
}

export interface Git {
  /** The refs of a remote, without cloning. */
  remoteRefs(remote: GitRemote, options?: { signal?: AbortSignal | undefined }): Promise<RemoteRefs>;
  /** First-parent history of a branch (default: the remote's), newest first, from the warm mirror. */
  commits(
    remote: GitRemote,
    options: { branch?: string | undefined; limit: number; signal?: AbortSignal | undefined },
  ): Promise<CommitInfo[]>;
  /** Clones through the warm mirror of the remote. Re-entrant. */
  clone(options: CloneOptions): Promise<Clone>;
  /** Opens a work tree made by {@link Clone.addWorkTree}, also from an earlier process. The credentials are given anew. */
  open(path: string, options: { remote?: GitRemote | undefined; home: string }): Promise<WorkTree>;
  /** Resolves a revision (branch, tag, SHA, `HEAD`) to a commit. */
  resolve(remote: GitRemote, revision: string, options?: { signal?: AbortSignal | undefined }): Promise<string>;
  /** Writes the tree of `commit` into `directory` (made if absent, otherwise emptied), without history. */
  export(remote: GitRemote, commit: string, directory: string, options?: { signal?: AbortSignal | undefined }): Promise<void>;
}
