import { PortError } from '../port-error.ts';

/**
 * `invalid`: the text cannot be parsed, or the edit cannot be made without changing anything else. `badPath`: the path itself makes no
 * sense. `notFound`: nothing there. `notScalar`: something there, but not a single value.
 */
export type EditErrorCode = 'invalid' | 'badPath' | 'notFound' | 'notScalar';

/** A text that could not be edited in place. Never worth trying again without a change. */
export class EditError extends PortError<EditErrorCode> {
  override readonly name = 'EditError';

  constructor(code: EditErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(code, message, { transient: false, cause: options.cause });
  }
}
