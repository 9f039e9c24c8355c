/** A folder whose paths are relative to its root; symbolic links never lead out of it. */
export interface Folder {
  /** Absolute path of the root. */
  readonly root: string;
  /**
   * The absolute path for a user's path: joined, cleaned, links resolved part by part; what would escape is clamped to the root,
   * so `../../x` means `<root>/x`.
   */
  resolve(path: string): Promise<string>;
  readFile(path: string, options?: { maxBytes?: number }): Promise<Uint8Array>;
  /** As `readFile`, piece by piece, for files that need not fit into memory. */
  read(path: string, options?: { maxBytes?: number }): AsyncIterable<Uint8Array>;
  /**
   * Parents are made (0700); the file is replaced atomically, with mode 0600 unless told otherwise, and not at all when reading
   * `content` fails.
   */
  writeFile(path: string, content: string | Uint8Array | AsyncIterable<Uint8Array>, options?: WriteFileOptions): Promise<void>;
  list(path: string): Promise<{ name: string; type: 'file' | 'directory' | 'link' | 'other' }[]>;
  exists(path: string): Promise<boolean>;
  /** What lies at a path; undefined if nothing. A link as the last part is described itself unless `follow` is set. */
  stat(path: string, options?: { follow?: boolean }): Promise<EntryFacts | undefined>;
  /** Where a path leads, without touching anything. A link as the last part is not followed if `keepLast` is set. */
  trace(path: string, options?: { keepLast?: boolean }): Promise<PathTrace>;
  /** Parents too (0700). A folder that is there stays as it is. */
  makeFolder(path: string, options?: { mode?: number }): Promise<void>;
  /** Makes a symbolic link, in place of a file or link of that name. The target is stored as it is, and not looked at. */
  makeLink(path: string, target: string): Promise<void>;
  /**
   * Fills a new folder and puts it, with mode 0750 unless told otherwise, in the place of whatever lies at `path`, which stays
   * untouched if filling fails. Not for the root.
   */
  replaceFolder(path: string, fill: (folder: Filling) => Promise<void>, options?: { mode?: number }): Promise<void>;
  /** Recursive; absent is fine. */
  remove(path: string): Promise<void>;
}

/** `mode`: the permission bits, setuid, setgid and sticky included. `modifiedAt`: epoch milliseconds. `target`: of links, as it is stored. */
export interface EntryFacts {
  type: 'file' | 'directory' | 'link' | 'other';
  size: number;
  mode: number;
  modifiedAt: number;
  target?: string | undefined;
}

/** `path`: relative to the root, cleaned, links followed; empty for the root. `links`: how many were followed. */
export interface PathTrace {
  path: string;
  links: number;
  /** Whether the path or a link in it wanted to leave the root, and was clamped to it. */
  escapes: boolean;
}

/** `modifiedAt`: epoch milliseconds; the time of writing if absent. */
export interface WriteFileOptions {
  mode?: number | undefined;
  modifiedAt?: number | undefined;
}

/** A folder being filled. */
export type Filling = Pick<Folder, 'writeFile' | 'makeFolder' | 'makeLink' | 'stat'>;

/** The folder of one promotion, which its steps and the paths users give share. */
export interface Workspace extends Folder {
  /**
   * A second folder, which no path of a user leads to: for what steps keep for one another. It lives and dies with the workspace. In
   * workspaces made by earlier releases it does not exist until something is written.
   */
  readonly private: Folder;
}

/** Where workspaces live. They survive the process. */
export interface Workspaces {
  /** Opens the workspace of `id`; `fresh` tells whether it had to be made. */
  open(id: string): Promise<{ workspace: Workspace; fresh: boolean }>;
  remove(id: string): Promise<void>;
  /** Ids of the workspaces that exist. */
  ids(): Promise<string[]>;
}
