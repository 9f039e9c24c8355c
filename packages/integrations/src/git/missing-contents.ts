import type { ProcessResult } from '../process/port.ts';
import { isInCone } from './sparse.ts';

/** Runs git in a repository. */
type Run = (action: string, args: readonly string[]) => Promise<ProcessResult>;

/** Fetches contents whose ids are given as input, and no history. */
export const FETCH_CONTENTS: readonly string[] = [
  '-c',
  'fetch.negotiationAlgorithm=noop',
  'fetch',
  '--quiet',
  '--no-tags',
  '--no-write-fetch-head',
  '--no-auto-maintenance',
  '--filter=blob:none',
  '--stdin',
  'origin',
];

/** Ids of the contents of a commit that a repository lacks; with `sparse`, only those that are checked out for these directories. */
export async function missingContents(git: Run, commit: string, sparse: readonly string[] | undefined): Promise<string[]> {
  const listed = await git('look for missing contents', [
    'rev-list',
    '--objects',
    '--missing=print',
    '--no-walk',
    `${commit}^{tree}`,
  ]);
  const missing = new Set(listed.stdout.split('\n').flatMap((line) => (line.startsWith('?') ? [line.slice(1)] : [])));
  if (missing.size === 0) return [];
  const tree = await git('list files', ['ls-tree', '-r', '-z', '--format=%(objectname) %(path)', commit]);
  const wanted = tree.stdout.split('\0').flatMap((entry) => {
    const blank = entry.indexOf(' ');
    const [id, path] = [entry.slice(0, blank), entry.slice(blank + 1)] as const;
    return missing.has(id) && (sparse === undefined || isInCone(sparse, path)) ? [id] : [];
  });
  return [...new Set(wanted)];
}
