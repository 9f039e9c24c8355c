/** The private folder of one promotion. Every path is relative to its root; symbolic links never lead out of it. */
export interface Workspace {
  /** Absolute path of the root. */
  readonly root: string;
  /**
   * The absolute path for a user's path: joined, cleaned, links resolved part by part; what would escape is clamped to the root,
   * so `../../x` means `<root>/x`.
   */
  resolve(path: string): Promise<string>;
  readFile(path: string, options?: { maxBytes?: number }): Promise<Uint8Array>;
  /** Parents are made (0700); the file is replaced atomically with mode 0600, and not at all when reading `content` fails. */
  writeFile(path: string, content: string | Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  list(path: string): Promise<{ name: string; type: 'file' | 'directory' | 'link' | 'other' }[]>;
  exists(path: string): Promise<boolean>;
  /** Recursive; absent is fine. */
  remove(path: string): Promise<void>;
}

/** Where workspaces live. They survive the process. */
export interface Workspaces {
  /** Opens the workspace of `id`; `fresh` tells whether it had to be made. */
  open(id: string): Promise<{ workspace: Workspace; fresh: boolean }>;
  remove(id: string): Promise<void>;
  /** Ids of the workspaces that exist. */
  ids(): Promise<string[]>;
}
