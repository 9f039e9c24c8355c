/** Tags that need not be pushed any more. */
import type { StepContext } from '../../step.ts';
import { readNote, writeNote } from '../step-state.ts';

/** Notes that the remote has a tag which an earlier workspace of this promotion made. */
export function noteTagIsOut({ workspace }: Pick<StepContext<unknown>, 'workspace'>, tag: string): Promise<void> {
  return writeNote(workspace, noteOf(tag), 'out');
}

/** Whether that was noted. */
export async function isTagOut({ workspace }: Pick<StepContext<unknown>, 'workspace'>, tag: string): Promise<boolean> {
  return (await readNote(workspace, noteOf(tag))) !== undefined;
}

function noteOf(tag: string): string {
  return `tags/${encodeURIComponent(tag)}`;
}
