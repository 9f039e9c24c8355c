/**
 * Base of the failures of the outside ports: operational, with a code of a closed union for machines and a message for people that
 * says what was being done, to what, why it failed and what to do next. Never contains secrets.
 */
export abstract class PortError<Code extends string> extends Error {
  readonly code: Code;
  /** Whether doing the same again later can succeed without anybody changing anything. */
  readonly transient: boolean;
  /** From when on it makes sense to try again (epoch milliseconds), where the other side said so. */
  readonly retryAt: number | undefined;

  constructor(code: Code, message: string, options: { transient: boolean; cause?: unknown; retryAt?: number | undefined }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.transient = options.transient;
    this.retryAt = options.retryAt;
  }
}

/** Whether a port or the system failed, which can happen to a program without faults, rather than this program itself. */
export function isOperational(error: unknown): boolean {
  return error instanceof PortError || systemCode(error) !== undefined;
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a Node system error (`ENOENT`, `ECONNREFUSED`, …), if it has one. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
