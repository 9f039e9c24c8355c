import { PortError } from '../port-error.ts';

/** `invalid` covers unusable paths (null bytes, endless links) and workspace ids. */
export type WorkspaceErrorCode = 'notFound' | 'notAFile' | 'notADirectory' | 'tooLarge' | 'invalid' | 'failed';

/** A failed file operation in a workspace. Its message shows paths relative to the workspace only. */
export class WorkspaceError extends PortError<WorkspaceErrorCode> {
  override readonly name = 'WorkspaceError';

  constructor(code: WorkspaceErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(code, message, { transient: code === 'failed', cause: options.cause });
  }
}
