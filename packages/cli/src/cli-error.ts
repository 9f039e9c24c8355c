export type CLIErrorCode =
  | 'Usage'
  | 'Configuration'
  | 'NotLoggedIn'
  | 'TokenExpired'
  | 'Manifest'
  | 'Output'
  | 'Request'
  | 'Unreachable'
  | 'Response'
  | 'Wait'
  | 'Preview'
  | 'Expression'
  | 'Lint'
  | 'Diff'
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

/** The end of a command that did what it should and has something to tell by its exit code. Nothing is printed. */
export class QuietEnd extends Error {
  override readonly name = 'QuietEnd';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** What a failed command exits with, so that scripts can tell failures apart. */
export const EXIT_CODES = {
  /** Any failure that is none of the others, a wrong command line included: what every failure of the reference exits with. */
  failure: 1,
  /** `kargo diff` found differences, as `kubectl diff` and `diff` tell it. */
  differences: 1,
  /** `kargo diff` failed for a reason that has no code of its own. */
  diffFailed: 2,
  /** Nobody is logged in, or the server no longer takes the token. */
  unauthenticated: 3,
  /** The server does not allow it. */
  forbidden: 4,
  /** What was named does not exist. */
  notFound: 5,
  /** It exists already, or was changed meanwhile. */
  conflict: 6,
  /** The server cannot be reached. */
  unreachable: 7,
  /** What was waited for did not come, or ended badly. */
  waitedInVain: 8,
} as const;

const BY_STATUS: Readonly<Record<number, number>> = {
  401: EXIT_CODES.unauthenticated,
  403: EXIT_CODES.forbidden,
  404: EXIT_CODES.notFound,
  409: EXIT_CODES.conflict,
};

const BY_CODE: Readonly<Partial<Record<CLIErrorCode, number>>> = {
  NotLoggedIn: EXIT_CODES.unauthenticated,
  TokenExpired: EXIT_CODES.unauthenticated,
  Unreachable: EXIT_CODES.unreachable,
  Wait: EXIT_CODES.waitedInVain,
  Diff: EXIT_CODES.diffFailed,
};

/** The exit code of a failure. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof QuietEnd) return error.exitCode;
  if (!(error instanceof CLIError)) return EXIT_CODES.failure;
  const { status } = error as { status?: number };
  return (status === undefined ? undefined : BY_STATUS[status]) ?? BY_CODE[error.code] ?? EXIT_CODES.failure;
}

/** Fails with all errors, one a line, when there are any. One alone is thrown as it is. */
export function failWithAll(errors: readonly unknown[]): void {
  const [only] = errors;
  if (errors.length === 1 && only instanceof CLIError) throw only;
  if (errors.length > 0) throw new CLIError('Several', errors.map(messageOf).join('\n'));
}

/** The message of whatever was thrown, with the causes that say more: a failed fetch tells why only in its cause. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const inner = cause instanceof Error && error.name === 'TypeError' ? messageOf(cause) : '';
  const text = error.message === '' && error instanceof AggregateError ? error.errors.map(messageOf).join('; ') : error.message;
  return inner === '' ? text : `${text}: ${inner}`;
}
