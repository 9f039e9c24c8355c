import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { Workspace } from '@kargo/integrations';
import { pack, type Pack } from 'tar-stream';
import type { Step } from '../../step.ts';
import { MAX_FILE, MAX_TOTAL } from '../files/archive-limits.ts';
import { compileIgnoreRules } from '../files/ignore-rules.ts';
import { refuseRepositoryPath } from '../files/repository-path.ts';
import { joined, walk, type Found } from '../files/walk.ts';
import { flag, object, text } from '../schema.ts';

export interface TarConfig {
  inPath: string;
  outPath: string;
  ignore?: string | undefined;
  gzip?: boolean | undefined;
}

/** Of everything packed, so that the same files make the same archive, byte for byte. */
const MODIFIED = new Date(0);

/**
 * Packs a file or folder into a tar archive, which appears as a whole or not at all. Links are stored as links. The same files make the
 * same archive: names are in order, times and owners left out. 50 MiB a file and 100 MiB in all at most.
 */
export const tar: Step<TarConfig> = {
  name: 'tar',
  configSchema: object(
    {
      inPath: text('File or folder to pack.'),
      outPath: text('Where the archive goes. A file there is replaced.'),
      ignore: text('What to leave out: patterns as in a .gitignore file, one a line. `.git` if absent or blank.'),
      gzip: flag('Compress the archive with gzip.'),
    },
    ['inPath', 'outPath'],
    { title: 'TarConfig' },
  ),

  async run({ config: { inPath, outPath, ignore = '', gzip = false }, workspace, signal }) {
    const rules = compileIgnoreRules(ignore.trim() === '' ? '.git' : ignore);
    await refuseRepositoryPath(workspace, outPath);
    const source = await workspace.stat(inPath, { follow: true });
    if (source === undefined) throw new Error(`could not pack "${inPath}": it does not exist`);
    const [from, to] = [(await workspace.trace(inPath)).path, (await workspace.trace(outPath)).path];
    const enter = ({ path, facts: { type } }: Found): boolean =>
      type !== 'other' && joined(from, path) !== to && !rules.ignores(path, type === 'directory');
    const name = from.split('/').at(-1) ?? '';
    const entries: Found[] =
      source.type === 'directory'
        ? await Array.fromAsync(walk(workspace, from, enter, signal))
        : rules.ignores(name, false)
          ? []
          : [{ path: name, facts: source }];
    refuseLarge(entries);
    const folder = source.type === 'directory' ? from : from.slice(0, Math.max(0, from.length - name.length - 1));
    await workspace.writeFile(outPath, archive(workspace, folder, entries, gzip, signal));
    return { status: 'Succeeded' };
  },
};

function refuseLarge(entries: readonly Found[]): void {
  let total = 0;
  for (const { path, facts } of entries) {
    if (facts.type !== 'file') continue;
    total += facts.size;
    if (facts.size > MAX_FILE) throw new Error(`"${path}" is larger than ${MAX_FILE} bytes; leave it out with \`ignore\``);
    if (total > MAX_TOTAL)
      throw new Error(`the files to pack are larger than ${MAX_TOTAL} bytes in all; leave some out with \`ignore\``);
  }
}

/** The bytes of the archive. They are made as they are read. */
function archive(
  workspace: Workspace,
  folder: string,
  entries: readonly Found[],
  gzip: boolean,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const packed = pack();
  const filling = fill(packed, workspace, folder, entries, signal);
  const bytes = Readable.from(chunks(packed, filling));
  // Errors of the source reach those who read what comes out of the pipeline.
  return gzip ? pipeline(bytes, createGzip(), () => undefined) : bytes;
}

async function* chunks(packed: Pack, filling: Promise<void>): AsyncGenerator<Uint8Array, void, undefined> {
  filling.catch((error: unknown) => packed.destroy(error instanceof Error ? error : new Error(String(error))));
  for await (const chunk of packed as AsyncIterable<Uint8Array>) yield chunk;
  await filling;
}

async function fill(
  packed: Pack,
  workspace: Workspace,
  folder: string,
  entries: readonly Found[],
  signal: AbortSignal,
): Promise<void> {
  for (const { path, facts } of entries) {
    signal.throwIfAborted();
    const header = { name: path, mode: facts.mode & 0o777, mtime: MODIFIED, uid: 0, gid: 0 };
    if (facts.type === 'directory') packed.entry({ ...header, name: `${path}/`, type: 'directory' });
    else if (facts.type === 'link') packed.entry({ ...header, mode: 0o777, type: 'symlink', linkname: facts.target ?? '' });
    else
      packed.entry(
        { ...header, type: 'file' },
        Buffer.from(await workspace.readFile(joined(folder, path), { maxBytes: MAX_FILE })),
      );
  }
  packed.finalize();
}
