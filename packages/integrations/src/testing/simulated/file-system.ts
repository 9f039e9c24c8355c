/** Files in memory, by absolute path. Folders exist when they were made or hold something. No symbolic links. */
export class SimulatedFileSystem {
  readonly #files = new Map<string, Uint8Array>();
  readonly #folders = new Set<string>();

  read(path: string): Uint8Array | undefined {
    return this.#files.get(path);
  }

  text(path: string): string | undefined {
    const content = this.#files.get(path);
    return content === undefined ? undefined : Buffer.from(content).toString();
  }

  /** Makes the folders above, too. A folder at `path`, or a file above it, makes it fail. */
  write(path: string, content: string | Uint8Array): void {
    if (this.isFolder(path)) throw new Error(`${path} is a folder`);
    this.makeFolder(path.slice(0, path.lastIndexOf('/')));
    this.#files.set(path, typeof content === 'string' ? Buffer.from(content) : Uint8Array.from(content));
  }

  makeFolder(path: string): void {
    for (let folder = path; folder !== ''; folder = folder.slice(0, folder.lastIndexOf('/'))) {
      if (this.#files.has(folder)) throw new Error(`${folder} is a file`);
      this.#folders.add(folder);
    }
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

  list(path: string): { name: string; type: 'file' | 'directory' }[] {
    const prefix = `${path}/`;
    const out = new Map<string, 'file' | 'directory'>();
    for (const folder of this.#folders) {
      if (folder.startsWith(prefix) && !folder.includes('/', prefix.length)) out.set(folder.slice(prefix.length), 'directory');
    }
    for (const file of this.#files.keys()) {
      if (file.startsWith(prefix) && !file.includes('/', prefix.length)) out.set(file.slice(prefix.length), 'file');
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
    this.#files.delete(path);
    this.#folders.delete(path);
    const prefix = `${path}/`;
    for (const file of this.#files.keys()) if (file.startsWith(prefix)) this.#files.delete(file);
    for (const folder of this.#folders) if (folder.startsWith(prefix)) this.#folders.delete(folder);
  }
}
