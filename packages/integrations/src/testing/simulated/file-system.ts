/** Files, folders and symbolic links in memory, by absolute path. Folders exist when they were made or hold something. Links are not followed here. */
export class SimulatedFileSystem {
  readonly #files = new Map<string, Uint8Array>();
  readonly #folders = new Set<string>();
  readonly #links = new Map<string, string>();
  readonly #facts = new Map<string, { mode?: number | undefined; modifiedAt?: number | undefined }>();

  read(path: string): Uint8Array | undefined {
    return this.#files.get(path);
  }

  text(path: string): string | undefined {
    const content = this.#files.get(path);
    return content === undefined ? undefined : Buffer.from(content).toString();
  }

  /** Makes the folders above, too. A folder at `path`, or a file above it, makes it fail. */
  write(
    path: string,
    content: string | Uint8Array,
    facts: { mode?: number | undefined; modifiedAt?: number | undefined } = {},
  ): void {
    if (this.isFolder(path)) throw new Error(`${path} is a folder`);
    this.makeFolder(path.slice(0, path.lastIndexOf('/')));
    this.#files.set(path, typeof content === 'string' ? Buffer.from(content) : Uint8Array.from(content));
    this.#facts.set(path, facts);
  }

  /** A symbolic link in place of a file or link; otherwise as {@link write}. */
  link(path: string, target: string): void {
    if (this.isFolder(path)) throw new Error(`${path} is a folder`);
    this.makeFolder(path.slice(0, path.lastIndexOf('/')));
    this.#files.delete(path);
    this.#links.set(path, target);
  }

  /** Where the link at `path` leads; undefined if there is no link. */
  linkTarget(path: string): string | undefined {
    return this.#links.get(path);
  }

  /** `mode` is that of the folder at `path`, if it has to be made. */
  makeFolder(path: string, mode?: number): void {
    if (mode !== undefined && !this.#folders.has(path)) this.#facts.set(path, { mode });
    for (let folder = path; folder !== ''; folder = folder.slice(0, folder.lastIndexOf('/'))) {
      if (this.#files.has(folder)) throw new Error(`${folder} is a file`);
      this.#folders.add(folder);
    }
  }

  /** Mode and time as they were set when what is at `path` was made. */
  facts(path: string): { mode?: number | undefined; modifiedAt?: number | undefined } {
    return this.#facts.get(path) ?? {};
  }

  /** Moves a folder with everything in it to where there is nothing. */
  move(from: string, to: string): void {
    this.makeFolder(to);
    const moved = (path: string): string => `${to}${path.slice(from.length)}`;
    const isInside = (path: string): boolean => path === from || path.startsWith(`${from}/`);
    for (const folder of [...this.#folders].filter(isInside)) this.#folders.add(moved(folder));
    for (const map of [this.#files, this.#links, this.#facts] as Map<string, unknown>[])
      for (const [path, value] of [...map].filter(([each]) => isInside(each))) map.set(moved(path), value);
    this.remove(from);
  }

  isFile(path: string): boolean {
    return this.#files.has(path);
  }

  isFolder(path: string): boolean {
    return path === '' || this.#folders.has(path);
  }

  /** Whether a part above `path` is a file. */
  isBelowFile(path: string): boolean {
    for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1))
      if (this.#files.has(path.slice(0, at))) return true;
    return false;
  }

  list(path: string): { name: string; type: 'file' | 'directory' | 'link' }[] {
    const prefix = `${path}/`;
    const out = new Map<string, 'file' | 'directory' | 'link'>();
    for (const folder of this.#folders) {
      if (folder.startsWith(prefix) && !folder.includes('/', prefix.length)) out.set(folder.slice(prefix.length), 'directory');
    }
    for (const file of this.#files.keys()) {
      if (file.startsWith(prefix) && !file.includes('/', prefix.length)) out.set(file.slice(prefix.length), 'file');
    }
    for (const link of this.#links.keys()) {
      if (link.startsWith(prefix) && !link.includes('/', prefix.length)) out.set(link.slice(prefix.length), 'link');
    }
    return [...out].map(([name, type]) => ({ name, type })).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Path relative to `folder` → text, of all files below it, sorted. */
  tree(folder: string): Map<string, string> {
    const prefix = `${folder}/`;
    const names = [...this.#files.keys()].filter((file) => file.startsWith(prefix)).sort();
    return new Map(names.map((file) => [file.slice(prefix.length), this.text(file) ?? '']));
  }

  /** Recursive; absent is fine. */
  remove(path: string): void {
    this.#folders.delete(path);
    const prefix = `${path}/`;
    for (const folder of this.#folders) if (folder.startsWith(prefix)) this.#folders.delete(folder);
    for (const map of [this.#files, this.#links, this.#facts]) {
      map.delete(path);
      for (const each of map.keys()) if (each.startsWith(prefix)) map.delete(each);
    }
  }
}
