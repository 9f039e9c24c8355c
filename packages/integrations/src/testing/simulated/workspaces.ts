import type { Workspace, Workspaces } from '../../workspace/port.ts';
import { secureJoin } from '../../workspace/secure-join.ts';
import { WorkspaceError } from '../../workspace/workspace-error.ts';
import type { SimulatedFileSystem } from './file-system.ts';
import type { Operations } from './operations.ts';

const ROOT = '/simulated/workspaces';

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
        files.makeFolder(root);
        return { workspace: new SimulatedWorkspace(root, files, operations), fresh };
      });
    },
    remove: async (id) => {
      const root = folder(id);
      await operations.perform(`workspace.remove ${id}`, {}, () => files.remove(root));
    },
    ids: async () => files.list(ROOT).map(({ name }) => name),
  };
}

class SimulatedWorkspace implements Workspace {
  readonly root: string;
  readonly #files: SimulatedFileSystem;
  readonly #operations: Operations;

  constructor(root: string, files: SimulatedFileSystem, operations: Operations) {
    this.root = root;
    this.#files = files;
    this.#operations = operations;
  }

  resolve(path: string): Promise<string> {
    return secureJoin(this.root, path, async () => undefined);
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

  async writeFile(path: string, content: string | Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    const file = await this.resolve(path);
    if (file === this.root || this.#files.isFolder(file))
      throw new WorkspaceError('notAFile', `could not write ${path}: it is a directory`);
    if (this.#files.isBelowFile(file)) {
      throw new WorkspaceError('notADirectory', `could not write ${path}: a part of the path is not a directory`);
    }
    const whole = typeof content === 'string' || content instanceof Uint8Array ? content : await collected(content);
    await this.#operations.perform(`workspace.write ${path}`, {}, () => this.#files.write(file, whole));
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
    const file = await this.resolve(path);
    await this.#operations.perform(`workspace.remove ${path}`, {}, () => {
      this.#files.remove(file);
      this.#files.makeFolder(this.root);
    });
  }

  #absent(what: string, path: string, file: string): WorkspaceError {
    if (this.#files.isFolder(file)) return new WorkspaceError('notAFile', `could not ${what} ${path}: it is not a regular file`);
    if (this.#files.isFile(file) || this.#files.isBelowFile(file)) {
      return new WorkspaceError('notADirectory', `could not ${what} ${path}: a part of the path is not a directory`);
    }
    return new WorkspaceError('notFound', `could not ${what} ${path}: it does not exist`);
  }
}

async function collected(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return Buffer.concat(await Array.fromAsync(chunks));
}
