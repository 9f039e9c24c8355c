/** What steps keep for themselves and for one another. */
import type { Folder, Workspace } from '@kargo/integrations';

/**
 * The folder for notes of steps, out of the reach of users' paths; in workspaces that an earlier release made, where it was. `prefix` comes
 * before every path in the folder.
 */
export async function stepState(workspace: Workspace): Promise<{ folder: Folder; prefix: string }> {
  const legacy = !(await workspace.private.exists('.'));
  return legacy ? { folder: workspace, prefix: '.kargo/' } : { folder: workspace.private, prefix: '' };
}

/** A note of a step; absent if it has not written one. */
export async function readNote(workspace: Workspace, note: string): Promise<string | undefined> {
  const { folder, prefix } = await stepState(workspace);
  const path = `${prefix}${note}`;
  return (await folder.exists(path)) ? Buffer.from(await folder.readFile(path)).toString() : undefined;
}

/** Writes a note that {@link readNote} finds, also after a crash. */
export async function writeNote(workspace: Workspace, note: string, text: string): Promise<void> {
  const { folder, prefix } = await stepState(workspace);
  await folder.writeFile(`${prefix}${note}`, text);
}
