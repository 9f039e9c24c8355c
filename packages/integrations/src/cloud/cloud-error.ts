import { PortError } from '../port-error.ts';

/**
 * `unavailable`: this machine has no such identity. `denied`: the service refuses (its answer says why). `invalid`: what was given cannot
 * be used. `unreachable`, `failed`: the service has trouble, which may pass.
 */
export type CloudErrorCode = 'unavailable' | 'denied' | 'invalid' | 'unreachable' | 'failed' | 'aborted';

/** A failure to get a token of a cloud: which one, for what, why, what to do next. Never contains a token or key. */
export class CloudError extends PortError<CloudErrorCode> {
  override readonly name = 'CloudError';
  /** Status of the answer, if there was one. */
  readonly status: number | undefined;

  constructor(code: CloudErrorCode, message: string, options: { cause?: unknown; status?: number | undefined } = {}) {
    super(code, message, { transient: code === 'unreachable' || code === 'failed', cause: options.cause });
    this.status = options.status;
  }
}
