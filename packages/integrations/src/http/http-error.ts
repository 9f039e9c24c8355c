import { PortError } from '../port-error.ts';

/**
 * `invalid`: not a usable http(s) URL. `refused`: a link-local address (cloud metadata services live there). `unreachable`: no
 * connection, or it broke. `tls`: the certificate is not trusted. `tooLarge`: more body than allowed. `redirects`: too many of them.
 */
export type HttpErrorCode = 'invalid' | 'refused' | 'unreachable' | 'tls' | 'timeout' | 'aborted' | 'tooLarge' | 'redirects';

/** What to do where the certificate of a repository is not trusted. */
export const UNTRUSTED =
  'if nobody known has signed it, add its authority to the system, or set insecureSkipTLSVerify for this repository';

/** A request that got no answer. The message names method, host and path, never the query, headers or user information. */
export class HttpError extends PortError<HttpErrorCode> {
  override readonly name = 'HttpError';

  constructor(code: HttpErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(code, message, { transient: code === 'unreachable' || code === 'timeout', cause: options.cause });
  }
}
