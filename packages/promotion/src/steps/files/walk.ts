import type { EntryFacts, Workspace } from '@kargo/integrations';

/** Something below a folder. `path` is relative to that folder. */
export interface Found {
  path: string;
  facts: EntryFacts;
}

/**
 * Everything below a folder of the workspace, folders before what is in them, names in order, links not followed. `enter` decides about
 * every entry: one that it refuses is left out, with everything in it.
 */
export async function* walk(
  workspace: Workspace,
  folder: string,
  enter: (found: Found) => boolean,
  signal: AbortSignal,
): AsyncGenerator<Found, void, undefined> {
  const visit = async function* (below: string): AsyncGenerator<Found, void, undefined> {
    for (const { name } of await workspace.list(joined(folder, below))) {
      signal.throwIfAborted();
      const path = joined(below, name);
      const facts = await workspace.stat(joined(folder, path));
      if (facts === undefined || !enter({ path, facts })) continue;
      yield { path, facts };
      if (facts.type === 'directory') yield* visit(path);
    }
  };
  yield* visit('');
}

/** Two relative paths in one; either may be empty, for the folder itself. */
export function joined(folder: string, path: string): string {
  return folder === '' || path === '' ? folder + path : `${folder}/${path}`;
}
