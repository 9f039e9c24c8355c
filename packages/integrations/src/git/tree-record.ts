import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { GitIdentity } from './port.ts';
import { readTextIfPresent, writeTextAtomically } from './repository-files.ts';
import { sparsePatterns } from './sparse.ts';

/** What is remembered about a work tree beside its repository, so that a later process can go on with it. */
export interface TreeRecord {
  path: string;
  remoteURL: string;
  insecureSkipTLSVerify: boolean;
  /** Without a signing key: that is given anew. */
  author: GitIdentity;
  /** Directories of a sparse checkout. */
  sparse?: readonly string[] | undefined;
  /** Whether contents of files may be missing, to be fetched when they are needed. */
  blobless?: boolean | undefined;
  /** Commits of its history that were fetched at first, if not all. */
  depth?: number | undefined;
  /** False while it is being made. */
  complete: boolean;
}

const FILE = 'kargo.json';

/** The folder of the private repository behind the work tree at `path`. It lies in `home`, out of reach of what is checked out. */
export function treeGitDir(home: string, path: string): string {
  return join(resolve(home), 'trees', createHash('sha256').update(resolve(path)).digest('hex').slice(0, 24));
}

/** The record of a work tree; undefined if none was begun. */
export async function readRecord(gitDir: string): Promise<TreeRecord | undefined> {
  const text = await readTextIfPresent(join(gitDir, FILE));
  return text === undefined ? undefined : (JSON.parse(text) as TreeRecord);
}

/** Replaces the record. */
export async function writeRecord(gitDir: string, record: TreeRecord): Promise<void> {
  await writeTextAtomically(join(gitDir, FILE), `${JSON.stringify(record, undefined, 2)}\n`);
}

/** The settings of a work tree's repository. Written anew whenever it is opened: nothing put there by others takes effect. */
export function treeConfig(record: Pick<TreeRecord, 'remoteURL' | 'sparse' | 'blobless'>): string {
  const url = record.remoteURL.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  const blobless = record.blobless === true;
  return [
    '[core]',
    `\trepositoryformatversion = ${blobless ? 1 : 0}`,
    '\tfilemode = true',
    '\tbare = false',
    '\tlogallrefupdates = false',
    ...(record.sparse === undefined ? [] : ['\tsparseCheckout = true', '\tsparseCheckoutCone = true']),
    '[remote "origin"]',
    `\turl = "${url}"`,
    ...(blobless ? ['\tpromisor = true', '\tpartialclonefilter = blob:none', '[extensions]', '\tpartialClone = origin'] : []),
    '',
  ].join('\n');
}

/** Brings back the settings of a work tree's repository and removes what could lead git to other repositories. */
export async function restoreSettings(
  gitDir: string,
  record: Pick<TreeRecord, 'remoteURL' | 'sparse' | 'blobless'>,
): Promise<void> {
  const file = join(gitDir, 'config');
  const config = treeConfig(record);
  if ((await readTextIfPresent(file)) !== config) await writeTextAtomically(file, config);
  for (const name of [
    'commondir',
    'config.worktree',
    'objects/info/alternates',
    'info/attributes',
    'info/exclude',
    'info/grafts',
  ]) {
    await rm(join(gitDir, name), { force: true });
  }
  await writeSparsePatterns(gitDir, record);
}

/** Tells git what a sparse work tree leaves out. */
export async function writeSparsePatterns(gitDir: string, { sparse }: Pick<TreeRecord, 'sparse'>): Promise<void> {
  if (sparse === undefined) return;
  const file = join(gitDir, 'info', 'sparse-checkout');
  const patterns = sparsePatterns(sparse);
  if ((await readTextIfPresent(file)) !== patterns) await writeTextAtomically(file, patterns);
}
