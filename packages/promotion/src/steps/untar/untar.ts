import type { Filling, Workspace } from '@kargo/integrations';
import { TerminalStepError, type Step } from '../../step.ts';
import { MAX_ARCHIVE } from '../files/archive-limits.ts';
import { compileIgnoreRules, type IgnoreRules } from '../files/ignore-rules.ts';
import { isRepositoryPath, refuseRepositoryPath } from '../files/repository-path.ts';
import { object, text } from '../schema.ts';
import { readArchive, type ArchiveEntry } from './read-archive.ts';

export interface UntarConfig {
  inPath: string;
  outPath: string;
  stripComponents?: number | undefined;
  ignore?: string | undefined;
}

const FOLDER_MODE = 0o750;

/**
 * Unpacks a tar archive, compressed with gzip or not, into a folder that replaces what was there once everything is unpacked. Entries
 * that could lead out of the folder or into a repository, and anything but files, folders and symbolic links, are skipped.
 */
export const untar: Step<UntarConfig> = {
  name: 'untar',
  configSchema: object(
    {
      inPath: text('The archive.'),
      outPath: text('The folder it is unpacked into. What was there before is gone afterwards.'),
      stripComponents: {
        type: 'integer',
        description: 'How many leading parts of the names in the archive to leave out; names with no more parts are skipped.',
        minimum: 0,
      },
      ignore: text('What not to unpack: patterns as in a .gitignore file, one a line. `.git` is never unpacked.'),
    },
    ['inPath', 'outPath'],
    { title: 'UntarConfig' },
  ),

  async run({ config: { inPath, outPath, stripComponents = 0, ignore = '' }, workspace, signal }) {
    const rules = compileIgnoreRules(ignore);
    await refuseRepositoryPath(workspace, outPath);
    if ((await workspace.trace(outPath)).path === '')
      throw new TerminalStepError(`outPath "${outPath}" is the working directory itself; unpack into a folder in it`, {
        status: 'Failed',
      });
    if (await workspace.exists(`${outPath}/.git`))
      throw new TerminalStepError(`outPath "${outPath}" is a Git working tree, which would be lost; unpack beside it and copy`, {
        status: 'Failed',
      });
    const { skipped } = await unpackArchive({ workspace, inPath, outPath, stripComponents, rules, signal });
    return {
      status: 'Succeeded',
      ...(skipped === 0 ? {} : { message: `skipped ${skipped} unsafe ${skipped === 1 ? 'entry' : 'entries'} of "${inPath}"` }),
    };
  },
};

/** What is unpacked where. */
export interface UnpackRequest {
  workspace: Pick<Workspace, 'read' | 'trace' | 'replaceFolder'>;
  inPath: string;
  outPath: string;
  stripComponents?: number | undefined;
  rules?: IgnoreRules | undefined;
  signal: AbortSignal;
}

/** Unpacks an archive of the workspace into a folder of it, as {@link untar} says. `skipped` counts entries that were not safe to unpack. */
export async function unpackArchive(request: UnpackRequest): Promise<{ skipped: number }> {
  const { workspace, inPath, outPath, stripComponents = 0, rules = compileIgnoreRules(''), signal } = request;
  let skipped = 0;
  const source = workspace.read(inPath, { maxBytes: MAX_ARCHIVE });
  await workspace.replaceFolder(
    (await workspace.trace(outPath)).path,
    async (folder) => {
      const unpacking = new Unpacking(folder, rules, stripComponents);
      for await (const entry of readArchive(source)) {
        signal.throwIfAborted();
        await unpacking.take(entry);
      }
      ({ skipped } = unpacking);
    },
    { mode: FOLDER_MODE },
  );
  return { skipped };
}

/** An archive on its way into a folder. */
class Unpacking {
  /** Entries that were not safe to unpack. */
  skipped = 0;
  readonly #folder: Filling;
  readonly #rules: IgnoreRules;
  readonly #strip: number;
  readonly #folders = new Set<string>(['']);
  readonly #links = new Set<string>();

  constructor(folder: Filling, rules: IgnoreRules, strip: number) {
    this.#folder = folder;
    this.#rules = rules;
    this.#strip = strip;
  }

  async take(entry: ArchiveEntry): Promise<void> {
    if (isUnsafe(entry.name) || entry.type === 'other' || (entry.type === 'link' && isUnsafe(entry.target))) {
      this.skipped += 1;
      return;
    }
    const parts = entry.name.split('/').filter((part) => part !== '');
    const path = parts
      .slice(this.#strip)
      .filter((part) => part !== '.')
      .join('/');
    if (path === '' || isRepositoryPath(path) || this.#rules.ignores(path, entry.type === 'directory')) return;
    if (this.#isThroughLink(path, entry.type)) {
      this.skipped += 1;
      return;
    }
    await this.#makeFolders(entry.type === 'directory' ? path : path.slice(0, Math.max(0, path.lastIndexOf('/'))));
    if (entry.type === 'link') {
      await this.#folder.makeLink(path, entry.target);
      this.#links.add(path);
    } else if (entry.type === 'file')
      await this.#folder.writeFile(path, entry.content, { mode: entry.mode & 0o777, modifiedAt: entry.modifiedAt });
  }

  /** Links of the archive must not decide where later entries go. */
  #isThroughLink(path: string, type: ArchiveEntry['type']): boolean {
    if (type !== 'link' && this.#links.has(path)) return true;
    for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) if (this.#links.has(path.slice(0, at))) return true;
    return false;
  }

  async #makeFolders(path: string): Promise<void> {
    if (this.#folders.has(path)) return;
    await this.#makeFolders(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
    await this.#folder.makeFolder(path, { mode: FOLDER_MODE });
    this.#folders.add(path);
  }
}

/** Absolute, upwards, or in the manner of another system. */
function isUnsafe(path: string): boolean {
  return path === '' || path.startsWith('/') || /[\\\0]/.test(path) || path.split('/').includes('..');
}
