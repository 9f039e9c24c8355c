import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import {
  chmod,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  symlink,
  unlink,
  type FileHandle,
} from 'node:fs/promises';
import { basename, dirname, join, relative, resolve as absolute } from 'node:path';
import { messageOf, systemCode } from '../port-error.ts';
import type { EntryFacts, Filling, Folder, PathTrace, Workspace, Workspaces, WriteFileOptions } from './port.ts';
import { secureJoin, tracePath } from './secure-join.ts';
import { WorkspaceError } from './workspace-error.ts';

/** Bytes read from a file unless told otherwise. */
const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/;
/** Bytes read at a time. */
const PIECE = 256 * 1024;
/** Files being written; beside the workspaces, so that a killed process leaves nothing half-written inside one. */
const TEMPORARY = '.tmp';
/** The private folders of workspaces, by id. */
const PRIVATE = '.private';

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
      const hidden = join(directory, PRIVATE, id);
      await mkdir(temporary, { recursive: true, mode: 0o700 });
      let fresh = !(await isPresent(root));
      try {
        if (fresh) {
          // Before the root: a workspace that is there without one was made by an earlier release.
          await rm(hidden, { recursive: true, force: true });
          await mkdir(hidden, { recursive: true, mode: 0o700 });
          fresh = (await mkdir(root, { recursive: true, mode: 0o700 })) !== undefined;
        }
      } catch (error) {
        throw new WorkspaceError('failed', `could not make the workspace ${id}: ${messageOf(error)}`, { cause: error });
      }
      const scratch = join(temporary, id);
      return { workspace: new RealWorkspace(root, scratch, new RealFolder(hidden, scratch)), fresh };
    },
    async remove(id) {
      const root = folder(id);
      await mkdir(temporary, { recursive: true, mode: 0o700 });
      // Renamed first: a folder is either there as a whole or gone, also for a process that is killed meanwhile.
      for (const doomed of [join(directory, PRIVATE, id), root]) {
        await rename(doomed, join(temporary, `${id}.${randomUUID()}`)).catch((error: unknown) => {
          if (systemCode(error) !== 'ENOENT') throw error;
        });
      }
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

class RealFolder implements Folder {
  readonly root: string;
  readonly #temporary: string;
  /** The root, links resolved. */
  #real: string | undefined;

  constructor(root: string, temporary: string) {
    this.root = root;
    this.#temporary = temporary;
  }

  async resolve(path: string): Promise<string> {
    return secureJoin(this.root, path, linkTarget);
  }

  async readFile(path: string, options: { maxBytes?: number } = {}): Promise<Uint8Array> {
    return Buffer.concat(await Array.fromAsync(this.read(path, options)));
  }

  async *read(path: string, options: { maxBytes?: number } = {}): AsyncGenerator<Uint8Array, void, undefined> {
    const limit = options.maxBytes ?? DEFAULT_MAX_BYTES;
    const what = `read ${path}`;
    // Without O_NONBLOCK a named pipe would wait for its writer for ever.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const handle = await this.#doing(what, async () => open(await this.resolve(path), flags));
    try {
      await this.#refuseOutside(handle, what);
      const stat = await handle.stat();
      if (!stat.isFile()) throw new WorkspaceError('notAFile', `could not read ${path}: it is not a regular file`);
      if (stat.size > limit) throw tooLarge(path, limit);
      for (let size = 0; ;) {
        const { buffer, bytesRead } = await this.#doing(what, () => handle.read(Buffer.allocUnsafe(PIECE), 0, PIECE, null));
        if (bytesRead === 0) return;
        size += bytesRead;
        if (size > limit) throw tooLarge(path, limit);
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  }

  async writeFile(
    path: string,
    content: string | Uint8Array | AsyncIterable<Uint8Array>,
    options: WriteFileOptions = {},
  ): Promise<void> {
    await this.#doing(`write ${path}`, async () => {
      const file = await this.resolve(path);
      if (file === this.root) throw new WorkspaceError('notAFile', `could not write ${path}: it is the workspace itself`);
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      const temporary = this.#scratch();
      try {
        const handle = await open(temporary, 'wx', 0o600);
        try {
          await handle.writeFile(content);
          // Not left to open, which leaves out what the umask forbids.
          if (options.mode !== undefined) await handle.chmod(options.mode);
          if (options.modifiedAt !== undefined) await handle.utimes(options.modifiedAt / 1000, options.modifiedAt / 1000);
        } finally {
          await handle.close();
        }
        await this.#moveTo(file, temporary, `write ${path}`);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    });
  }

  /** Puts a file or link in its place, which must lie in the folder that was resolved even if links on the way change meanwhile. */
  async #moveTo(place: string, temporary: string, what: string): Promise<void> {
    if (process.platform !== 'linux') return rename(temporary, place);
    const parent = await open(dirname(place), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      await this.#refuseOutside(parent, what);
      await rename(temporary, `/proc/self/fd/${parent.fd}/${basename(place)}`);
    } finally {
      await parent.close();
    }
  }

  /** Fails if what was opened lies outside: a link in its path was changed after the path was looked at. */
  async #refuseOutside(handle: FileHandle, what: string): Promise<void> {
    if (process.platform !== 'linux') return;
    this.#real ??= await realpath(this.root);
    const place = await readlink(`/proc/self/fd/${handle.fd}`);
    if (place !== this.#real && !place.startsWith(`${this.#real}/`))
      throw new WorkspaceError(
        'invalid',
        `could not ${what}: a link in the path was changed meanwhile, and leads out of the workspace`,
      );
  }

  async stat(path: string, options: { follow?: boolean } = {}): Promise<EntryFacts | undefined> {
    return this.#doing(`look at ${path}`, async () => factsOf(await this.#place(path, options.follow !== true)));
  }

  async trace(path: string, options: { keepLast?: boolean } = {}): Promise<PathTrace> {
    return tracePath(this.root, path, linkTarget, options);
  }

  async makeFolder(path: string, options: { mode?: number } = {}): Promise<void> {
    await this.#doing(`make the folder ${path}`, async () => {
      const folder = await this.resolve(path);
      const made = await mkdir(folder, { recursive: true, mode: 0o700 });
      if (made !== undefined && options.mode !== undefined) await chmod(folder, options.mode);
    });
  }

  async makeLink(path: string, target: string): Promise<void> {
    await this.#doing(`link ${path}`, async () => {
      const place = await this.#place(path, true);
      if (place === this.root) throw new WorkspaceError('notAFile', `could not link ${path}: it is the workspace itself`);
      await mkdir(dirname(place), { recursive: true, mode: 0o700 });
      const temporary = this.#scratch();
      try {
        await symlink(target, temporary);
        await this.#moveTo(place, temporary, `link ${path}`);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    });
  }

  async replaceFolder(path: string, fill: (folder: Filling) => Promise<void>, options: { mode?: number } = {}): Promise<void> {
    await this.#doing(`replace ${path}`, async () => {
      const place = await this.#place(path, true);
      if (place === this.root) throw new WorkspaceError('invalid', `could not replace ${path}: it is the workspace itself`);
      const staging = this.#scratch();
      const old = this.#scratch();
      try {
        await mkdir(staging, { mode: 0o700 });
        await fill(new RealFolder(staging, this.#temporary));
        await chmod(staging, options.mode ?? 0o750);
        await mkdir(dirname(place), { recursive: true, mode: 0o700 });
        await rename(place, old).catch((error: unknown) => {
          if (systemCode(error) !== 'ENOENT') throw error;
        });
        await rename(staging, place);
      } finally {
        await rm(staging, { recursive: true, force: true });
        await rm(old, { recursive: true, force: true });
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
      const place = await this.#place(path, true);
      if (place === this.root) {
        for (const name of await readdir(place)) await rm(join(place, name), { recursive: true, force: true });
      } else if ((await linkTarget(place)) === undefined) await rm(place, { recursive: true, force: true });
      else await unlink(place);
    });
  }

  /** The absolute path; of a symbolic link as the last part that of the link itself if it is kept, else of what it leads to. */
  async #place(path: string, keepLast: boolean): Promise<string> {
    return join(this.root, (await tracePath(this.root, path, linkTarget, { keepLast })).path);
  }

  #scratch(): string {
    return `${this.#temporary}.${randomUUID()}`;
  }

  async #doing<T>(what: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      // What does not come from the file system comes from the caller, whose content or filling failed.
      if (!(error instanceof Error) || !('syscall' in error)) throw error;
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

class RealWorkspace extends RealFolder implements Workspace {
  readonly private: Folder;

  constructor(root: string, temporary: string, hidden: Folder) {
    super(root, temporary);
    this.private = hidden;
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

async function factsOf(path: string): Promise<EntryFacts | undefined> {
  try {
    const stat = await lstat(path);
    const facts = { size: stat.size, mode: stat.mode & 0o7777, modifiedAt: Math.floor(stat.mtimeMs) };
    if (stat.isSymbolicLink()) return { type: 'link', ...facts, target: await readlink(path) };
    return { type: stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : 'other', ...facts };
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

async function isPresent(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: unknown) => {
      if (systemCode(error) === 'ENOENT') return false;
      throw error;
    },
  );
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
