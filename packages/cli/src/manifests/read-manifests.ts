import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CLIError, messageOf } from '../cli-error.ts';
import type { CLIIO } from '../io.ts';

const EXTENSION = /\.(ya?ml|json)$/;
const MAX_BYTES = 4 << 20;

/** A text that holds manifests, and what it is called. */
export interface Source {
  name: string;
  text: string;
}

/**
 * Reads the objects of files, directories, URLs and standard input (`-`), flattens Lists, and gives one YAML stream to send.
 * Fails for what cannot be read or parsed, with the place, and when there are no objects.
 */
export async function readManifests(io: CLIIO, filenames: readonly string[], options: { recursive: boolean }): Promise<string> {
  if (filenames.length === 0) throw new CLIError('Usage', 'required flag(s) "filename" not set');
  const objects: unknown[] = [];
  for (const filename of filenames)
    for (const source of await readSources(io, filename, options.recursive)) objects.push(...(await parseObjects(source)));
  if (objects.length === 0) throw new CLIError('Manifest', `no objects found in ${filenames.join(', ')}`);
  const { stringify } = await import('yaml');
  return objects
    .map((object) => `---\n${stringify(object, { lineWidth: 0, compat: 'yaml-1.1', aliasDuplicateObjects: false })}`)
    .join('');
}

/** The texts of files, directories, URLs and standard input (`-`). Fails for what cannot be read. */
export async function readSources(io: CLIIO, filename: string, recursive: boolean): Promise<Source[]> {
  if (filename === '-') return [{ name: 'standard input', text: await readAll(io) }];
  if (/^https?:\/\//.test(filename)) return [{ name: filename, text: await download(io, filename) }];
  const path = resolve(io.cwd, filename);
  try {
    if (!(await stat(path)).isDirectory()) return [await readSource(path, filename)];
    const entries = await readdir(path, { recursive, withFileTypes: true });
    const files = entries
      .filter((entry) => !entry.isDirectory() && EXTENSION.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted();
    return await Promise.all(files.map((file) => readSource(file, file)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new CLIError('Manifest', `the path ${JSON.stringify(filename)} does not exist`, error);
    throw error instanceof CLIError ? error : new CLIError('Manifest', `cannot read ${filename}: ${messageOf(error)}`, error);
  }
}

async function readSource(path: string, name: string): Promise<Source> {
  return { name, text: await readFile(path, 'utf8') };
}

async function readAll(io: CLIIO): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of io.stdin) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_BYTES) throw new CLIError('Manifest', 'standard input is longer than 4 MiB, more than the server accepts');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function download(io: CLIIO, url: string): Promise<string> {
  let response: Response;
  try {
    response = await io.fetch(url, { method: 'GET', headers: { Accept: '*/*' } });
  } catch (error) {
    throw new CLIError('Manifest', `cannot read ${url}: ${messageOf(error)}`, error);
  }
  if (!response.ok) throw new CLIError('Manifest', `cannot read ${url}: the server answered ${response.status}`);
  return response.text();
}

async function parseObjects({ name, text }: Source): Promise<unknown[]> {
  const { parseAllDocuments } = await import('yaml');
  const documents = parseAllDocuments(text, { merge: true });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    const [problem] = document.errors;
    // Only the first line: what follows quotes the manifest, which may hold a secret.
    const why = problem?.message.split('\n', 1)[0]?.replace(/:$/, '');
    if (why !== undefined) throw new CLIError('Manifest', `cannot parse ${name}: ${why}`, problem);
    return flatten(document.toJS(), name);
  });
}

function flatten(value: unknown, name: string): unknown[] {
  if (value === null || value === undefined) return [];
  if (typeof value !== 'object' || Array.isArray(value))
    throw new CLIError('Manifest', `cannot parse ${name}: a document is not an object with apiVersion and kind`);
  const { kind, items } = value as { kind?: unknown; items?: unknown };
  if (typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items))
    return items.flatMap((item) => flatten(item, name));
  return [value];
}
