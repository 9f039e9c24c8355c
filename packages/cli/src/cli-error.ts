export type CLIErrorCode =
  | 'Usage'
  | 'Configuration'
  | 'NotLoggedIn'
  | 'TokenExpired'
  | 'Manifest'
  | 'Output'
  | 'Request'
  | 'Response'
  | 'Wait'
  | 'Preview'
  | 'Expression'
  | 'Lint'
  | 'Several';

/** A failure to show to the person at the command line. Its message is all that is shown. */
export class CLIError extends Error {
  override readonly name = 'CLIError';
  readonly code: CLIErrorCode;

  constructor(code: CLIErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** Fails with all messages, one a line, when there are any. */
export function failWithAll(messages: readonly string[]): void {
  if (messages.length > 0) throw new CLIError('Several', messages.join('\n'));
}

/** The message of whatever was thrown, with the causes that say more: a failed fetch tells why only in its cause. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const inner = cause instanceof Error && error.name === 'TypeError' ? messageOf(cause) : '';
  const text = error.message === '' && error instanceof AggregateError ? error.errors.map(messageOf).join('; ') : error.message;
  return inner === '' ? text : `${text}: ${inner}`;
}
