import { PortError } from '../port-error.ts';

/**
 * `notStarted`: no such program, or not executable. `unavailable`: this machine cannot run it now, for want of memory or open files, or because
 * what had started it has ended. `timeout`: stopped after its deadline. `aborted`: stopped by the caller's signal.
 */
export type ProcessErrorCode = 'notStarted' | 'unavailable' | 'timeout' | 'aborted';

/** A program that could not be run to its end. What it said until then is in `stderr`, redacted. */
export class ProcessError extends PortError<ProcessErrorCode> {
  override readonly name = 'ProcessError';
  readonly command: string;
  readonly stderr: string;

  constructor(code: ProcessErrorCode, message: string, options: { command: string; stderr?: string; cause?: unknown }) {
    super(code, message, { transient: code === 'timeout' || code === 'unavailable', cause: options.cause });
    this.command = options.command;
    this.stderr = options.stderr ?? '';
  }
}
