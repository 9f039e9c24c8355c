import { access, constants, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_PATH } from '../git/git-runner.ts';
import { systemCode } from '../port-error.ts';

/** Absolute paths of the programs that rendering uses, as far as they exist. */
export interface RenderTools {
  kustomize?: string | undefined;
  /** Stands in for kustomize. */
  kubectl?: string | undefined;
  helm?: string | undefined;
  /** Bubblewrap, to confine the others. */
  bwrap?: string | undefined;
}

/**
 * Looks for the programs: first where `explicit` says (then they must exist), then in `directories` (such as `.tools`), then on `path`
 * (default: the usual system folders). Fails with an error that names the missing explicit one.
 */
export async function findTools(
  options: { explicit?: RenderTools | undefined; directories?: readonly string[] | undefined; path?: string | undefined } = {},
): Promise<RenderTools> {
  const folders = [...(options.directories ?? []), ...(options.path ?? DEFAULT_PATH).split(':')].filter(
    (folder) => folder !== '',
  );
  const found: RenderTools = {};
  for (const name of ['kustomize', 'kubectl', 'helm', 'bwrap'] as const) {
    const explicit = options.explicit?.[name];
    if (explicit !== undefined) {
      const program = await executable(explicit);
      if (program === undefined) throw new Error(`${explicit}, configured as ${name}, is not an executable file`);
      found[name] = program;
      continue;
    }
    for (const folder of folders) {
      found[name] = await executable(join(folder, name));
      if (found[name] !== undefined) break;
    }
  }
  return found;
}

async function executable(file: string): Promise<string | undefined> {
  try {
    await access(file, constants.X_OK);
    return await realpath(file);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'EACCES' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
