/** Git as a port. */

export interface GitCredentials {
  username?: string | undefined;
  /** Password or token. */
  password?: string | undefined;
  /** PEM or OpenSSH private key. */
  sshPrivateKey?: string | undefined;
  /** Lines of a known_hosts file: the host must show one of these keys, whatever else is known of it. */
  knownHosts?: string | undefined;
  /** Stays the same while they are renewed: the warm mirror is kept under it. Absent: they are that themselves. */
  identity?: string | undefined;
  /** Gets others in place of those that were refused, if they come from a service that gives tokens. */
  renew?: ((signal?: AbortSignal) => Promise<GitCredentials | undefined>) | undefined;
  /** The Secret they came from, for explanations. */
  source?: { namespace: string; name: string } | undefined;
}

export interface GitRemote {
  url: string;
  credentials?: GitCredentials | undefined;
  insecureSkipTLSVerify?: boolean | undefined;
  /** Fetch contents of files only when they are needed. Servers that cannot do that send all. */
  blobless?: boolean | undefined;
  /**
   * Clone only so many commits of each history, at least 1. What needs more of it fetches it by itself. Only clones look at this. Fails with
   * `invalid` for servers that cannot do that.
   */
  depth?: number | undefined;
}

export interface GitIdentity {
  name: string;
  email: string;
  /** Armored GPG private key, or SSH private key, without passphrase. Commits and tags of this identity are signed with it. Never shown in errors. */
  signingKey?: string | undefined;
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

/** A commit of a first-parent history. */
export interface HistoryCommit extends CommitInfo {
  /** Its first parent, where the history goes on. */
  parent?: string | undefined;
  /** Paths it changed compared with its first parent, if they were asked for; both sides of a renaming count. */
  paths?: readonly string[] | undefined;
}

export interface HistoryOptions {
  branch?: string | undefined;
  /** A commit that `remoteRefs` or an earlier answer told of; in place of `branch`. */
  head?: string | undefined;
  limit: number;
  paths?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** A tag that leads to a commit, and the commit it leads to. */
export interface TagInfo {
  name: string;
  /** The commit. */
  id: string;
  /** First line of the commit's message. */
  subject: string;
  /** Of the commit, `Name <email>`. */
  author: string;
  /** Of the commit, `Name <email>`. */
  committer: string;
  /** When an annotated tag was made, or the commit of another one. RFC 3339. */
  createdAt: string;
  /** `Name <email>`; only of annotated tags. */
  tagger?: string | undefined;
  /** The whole message of an annotated tag. */
  annotation?: string | undefined;
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
  /**
   * Directories to check out, relative to the root; others are left out, the files beside and above them are there. What is left out
   * stays in every commit. Fails with `invalid` for absolute paths, `..` and glob characters.
   */
  sparse?: readonly string[] | undefined;
  /** Check out submodules too, and theirs. */
  submodules?: boolean | undefined;
}

/** How commits of the remote are brought together with local ones that they do not contain. */
export const INTEGRATION_POLICIES = ['AlwaysRebase', 'RebaseOrMerge', 'RebaseOrFail', 'AlwaysMerge'] as const;
export type IntegrationPolicy = (typeof INTEGRATION_POLICIES)[number];

/**
 * What came of an integration. `current`: there was nothing to integrate. `unsafe`: replaying would make signatures where there were
 * none, or lose some, and the policy allows nothing else; nothing was changed.
 */
export type Integration = 'current' | 'rebased' | 'merged' | 'unsafe';

/** `trusted`: signed with the key this work tree signs with. `untrusted`: signed in any other way. */
export type SignatureState = 'trusted' | 'untrusted' | 'unsigned';

export interface LandOptions {
  branch: string;
  policy: IntegrationPolicy;
  /** Epoch milliseconds of a merge commit. */
  date: number;
  /**
   * Trees that may be pushed, if not every one: fails with `unplanned`, before anything is pushed, for another one. With none, there must
   * be nothing to push.
   */
  trees?: ReadonlySet<string> | undefined;
  signal?: AbortSignal | undefined;
  /** Not called for commits that are pushed together with others'. */
  onLine?: GitLine | undefined;
}

/** `moved`: the remote branch kept moving, and nothing was pushed; trying again may help. `unsafe`: as of {@link Integration}. */
export type Landing = 'landed' | 'moved' | 'unsafe';

/** A commit that is only here so far. */
export interface LocalCommit {
  id: string;
  parents: readonly string[];
  tree: string;
  message: string;
  author: GitIdentity;
  committer: GitIdentity;
  /** RFC 3339. */
  authoredAt: string;
  /** RFC 3339. */
  committedAt: string;
  signature: SignatureState;
}

export interface TagOptions {
  name: string;
  message: string;
  /** Epoch milliseconds. */
  date: number;
  /** Replace another tag of this name. */
  force?: boolean | undefined;
}

/**
 * What a `GitError` carries. `unreachable`: no server, or one in trouble. `rejected`: the remote branch has moved. `refused`: the
 * remote does not accept the push (hooks, protected branches). `invalid`: the request makes no sense as it is. `unplanned`: it is not what
 * was planned. `failed`: the rest.
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
  | 'unplanned'
  | 'failed';

export interface CommitOptions {
  message: string;
  /** Epoch milliseconds, of author and committer. */
  date: number;
  /** Default: that of the clone. */
  author?: GitIdentity | undefined;
}

export interface PushOptions {
  /** Full ref is made of the branch name. */
  branch: string;
  force?: boolean | undefined;
  signal?: AbortSignal | undefined;
  onLine?: GitLine | undefined;
}

/** Called with each line that git, or the remote through it, says about a push. Without secrets. */
export type GitLine = (line: string) => void;

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
  commit(options: CommitOptions): Promise<string>;
  /** As `stage` and, if something differs, `commit`. Returns the id of the commit; undefined if nothing differs from HEAD. */
  commitChanges(options: CommitOptions): Promise<string | undefined>;
  /**
   * Compare-and-swap push of HEAD. `rejected` errors mean that the remote has moved. Pushing what is already there succeeds.
   * Serialised per remote and branch within the process.
   */
  push(options: PushOptions): Promise<void>;
  /** Id of the tree of HEAD, or of a tag. */
  tree(tag?: string): Promise<string>;
  /**
   * Brings the local commits to a branch of the remote: pushes HEAD, or, where the remote has commits that HEAD does not contain, what
   * comes of integrating them by the policy; HEAD is what the branch got afterwards. Work trees whose commits go to the same branch at
   * the same time may have them replayed one after another and pushed together; each is told its own outcome. Fails with `conflict`,
   * leaving everything as it was.
   */
  land(options: LandOptions): Promise<Landing>;
  /** Fetches `branch` and replays local commits on top of it. Does nothing if the remote has no such branch. Fails with `conflict`. */
  rebaseOnto(branch: string, options?: { signal?: AbortSignal | undefined }): Promise<void>;
  /**
   * Fetches `branch` and brings its commits together with the local ones. Whether replaying is safe is told by the signatures of the
   * local commits. `date` (epoch milliseconds) is that of a merge commit. Fails with `conflict`, leaving everything as it was.
   */
  integrate(
    branch: string,
    options: { policy: IntegrationPolicy; date: number; signal?: AbortSignal | undefined },
  ): Promise<Integration>;
  /** Fetches `branch` and returns its commit; undefined if the remote has no such branch. Changes nothing else. */
  fetch(branch: string, options?: { signal?: AbortSignal | undefined }): Promise<string | undefined>;
  /** Commits of HEAD that `base` (a commit, default none) does not contain, oldest first. */
  localCommits(base: string | undefined): Promise<LocalCommit[]>;
  /** Fetches `branch` and moves HEAD, index and files to it, whatever they were. Returns its commit. */
  resetTo(branch: string, options?: { signal?: AbortSignal | undefined }): Promise<string>;
  /** Makes an annotated tag on HEAD. The same tag again is no error; another one of its name is `invalid` without `force`. */
  tag(options: TagOptions): Promise<void>;
  /** Pushes a tag. One that `tag` was forced to replace is replaced at the remote too, if it is still the one that was here. */
  pushTag(name: string, options?: { signal?: AbortSignal | undefined; onLine?: GitLine | undefined }): Promise<void>;
  /** Pushes HEAD to a reference that is neither branch nor tag, whatever it was; without `create`, deletes it. */
  pushRef(ref: string, options: { create: boolean; signal?: AbortSignal | undefined }): Promise<void>;
}

export interface Clone {
  /** Re-entrant: a work tree left half-made by an interrupted call is replaced. */
  addWorkTree(spec: WorkTreeSpec, options?: { signal?: AbortSignal | undefined }): Promise<WorkTree>;
}

export interface Git {
  /** The refs of a remote, without cloning. */
  remoteRefs(remote: GitRemote, options?: { signal?: AbortSignal | undefined }): Promise<RemoteRefs>;
  /**
   * First-parent history, newest first, from the warm mirror: of a branch (default: the remote's) as it is now, or from the commit `head`,
   * for which the mirror is fetched only if it lacks it: once for all who ask for it. Every commit is read once, however many ask.
   */
  commits(remote: GitRemote, options: HistoryOptions): Promise<HistoryCommit[]>;
  /** Tree and message of the commit that a revision names, from the warm mirror. */
  describe(
    remote: GitRemote,
    revision: string,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<{ id: string; tree: string; message: string }>;
  /**
   * The tags that lead to commits, newest first, from the warm mirror. That is fetched unless it has the tags that `remoteRefs` told of:
   * once for all who ask for the same.
   */
  tags(
    remote: GitRemote,
    options?: { refs?: Pick<RemoteRefs, 'tags'> | undefined; signal?: AbortSignal | undefined },
  ): Promise<readonly TagInfo[]>;
  /**
   * The paths that commits changed compared with their first parents, by commit; both sides of a renaming count. From the warm mirror as
   * the last read of its history or tags left it.
   */
  changedPaths(
    remote: GitRemote,
    commits: readonly string[],
    options?: { signal?: AbortSignal | undefined },
  ): Promise<ReadonlyMap<string, readonly string[]>>;
  /**
   * The paths whose files differ between two commits, whatever lies between them; both sides of a renaming count. From the warm mirror,
   * which is fetched if it lacks one of them. Undefined if the remote does not have both (any more).
   */
  differingPaths(
    remote: GitRemote,
    commits: { from: string; to: string },
    options?: { signal?: AbortSignal | undefined },
  ): Promise<readonly string[] | undefined>;
  /** Clones through the warm mirror of the remote. Re-entrant. */
  clone(options: CloneOptions): Promise<Clone>;
  /**
   * Opens a work tree made by {@link Clone.addWorkTree}, also from an earlier process. The credentials are given anew, and so is the
   * author if he is another one or signs: keys are not kept.
   */
  open(
    path: string,
    options: { remote?: GitRemote | undefined; home: string; author?: GitIdentity | undefined },
  ): Promise<WorkTree>;
  /** Resolves a revision (branch, tag, SHA, `HEAD`) to a commit. */
  resolve(remote: GitRemote, revision: string, options?: { signal?: AbortSignal | undefined }): Promise<string>;
  /** Writes the tree of `commit` into `directory` (made if absent, otherwise emptied), without history. */
  export(remote: GitRemote, commit: string, directory: string, options?: { signal?: AbortSignal | undefined }): Promise<void>;
}
