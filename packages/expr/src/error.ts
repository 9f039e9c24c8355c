/** The phase that failed: reading the text, checking it, running it, or exceeding a limit while doing so. */
export type ExprErrorCode = 'parse' | 'compile' | 'run' | 'budget';

/** A place in an expression's source: line and column as printed (line from 1, column from 1), offset in UTF-16 units from 0. */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/**
 * The only error this package raises. `message` is one line and ends in `(line:column)` where the place is known; `pretty()` adds
 * the source line and a caret below the place.
 */
export class ExprError extends Error {
  override readonly name: string = 'ExprError';
  readonly code: ExprErrorCode;
  /** What went wrong, without the place. */
  readonly reason: string;
  readonly position?: Position | undefined;
  readonly source?: string | undefined;

  constructor(code: ExprErrorCode, reason: string, at?: { source: string; offset: number }, cause?: unknown) {
    const position = at === undefined ? undefined : positionAt(at.source, at.offset);
    const place = position === undefined ? '' : ` (${position.line}:${position.column})`;
    super(reason + place, cause === undefined ? undefined : { cause });
    this.code = code;
    this.reason = reason;
    this.position = position;
    this.source = at?.source;
  }

  /** The message, then the source line, then a caret. */
  pretty(): string {
    if (this.position === undefined || this.source === undefined) return this.message;
    // A tab counts as one column: shown as a blank, so that the caret stands under its place.
    const line = (this.source.split('\n')[this.position.line - 1] ?? '').replaceAll('\t', ' ');
    return `${this.message}\n | ${line}\n | ${'.'.repeat(Math.max(0, this.position.column - 1))}^`;
  }
}

/** Line and column of an offset; columns count code points. */
export function positionAt(source: string, offset: number): Position {
  const before = source.slice(0, offset);
  const lines = before.split('\n');
  return { line: lines.length, column: Array.from(lines.at(-1) ?? '').length + 1, offset };
}
