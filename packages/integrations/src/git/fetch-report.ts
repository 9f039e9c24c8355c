import { readLooseRef } from './repository-files.ts';
import type { MirrorRefs } from './refs.ts';

/** A branch that is new, or was moved, by what `git fetch` says in the C locale. */
const LINE = /^ [ +*] (?:\[new branch\]|[0-9a-f]+\.{2,3}[0-9a-f]+) +(\S+) +-> (\S+)(?: +\(forced update\))?$/;

/**
 * The references after a fetch, from those before it and what git said while fetching, without asking git again. Undefined where that does
 * not tell everything: tags came, something was deleted, or git had more to say.
 */
export async function refsAfterFetch(gitDir: string, before: MirrorRefs, said: string): Promise<MirrorRefs | undefined> {
  const branches = new Map(before.branches);
  for (const line of said.split('\n')) {
    if (line === '' || line.startsWith('From ')) continue;
    const [, from, to] = LINE.exec(line) ?? [];
    if (to === undefined || from !== to) return undefined;
    // What a fetch has just written is never packed.
    const id = await readLooseRef(gitDir, `refs/heads/${to}`);
    if (id === undefined) return undefined;
    branches.set(to, id);
  }
  return { ...before, branches };
}
