/**
 * Rehearsals: git work that goes exactly as it would, against private copies of the remotes. Nothing ever reaches the remotes
 * themselves; what they would have got is told afterwards.
 */
import type { Git } from '../git/port.ts';

/** A file that a commit changes. */
export interface RehearsedFile {
  path: string;
  change: 'added' | 'modified' | 'deleted';
  /** Not text, or too large to be shown: then there are no contents. */
  binary: boolean;
  /** Text before; absent for files that are new, and where there are no contents. */
  before?: string | undefined;
  after?: string | undefined;
}

/** A commit that would be made. */
export interface RehearsedCommit {
  id: string;
  tree: string;
  parents: readonly string[];
  /** `Name <email>`. */
  author: string;
  message: string;
  /** Compared with the first parent, by path. */
  files: readonly RehearsedFile[];
}

/** Something that happened since the last look, in the order of its kind: commits first. */
export type RehearsedEffect =
  | { kind: 'commit'; url: string; commit: RehearsedCommit }
  | {
      kind: 'push';
      url: string;
      /** Full name: `refs/heads/…`, `refs/tags/…`. */
      ref: string;
      /** Absent: the reference is new. */
      from?: string | undefined;
      /** The commit, of tags too. Absent: the reference would be deleted. */
      to?: string | undefined;
      /** Tree of `to`. */
      tree?: string | undefined;
      /** Commits of the reference that the remote does not have, oldest first; only the newest {@link MAX_COMMITS}. */
      commits: readonly RehearsedCommit[];
      /** How many there are in all. */
      commitCount: number;
      /** `to` does not contain `from`. */
      forced: boolean;
    };

/** What a remote was like when the rehearsal first saw it. */
export interface RehearsedRemote {
  url: string;
  /** Branch → commit. */
  branches: ReadonlyMap<string, string>;
  /** Tag → commit. */
  tags: ReadonlyMap<string, string>;
}

/** One rehearsal. Everything it keeps lies in the folder it was given. */
export interface GitRehearsal {
  /** Git whose remotes are the private copies. */
  readonly git: Git;
  /** What has happened since the last call. */
  take(): Promise<RehearsedEffect[]>;
  /** The remotes that were looked at so far. */
  remotes(): RehearsedRemote[];
  /** References that were checked out or changed, and where they were at the remote; no commit: it had none of that name. */
  used(): { url: string; ref: string; commit?: string | undefined }[];
}

/** Who can rehearse. */
export interface GitRehearsals {
  /** Begins a rehearsal whose copies lie in `directory`, which is its own. */
  rehearse(options: { directory: string }): GitRehearsal;
}

/** Commits of one push that are described one by one. */
export const MAX_COMMITS = 50;
