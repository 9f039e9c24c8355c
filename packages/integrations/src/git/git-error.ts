import { PortError } from '../port-error.ts';
import type { GitErrorCode } from './port.ts';

const TRANSIENT: ReadonlySet<GitErrorCode> = new Set<GitErrorCode>(['unreachable', 'rejected', 'timeout', 'failed']);

/** A failure of git: what was being done, to which remote (without credentials), git's own last words, what to do next. */
export class GitError extends PortError<GitErrorCode> {
  override readonly name = 'GitError';

  constructor(code: GitErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(code, message, { transient: TRANSIENT.has(code), cause: options.cause });
  }
}
