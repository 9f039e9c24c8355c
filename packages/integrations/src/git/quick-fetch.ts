import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isOperational } from '../port-error.ts';
import type { ProcessResult } from '../process/port.ts';
import { GitError } from './git-error.ts';
import type { MirrorRefs } from './refs.ts';
import type { CleanRemote } from './remote-url.ts';
import type { UploadPack, UploadPackLimits } from './upload-pack.ts';

/** Commits that are asked for, and named as known, at most. */
const MAX_WANTS = 200;
const MAX_HAVES = 256;

/** Runs git in the mirror. */
type Run = (action: string, args: readonly string[], options: { input: string | Uint8Array }) => Promise<ProcessResult>;

/**
 * Brings a repository from the references `before`, which it has, to those that the remote has now, and returns them. Otherwise
 * git has to fetch: `unusual` if the server does not answer as it should, `failed` if this was too much; some of the references may have
 * been moved then. Nobody else may change the repository meanwhile.
 */
export async function quickFetch(
  uploadPack: UploadPack,
  remote: CleanRemote,
  { gitDir, before, git, limits }: { gitDir: string; before: MirrorRefs; git: Run; limits: UploadPackLimits },
): Promise<MirrorRefs | 'unusual' | 'failed'> {
  const after = await uploadPack.refs(remote, limits);
  if (after === undefined) return 'unusual';
  const changes = changesBetween(before, after);
  if (changes.length === 0) return before;
  const known = new Set([...before.branches.values(), ...before.tags.values(), ...before.tagObjects.values()]);
  const wants = [...new Set(changes.flatMap(({ to }) => (to === undefined || known.has(to) ? [] : [to])))];
  if (wants.length > MAX_WANTS) return 'failed';
  try {
    if (wants.length > 0) {
      const pack = await uploadPack.pack(remote, { wants, haves: havesOf(changes, before, after) }, limits);
      if (pack === undefined) return 'failed';
      await git('take over what was fetched', ['index-pack', '--stdin', '--fix-thin'], { input: pack });
      // Nothing is taken for there of which something is missing, as git does not either.
      const check = ['rev-list', '--objects', '--stdin', '--not', '--all', '--quiet', '--alternate-refs'];
      await git('check what was fetched', check, { input: `${wants.join('\n')}\n` });
    }
    await moveRefs(gitDir, changes, git);
  } catch (error) {
    const isOver = error instanceof GitError && (error.code === 'aborted' || error.code === 'timeout');
    if (isOver || !isOperational(error)) throw error;
    return 'failed';
  }
  return after;
}

/** A reference that was made, moved or removed. */
interface Change {
  ref: string;
  from: string | undefined;
  to: string | undefined;
}

function changesBetween(before: MirrorRefs, after: MirrorRefs): Change[] {
  const compare = (prefix: string, a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): Change[] => [
    ...[...a].flatMap(([name, from]) => (b.has(name) ? [] : [{ ref: `${prefix}${name}`, from, to: undefined }])),
    ...[...b].flatMap(([name, to]) => (a.get(name) === to ? [] : [{ ref: `${prefix}${name}`, from: a.get(name), to }])),
  ];
  return [
    ...compare('refs/heads/', before.branches, after.branches),
    ...compare('refs/tags/', before.tagObjects, after.tagObjects),
  ];
}

/** What both have: first what stood where something new stands now, then what the server names itself. */
function havesOf(changes: readonly Change[], before: MirrorRefs, after: MirrorRefs): string[] {
  const still = [...before.branches, ...before.tags].filter(
    ([name, id]) => after.branches.get(name) === id || after.tags.get(name) === id,
  );
  const haves = new Set([...changes.flatMap(({ from }) => (from === undefined ? [] : [from])), ...still.map(([, id]) => id)]);
  return [...haves].slice(0, MAX_HAVES);
}

async function moveRefs(gitDir: string, changes: readonly Change[], git: Run): Promise<void> {
  if (changes.every(({ from, to }) => from !== undefined && to !== undefined)) {
    for (const { ref, to = '' } of changes) await writeRef(join(gitDir, ref), to);
    return;
  }
  const lines = changes.map(({ ref, to }) => (to === undefined ? `delete ${ref}\n` : `update ${ref} ${to}\n`));
  await git('move the references', ['update-ref', '--no-deref', '--stdin'], { input: lines.join('') });
}

/** As git does it: what ends in `.lock` is no reference, and is renamed into place. */
async function writeRef(file: string, id: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.lock`, `${id}\n`, { mode: 0o600, flag: 'wx' });
  try {
    await rename(`${file}.lock`, file);
  } catch (error) {
    await rm(`${file}.lock`, { force: true });
    throw error;
  }
}
