import type { EntryFacts, Filling, Folder, PathTrace, Workspace, Workspaces, WriteFileOptions } from '../../workspace/port.ts';
import { tracePath } from '../../workspace/secure-join.ts';
import { WorkspaceError } from '../../workspace/workspace-error.ts';
import type { SimulatedFileSystem } from './file-system.ts';
import type { Operations } from './operations.ts';

const ROOT = '/simulated/workspaces';
const PRIVATE = '/simulated/private';

/** Workspaces in memory; they survive a simulated crash. */
export function simulatedWorkspaces(files: SimulatedFileSystem, operations: Operations): Workspaces {
  const folder = (id: string): string => {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(id))
      throw new WorkspaceError('invalid', `${JSON.stringify(id)} cannot be the id of a workspace`);
    return `${ROOT}/${id}`;
  };
  return {
    open: async (id) => {
      const root = folder(id);
      return operations.perform(`workspace.open ${id}`, {}, () => {
        const fresh = !files.isFolder(root);
        const hidden = `${PRIVATE}/${id}`;
        if (fresh) files.makeFolder(hidden);
        files.makeFolder(root);
        const folder = new SimulatedFolder(hidden, files, operations);
        return { workspace: new SimulatedWorkspace(root, files, operations, folder), fresh };
      });
    },
    remove: async (id) => {
      const root = folder(id);
      await operations.perform(`workspace.remove ${id}`, {}, () => {
        files.remove(`${PRIVATE}/${id}`);
        files.remove(root);
      });
    },
    ids: async () => files.list(ROOT).map(({ name }) => name),
  };
}

class SimulatedFolder implements Folder {
  readonly root: string;
  readonly #files: SimulatedFileSystem;
  readonly #operations: Operations;
  #fillings = 0;

  constructor(root: string, files: SimulatedFileSystem, operations: Operations) {
    this.root = root;
    this.#files = files;
    this.#operations = operations;
  }

  resolve(path: string): Promise<string> {
    return this.#place(path, false);
  }

  async #place(path: string, keepLast: boolean): Promise<string> {
    const { path: found } = await this.trace(path, { keepLast });
    return found === '' ? this.root : `${this.root}/${found}`;
  }

  trace(path: string, options: { keepLast?: boolean } = {}): Promise<PathTrace> {
    return tracePath(this.root, path, async (link) => this.#files.linkTarget(link), options);
  }

  async readFile(path: string, options: { maxBytes?: number } = {}): Promise<Uint8Array> {
    const file = await this.resolve(path);
    const content = this.#files.read(file);
    if (content === undefined) throw this.#absent('read', path, file);
    if (options.maxBytes !== undefined && content.length > options.maxBytes) {
      throw new WorkspaceError('tooLarge', `could not read ${path}: it is larger than ${options.maxBytes} bytes`);
    }
    return content;
  }

  async *read(path: string, options: { maxBytes?: number } = {}): AsyncGenerator<Uint8Array, void, undefined> {
    yield await this.readFile(path, options);
  }

  async writeFile(
    path: string,
    content: string | Uint8Array | AsyncIterable<Uint8Array>,
    options: WriteFileOptions = {},
  ): Promise<void> {
    const file = await this.resolve(path);
    this.#mustBeFree('write', path, file);
    const whole =
      typeof content === 'string' || content instanceof Uint8Array ? content : Buffer.concat(await Array.fromAsync(content));
    await this.#operations.perform(`workspace.write ${path}`, {}, () => this.#files.write(file, whole, options));
  }

  async stat(path: string, options: { follow?: boolean } = {}): Promise<EntryFacts | undefined> {
    const place = await this.#place(path, options.follow !== true);
    const { mode, modifiedAt = 0 } = this.#files.facts(place);
    const target = this.#files.linkTarget(place);
    if (target !== undefined) return { type: 'link', size: target.length, mode: 0o777, modifiedAt, target };
    const content = this.#files.read(place);
    if (content !== undefined) return { type: 'file', size: content.length, mode: mode ?? 0o600, modifiedAt };
    return this.#files.isFolder(place) ? { type: 'directory', size: 0, mode: mode ?? 0o700, modifiedAt } : undefined;
  }

  async makeFolder(path: string, options: { mode?: number } = {}): Promise<void> {
    const folder = await this.resolve(path);
    if (this.#files.isFile(folder) || this.#files.isBelowFile(folder))
      throw new WorkspaceError('notADirectory', `could not make the folder ${path}: a part of the path is not a directory`);
    await this.#operations.perform(`workspace.makeFolder ${path}`, {}, () => this.#files.makeFolder(folder, options.mode));
  }

  async makeLink(path: string, target: string): Promise<void> {
    const place = await this.#place(path, true);
    this.#mustBeFree('link', path, place);
    await this.#operations.perform(`workspace.link ${path}`, {}, () => this.#files.link(place, target));
  }

  async replaceFolder(path: string, fill: (folder: Filling) => Promise<void>, options: { mode?: number } = {}): Promise<void> {
    const place = await this.#place(path, true);
    if (place === this.root) throw new WorkspaceError('invalid', `could not replace ${path}: it is the workspace itself`);
    if (this.#files.isBelowFile(place))
      throw new WorkspaceError('notADirectory', `could not replace ${path}: a part of the path is not a directory`);
    this.#fillings += 1;
    const staging = `/simulated/fillings${this.root}/${this.#fillings}`;
    this.#files.makeFolder(staging, options.mode ?? 0o750);
    try {
      await fill(new SimulatedFolder(staging, this.#files, this.#operations));
      await this.#operations.perform(`workspace.replace ${path}`, {}, () => {
        this.#files.remove(place);
        this.#files.move(staging, place);
      });
    } finally {
      this.#files.remove(staging);
    }
  }

  async list(path: string): ReturnType<Workspace['list']> {
    const folder = await this.resolve(path);
    if (!this.#files.isFolder(folder)) throw this.#absent('list', path, folder);
    return this.#files.list(folder);
  }

  async exists(path: string): Promise<boolean> {
    const file = await this.resolve(path);
    return this.#files.isFile(file) || this.#files.isFolder(file);
  }

  async remove(path: string): Promise<void> {
    const file = await this.#place(path, true);
    await this.#operations.perform(`workspace.remove ${path}`, {}, () => {
      this.#files.remove(file);
      this.#files.makeFolder(this.root);
    });
  }

  /** For a file or link to be put there. */
  #mustBeFree(what: string, path: string, place: string): void {
    if (place === this.root || this.#files.isFolder(place))
      throw new WorkspaceError('notAFile', `could not ${what} ${path}: it is a directory`);
    if (this.#files.isBelowFile(place))
      throw new WorkspaceError('notADirectory', `could not ${what} ${path}: a part of the path is not a directory`);
  }

  #absent(what: string, path: string, file: string): WorkspaceError {
    if (this.#files.isFolder(file)) return new WorkspaceError('notAFile', `could not ${what} ${path}: it is not a regular file`);
    if (this.#files.isFile(file) || this.#files.isBelowFile(file)) {
      return new WorkspaceError('notADirectory', `could not ${what} ${path}: a part of the path is not a directory`);
    }
    return new WorkspaceError('notFound', `could not ${what} ${path}: it does not exist`);
  }
}

class SimulatedWorkspace extends SimulatedFolder implements Workspace {
  readonly private: Folder;

  constructor(root: string, files: SimulatedFileSystem, operations: Operations, hidden: Folder) {
    super(root, files, operations);
    this.private = hidden;
  }
}
