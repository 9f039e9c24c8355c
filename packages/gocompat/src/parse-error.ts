/** What could not be parsed or evaluated. */
export type ParseErrorCode =
  | 'InvalidLabelSelector'
  | 'InvalidPattern'
  | 'InvalidDuration'
  | 'InvalidQuantity'
  | 'InvalidVersion'
  | 'InvalidConstraint'
  | 'InvalidGlob'
  | 'InvalidTemplate';

/** A text that a user wrote and that is not what it should be. The message is fit to be shown to that user. */
export class ParseError extends Error {
  override readonly name = 'ParseError';
  readonly code: ParseErrorCode;

  constructor(code: ParseErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
