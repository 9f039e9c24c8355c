/** Who may write a file that must not be there yet. */
import { TerminalStepError, type StepContext } from '../../step.ts';
import { relativePath } from '../git/work-trees.ts';
import { readNote, writeNote } from '../step-state.ts';

/**
 * Makes sure that the step may write `path`: it is not there, may be overwritten, or was written by an earlier attempt of this very
 * step. Otherwise fails for good. What is found is noted before anything is written, so that it outlasts a crash.
 */
export async function claimFile(context: StepContext<unknown>, path: string, allowOverwrite: boolean): Promise<void> {
  if (allowOverwrite) return;
  const { workspace, alias } = context;
  const place = await relativePath(workspace, path);
  const note = `files/${encodeURIComponent(alias)}`;
  const claimed = await readNote(workspace, note);
  if (claimed === place) return;
  if (await workspace.exists(path))
    throw new TerminalStepError(`there is a file at ${path} already; choose another outPath, or set \`allowOverwrite: true\``);
  await writeNote(workspace, note, place);
}
