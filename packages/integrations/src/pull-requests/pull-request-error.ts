import { PortError } from '../port-error.ts';
import type { PullRequestErrorCode } from './port.ts';

const TRANSIENT: ReadonlySet<PullRequestErrorCode> = new Set<PullRequestErrorCode>([
  'unreachable',
  'timeout',
  'rateLimited',
  'failed',
]);

/** A failure at a provider: what was being done, where, what the provider said. Never contains secrets. */
export class PullRequestError extends PortError<PullRequestErrorCode> {
  override readonly name = 'PullRequestError';
  /** HTTP status of the answer, if there was one. */
  readonly status: number | undefined;

  constructor(code: PullRequestErrorCode, message: string, options: { cause?: unknown; status?: number | undefined } = {}) {
    super(code, message, { transient: TRANSIENT.has(code), cause: options.cause });
    this.status = options.status;
  }
}
