/** The file is not a database of this program, is damaged, cannot be decrypted, or was written by a newer version. */
export class StoreOpenError extends Error {
  override readonly name = 'StoreOpenError';
}

/** Primary result codes of SQLite. */
const BUSY = 5;
const READ_ONLY = 8;
const IO_ERROR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;

/** A failure of SQLite in words that say what to do, and whether the file is damaged. */
export function whatSQLiteSays(error: unknown, path: string): { message: string; damaged: boolean } {
  const reason = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  const damaged = code === CORRUPT || code === NOT_A_DATABASE;
  const hint = damaged
    ? `${path} is damaged: nothing is written any more; stop, move it away and restore a backup with \`kargo restore\``
    : hintFor(code, path);
  return { message: `${reason}: ${hint}`, damaged };
}

/** Whether SQLite failed because there was no room. */
export function isFull(error: unknown): boolean {
  return codeOf(error) === FULL;
}

function codeOf(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

function hintFor(code: number | undefined, path: string): string {
  switch (code) {
    case BUSY:
      return 'another process uses it; stop that process first';
    case FULL:
      return `there is no room left for ${path}: free some; writes go on then, and what was answered is kept`;
    case READ_ONLY:
      return `${path} cannot be written: make it and its folder writable`;
    case IO_ERROR:
      return `the disk that holds ${path} fails: look at the messages of the system`;
    case CANNOT_OPEN:
    case undefined:
    default:
      return 'check that the file is readable, writable and not damaged';
  }
}
