import type { Workspace } from '@kargo/integrations';
import { TerminalStepError, type Step } from '../../step.ts';
import { compileIgnoreRules } from '../files/ignore-rules.ts';
import { isRepositoryPath, refuseRepositoryPath } from '../files/repository-path.ts';
import { joined, walk } from '../files/walk.ts';
import { object, text } from '../schema.ts';

export interface CopyConfig {
  inPath: string;
  outPath: string;
  ignore?: string | undefined;
}

/**
 * Copies a file, or a folder with everything in it into another, overwriting files and keeping modes. Symbolic links are skipped;
 * `.git` is, unless `ignore` takes it back with `!.git/`.
 */
export const copy: Step<CopyConfig> = {
  name: 'copy',
  configSchema: object(
    {
      inPath: text('File or folder to copy.'),
      outPath: text('Where the copy goes. What is in a folder there already stays, unless it is overwritten.'),
      ignore: text('What to leave out: patterns as in a .gitignore file, one a line. `.git` is always the first of them.'),
    },
    ['inPath', 'outPath'],
    { title: 'CopyConfig' },
  ),

  async run({ config: { inPath, outPath, ignore = '' }, workspace, signal }) {
    const rules = compileIgnoreRules(`.git\n${ignore}`);
    await refuseRepositoryPath(workspace, outPath);
    const source = await workspace.stat(inPath, { follow: true });
    if (source === undefined) throw new Error(`could not copy "${inPath}": it does not exist`);
    const [from, to] = [(await workspace.trace(inPath)).path, (await workspace.trace(outPath)).path];
    if (source.type === 'file') {
      const name = inPath.replace(/\/+$/, '').split('/').at(-1) ?? '';
      if (!rules.ignores(name, false) && from !== to) await copyFile(workspace, from, to, source.mode);
      return { status: 'Succeeded' };
    }
    if (source.type !== 'directory') throw new Error(`could not copy "${inPath}": it is neither a file nor a directory`);
    if (from === to) return { status: 'Succeeded' };
    // All names first: the copy may lie inside of what is copied.
    const entries = await Array.fromAsync(
      walk(
        workspace,
        from,
        ({ path, facts: { type } }) =>
          (type === 'file' || type === 'directory') && joined(from, path) !== to && !rules.ignores(path, type === 'directory'),
        signal,
      ),
    );
    await workspace.makeFolder(to, { mode: source.mode & 0o777 });
    for (const { path, facts } of entries) {
      signal.throwIfAborted();
      const place = joined(to, path);
      if (facts.type === 'file') await copyFile(workspace, joined(from, path), place, facts.mode);
      else {
        await refuseHiddenRepository(workspace, place);
        await workspace.makeFolder(place, { mode: facts.mode & 0o777 });
      }
    }
    return { status: 'Succeeded' };
  },
};

async function copyFile(workspace: Workspace, from: string, to: string, mode: number): Promise<void> {
  await refuseHiddenRepository(workspace, to);
  await workspace.writeFile(to, workspace.read(from, { maxBytes: Number.MAX_SAFE_INTEGER }), { mode: mode & 0o777 });
}

/** A link of another name must not lead into a .git directory. */
async function refuseHiddenRepository(workspace: Workspace, path: string): Promise<void> {
  const trace = await workspace.trace(path);
  if (trace.links > 0 && isRepositoryPath(trace.path))
    throw new TerminalStepError(`could not copy to "${path}": it is a symbolic link into a .git directory`, { status: 'Failed' });
}
