import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, readlink, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join, relative, resolve as absolute } from 'node:path';
import { messageOf, systemCode } from '../port-error.ts';
import type { Workspace, Workspaces } from './port.ts';
import { secureJoin } from './secure-join.ts';
import { WorkspaceError } from './workspace-error.ts';

/** Bytes read from a file unless told otherwise. */
const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/;
/** Files being written; beside the workspaces, so that a killed process leaves nothing half-written inside one. */
const TEMPORARY = '.tmp';

/**
 * Workspaces as folders below `directory` of this machine. An id may hold letters, digits, `.`, `_` and `-`, and names its folder.
 * All failures are `WorkspaceError`s.
 */
export function realWorkspaces(options: { directory: string }): Workspaces {
  const directory = absolute(options.directory);
  const temporary = join(directory, TEMPORARY);
  const folder = (id: string): string => {
    if (!ID.test(id)) throw new WorkspaceError('invalid', `${JSON.stringify(id)} cannot be the id of a workspace`);
    return join(directory, id);
  };
  return {
    async open(id) {
      const root = folder(id);
      await mkdir(temporary, { recursive: true, mode: 0o700 });
      const fresh = await mkdir(root, { mode: 0o700 }).then(
        () => true,
        (error: unknown) => {
          if (systemCode(error) === 'EEXIST') return false;
          throw new WorkspaceError('failed', `could not make the workspace ${id}: ${messageOf(error)}`, { cause: error });
        },
      );
      return { workspace: new RealWorkspace(root, join(temporary, id)), fresh };
    },
    async remove(id) {
      const root = folder(id);
      // Renamed first: a workspace is either there as a whole or gone, also for a process that is killed meanwhile.
      const doomed = join(temporary, `${id}.${randomUUID()}`);
      await mkdir(temporary, { recursive: true, mode: 0o700 });
      await rename(root, doomed).catch((error: unknown) => {
        if (systemCode(error) !== 'ENOENT') throw error;
      });
      const leftovers = (await readdir(temporary)).filter((name) => name.startsWith(`${id}.`));
      for (const name of leftovers) await rm(join(temporary, name), { recursive: true, force: true });
    },
    async ids() {
      const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
        if (systemCode(error) === 'ENOENT') return [];
        throw error;
      });
      return entries
        .filter((entry) => entry.isDirectory() && ID.test(entry.name))
        .map((entry) => entry.name)
        .sort();
    },
  };
}

class RealWorkspace implements Workspace {
  readonly root: string;
  readonly #temporary: string;

  constructor(root: string, temporary: string) {
    this.root = root;
    this.#temporary = temporary;
  }

  async resolve(path: string): Promise<string> {
    return secureJoin(this.root, path, linkTarget);
  }

  async readFile(path: string, options: { maxBytes?: number } = {}): Promise<Uint8Array> {
    const limit = options.maxBytes ?? DEFAULT_MAX_BYTES;
    return this.#doing(`read ${path}`, async () => {
      const file = await this.resolve(path);
      // Without O_NONBLOCK a named pipe would wait for its writer for ever.
      const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        const stat = await handle.stat();
        if (!stat.isFile()) throw new WorkspaceError('notAFile', `could not read ${path}: it is not a regular file`);
        if (stat.size > limit) throw tooLarge(path, limit);
        const chunks: Buffer[] = [];
        let size = 0;
        for await (const chunk of handle.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) {
          size += chunk.length;
          if (size > limit) throw tooLarge(path, limit);
          chunks.push(chunk);
        }
        return Buffer.concat(chunks);
      } finally {
        await handle.close();
      }
    });
  }

  async writeFile(path: string, content: string | Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    await this.#doing(`write ${path}`, async () => {
      const file = await this.resolve(path);
      if (file === this.root) throw new WorkspaceError('notAFile', `could not write ${path}: it is the workspace itself`);
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      const temporary = `${this.#temporary}.${randomUUID()}`;
      try {
        const handle = await open(temporary, 'wx', 0o600);
        try {
          await handle.writeFile(content);
        } finally {
          await handle.close();
        }
        await rename(temporary, file);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    });
  }

  async list(path: string): ReturnType<Workspace['list']> {
    return this.#doing(`list ${path}`, async () => {
      const entries = await readdir(await this.resolve(path), { withFileTypes: true });
      return entries
        .map((entry) => ({
          name: entry.name,
          type: entry.isFile()
            ? ('file' as const)
            : entry.isDirectory()
              ? ('directory' as const)
              : entry.isSymbolicLink()
                ? ('link' as const)
                : ('other' as const),
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    });
  }

  async exists(path: string): Promise<boolean> {
    const file = await this.resolve(path);
    return this.#doing(`look at ${path}`, () =>
      lstat(file).then(
        () => true,
        (error: unknown) => {
          if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return false;
          throw error;
        },
      ),
    );
  }

  async remove(path: string): Promise<void> {
    await this.#doing(`remove ${path}`, async () => {
      const cleaned = path.replace(/\/+$/, '');
      const slash = cleaned.lastIndexOf('/');
      const name = cleaned.slice(slash + 1);
      if (name === '' || name === '.' || name === '..') {
        await this.#empty(await this.resolve(path));
        return;
      }
      // The last part is not resolved: of a symbolic link the link goes, not what it leads to.
      const file = join(await this.resolve(cleaned.slice(0, Math.max(slash, 0))), name);
      if ((await linkTarget(file)) === undefined) await rm(file, { recursive: true, force: true });
      else await unlink(file);
    });
  }

  async #empty(folder: string): Promise<void> {
    if (folder !== this.root) {
      await rm(folder, { recursive: true, force: true });
      return;
    }
    for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
  }

  async #doing<T>(what: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      if (error instanceof WorkspaceError) throw error;
      const known = KNOWN[systemCode(error) ?? ''];
      if (known !== undefined) throw new WorkspaceError(known[0], `could not ${what}: ${known[1]}`, { cause: error });
      const text = messageOf(error)
        .replaceAll(this.#temporary, 'temporary file')
        .replaceAll(`${this.root}/`, '')
        .replaceAll(this.root, relative(this.root, this.root) || '.');
      throw new WorkspaceError('failed', `could not ${what}: ${text}`, { cause: error });
    }
  }
}

const KNOWN: Readonly<Record<string, [WorkspaceError['code'], string]>> = {
  ENOENT: ['notFound', 'it does not exist'],
  ENOTDIR: ['notADirectory', 'a part of the path is not a directory'],
  EISDIR: ['notAFile', 'it is a directory'],
  EEXIST: ['notADirectory', 'a part of the path is not a directory'],
  ENOTEMPTY: ['notAFile', 'it is a directory'],
  ENXIO: ['notAFile', 'it is not a regular file'],
  ENAMETOOLONG: ['invalid', 'the path is too long'],
  ENOSPC: ['failed', 'the disk is full; free space where workspaces are kept'],
};

function tooLarge(path: string, limit: number): WorkspaceError {
  return new WorkspaceError('tooLarge', `could not read ${path}: it is larger than ${limit} bytes`);
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    // EINVAL: something else than a link.
    const code = systemCode(error);
    if (code === 'EINVAL' || code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined;
    throw error;
  }
}
