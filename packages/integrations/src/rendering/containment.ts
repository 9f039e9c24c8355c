import { lstat, readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { systemCode } from '../port-error.ts';
import { RenderError } from './render-error.ts';

const KUSTOMIZATION_FILES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
/** Keys whose values are files or folders, in kustomizations and in the configuration of built-in plugins. */
const PATH_KEYS: ReadonlySet<string> = new Set([
  'resources',
  'bases',
  'components',
  'crds',
  'configurations',
  'generators',
  'transformers',
  'validators',
  'patches',
  'patchesStrategicMerge',
  'path',
  'paths',
  'files',
  'env',
  'envs',
  'valuesFile',
  'additionalValuesFiles',
  'chartHome',
]);
/** Of these, the named folders and files are looked into as well. */
const FOLLOWED: ReadonlySet<string> = new Set(['resources', 'bases', 'components', 'generators', 'transformers', 'validators']);
const MAX_FILES = 10_000;

/**
 * Checks that whatever the kustomization in `folder` refers to, directly or through others, lies inside `root`, symbolic links
 * resolved, and is not on the network. Fails with `RenderError` `invalid`, naming file and reference.
 */
export async function checkKustomization(root: string, folder: string): Promise<void> {
  const seen = new Set<string>();
  const realRoot = await realpath(root);
  await visitFolder({ root: realRoot, seen }, await inside(realRoot, folder, relative(root, folder) || '.'));
}

/** Checks that no symbolic link below `folder` leads out of `root`. Fails with `RenderError` `invalid`. */
export async function checkLinks(root: string, folder: string): Promise<void> {
  const realRoot = await realpath(root);
  let count = 0;
  const visit = async (directory: string): Promise<void> => {
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      count += 1;
      if (count > MAX_FILES)
        throw new RenderError('invalid', `${relative(root, folder) || '.'} has more than ${MAX_FILES} files`);
      const path = join(directory, entry.name);
      if (entry.isSymbolicLink()) await inside(realRoot, path, relative(root, path));
      else if (entry.isDirectory()) await visit(path);
    }
  };
  await visit(await inside(realRoot, folder, relative(root, folder) || '.'));
}

/** The real path of `path` if that is inside the (real) `root`; `shown` is how messages call it. What does not exist passes. */
export async function inside(root: string, path: string, shown: string): Promise<string> {
  const real = await realExisting(path);
  if (real !== root && !real.startsWith(root + sep)) {
    throw new RenderError('invalid', `${shown} leads out of the workspace; only files of the workspace can be rendered`);
  }
  return real;
}

interface Visit {
  root: string;
  seen: Set<string>;
}

async function visitFolder(visit: Visit, folder: string): Promise<void> {
  for (const name of KUSTOMIZATION_FILES) {
    const file = join(folder, name);
    if (await isFile(file)) await visitFile(visit, file);
  }
}

async function visitFile(visit: Visit, given: string): Promise<void> {
  const file = await inside(visit.root, given, relative(visit.root, given));
  if (visit.seen.has(file)) return;
  visit.seen.add(file);
  if (visit.seen.size > MAX_FILES) throw new RenderError('invalid', `the kustomization refers to more than ${MAX_FILES} files`);
  const text = await readFile(file, 'utf8');
  for (const document of parseAllDocuments(text, { logLevel: 'silent' })) {
    // What cannot be parsed will not be rendered either; kustomize explains it better.
    if (document.errors.length > 0) continue;
    await visitValue(visit, file, document.toJS({ maxAliasCount: 1000 }) as unknown, undefined, 0);
  }
}

async function visitValue(visit: Visit, file: string, value: unknown, key: string | undefined, depth: number): Promise<void> {
  if (depth > 50) return;
  if (typeof value === 'string') {
    if (key !== undefined && PATH_KEYS.has(key)) await visitReference(visit, file, key, value);
  } else if (Array.isArray(value)) {
    for (const entry of value) await visitValue(visit, file, entry, key, depth + 1);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, entry] of Object.entries(value)) await visitValue(visit, file, entry, name, depth + 1);
  }
}

async function visitReference(visit: Visit, file: string, key: string, value: string): Promise<void> {
  // Resources, patches and plugins may also be written in place.
  if (value.includes('\n') || value === '') return;
  const target = key === 'files' ? value.slice(value.indexOf('=') + 1) : value;
  const shown = relative(visit.root, file);
  const path = isAbsolute(target) ? target : resolve(dirname(file), target);
  const kind = await kindOf(path);
  if (kind === undefined && FOLLOWED.has(key) && isRemote(target)) {
    throw new RenderError('invalid', `${shown} refers to ${target}; copy it into the repository, since rendering has no network`);
  }
  const real = await inside(visit.root, path, `${shown}: ${target}`);
  if (!FOLLOWED.has(key)) return;
  if (kind === 'directory' && !visit.seen.has(real)) {
    visit.seen.add(real);
    await visitFolder(visit, real);
  }
  if (kind === 'file' && (key === 'generators' || key === 'transformers' || key === 'validators')) await visitFile(visit, real);
}

function isRemote(target: string): boolean {
  return /:\/\/|^git::|^[\w.-]+@[\w.-]+:|^(?:github\.com|bitbucket\.org|gitlab\.com)[/:]|[?&]ref=/.test(target);
}

async function kindOf(path: string): Promise<'file' | 'directory' | undefined> {
  try {
    const real = await realpath(path);
    return (await lstat(real)).isDirectory() ? 'directory' : 'file';
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENAMETOOLONG') return undefined;
    throw error;
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await kindOf(path)) === 'file';
}

/** The real path, where parts that do not exist count as they are written. */
async function realExisting(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const code = systemCode(error);
    const parent = dirname(path);
    if (parent === path) return path;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG')
      return join(await realExisting(parent), path.slice(parent.length));
    if (code === 'ELOOP') throw new RenderError('invalid', 'a symbolic link leads back to itself', { cause: error });
    throw error;
  }
}
