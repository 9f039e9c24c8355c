import type { Workspace } from '@kargo/integrations';
import { TerminalStepError } from '../../step.ts';

/** Whether a path has a part that Git keeps for itself: `.git`, at any level and in any case. */
export function isRepositoryPath(path: string): boolean {
  return path.split('/').some((part) => part.toLowerCase() === '.git');
}

/** Fails for good if a path leads, also through links, into what Git keeps for itself: what is there decides what Git does. */
export async function refuseRepositoryPath(workspace: Workspace, path: string): Promise<void> {
  if (isRepositoryPath(path) || isRepositoryPath((await workspace.trace(path)).path))
    throw new TerminalStepError(`"${path}" is inside a .git directory, which steps must not write to; choose another path`, {
      status: 'Failed',
    });
}
