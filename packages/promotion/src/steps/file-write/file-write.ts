import type { Workspace } from '@kargo/integrations';
import { TerminalStepError, type Step } from '../../step.ts';
import { isRepositoryPath } from '../files/repository-path.ts';
import { flag, object, optionalText, text } from '../schema.ts';

export interface FileWriteConfig {
  path: string;
  contents: string;
  permissions?: string | undefined;
  overwrite?: boolean | undefined;
}

const PRIVATE = 0o600;

/** Writes a file. Whatever could turn it into a program or lead it elsewhere is refused for good. */
export const fileWrite: Step<FileWriteConfig> = {
  name: 'file-write',
  configSchema: object(
    {
      path: text('Where the file goes, relative to the working directory.'),
      contents: optionalText('What it contains. May be empty.'),
      permissions: {
        type: 'string',
        description: 'Its mode, in octal digits; 0600 if absent. Must neither make it executable nor let everybody write to it.',
        pattern: '^0[0-7]{3}$',
      },
      overwrite: flag('Whether a file that exists may be replaced.', { default: false }),
    },
    ['path', 'contents'],
    { title: 'FileWriteConfig' },
  ),

  async run({ config: { path, contents, permissions, overwrite = false }, workspace }) {
    const mode = permissions === undefined ? PRIVATE : modeOf(permissions);
    await refuseUnsafe(workspace, path);
    const there = await workspace.stat(path);
    if (there !== undefined && there.type !== 'file')
      throw new Error(`could not write "${path}": it is not a file but a ${there.type}`);
    if (there !== undefined && !overwrite && !(await isDone(workspace, path, contents, there.mode === mode)))
      throw failed(`could not write "${path}": it exists already; set \`overwrite: true\` to replace it`);
    await workspace.writeFile(path, contents, { mode });
    return { status: 'Succeeded' };
  },
};

/** Whether an attempt before this one, which was interrupted, wrote the file. */
async function isDone(workspace: Workspace, path: string, contents: string, sameMode: boolean): Promise<boolean> {
  return sameMode && Buffer.from(contents).equals(await workspace.readFile(path));
}

function modeOf(permissions: string): number {
  const mode = Number.parseInt(permissions, 8);
  const refuse = (what: string): TerminalStepError =>
    failed(`permissions ${permissions} set ${what}, which is not allowed; use for example 0600 or 0644`);
  if ((mode & 0o7000) !== 0) throw refuse('special mode bits');
  if ((mode & 0o111) !== 0) throw refuse('executable bits');
  if ((mode & 0o002) !== 0) throw refuse('the file world-writable');
  return mode;
}

async function refuseUnsafe(workspace: Workspace, path: string): Promise<void> {
  if (path.startsWith('/')) throw failed(`path "${path}" is absolute; give it relative to the working directory`);
  if (isRepositoryPath(path)) throw failed(`path "${path}" is inside a .git directory, which cannot be written to`);
  const { links, escapes } = await workspace.trace(path);
  if (links > 0) throw failed(`path "${path}" goes through a symbolic link; give the path of the file itself`);
  if (escapes) throw failed(`path "${path}" leads out of the working directory`);
}

function failed(message: string): TerminalStepError {
  return new TerminalStepError(message, { status: 'Failed' });
}
