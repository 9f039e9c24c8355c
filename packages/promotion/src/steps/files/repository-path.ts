import type { Workspace } from '@kargo/integrations';
import { TerminalStepError } from '../../step.ts';
import { isKept } from './kept.ts';

/** Whether a path has a part that Git keeps for itself: `.git`, at any level and in any case. */
export function isRepositoryPath(path: string): boolean {
  return path.split('/').some((part) => part.toLowerCase() === '.git');
}

/**
 * Fails for good if a path leads, also through links, into what Git keeps for itself or steps keep for one another: what is there decides
 * what Git does.
 */
export async function refuseRepositoryPath(workspace: Workspace, path: string): Promise<void> {
  if (isKept((await workspace.trace(path)).path))
    throw new TerminalStepError(`"${path}" belongs to Kargo and cannot be written to; choose another path`, { status: 'Failed' });
  if (isRepositoryPath(path) || isRepositoryPath((await workspace.trace(path)).path))
    throw new TerminalStepError(`"${path}" is inside a .git directory, which steps must not write to; choose another path`, {
      status: 'Failed',
    });
}
