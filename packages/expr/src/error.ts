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
    const [shown, column] = excerpt(line, this.position.column);
    return `${this.message}\n | ${shown}\n | ${'.'.repeat(Math.max(0, column - 1))}^`;
  }
}

/** Characters of a line that are shown. */
const SHOWN = 160;

/** A long line is shown around the column only, which is then another one. */
function excerpt(line: string, column: number): [string, number] {
  const characters = Array.from(line);
  if (characters.length <= SHOWN) return [line, column];
  const start = Math.max(0, Math.min(column - SHOWN / 2, characters.length - SHOWN));
  const [before, after] = [start > 0 ? '…' : '', start + SHOWN < characters.length ? '…' : ''];
  return [`${before}${characters.slice(start, start + SHOWN).join('')}${after}`, column - start + before.length];
}

/** Line and column of an offset; columns count code points. */
export function positionAt(source: string, offset: number): Position {
  const before = source.slice(0, offset);
  const lines = before.split('\n');
  return { line: lines.length, column: Array.from(lines.at(-1) ?? '').length + 1, offset };
}
