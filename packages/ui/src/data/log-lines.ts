/** Most lines that are kept of a log in the browser; older ones are let go. */
const MOST_LINES = 50_000;
/** Most characters that are kept of it. */
const MOST_CHARACTERS = 8 * 1024 * 1024;
/** A line that is longer is broken: programs that end no line would fill the memory. */
const LONGEST_LINE = 64 * 1024;

// eslint-disable-next-line no-control-regex
const COLOURS = /\u001b\[[0-9;?]*[A-Za-z]/g;
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Lines of a log that grows. Each growth is a new value, so that views see it. */
export interface LogLines {
  lines: readonly string[];
  /** What came after the last end of a line. */
  rest: string;
  /** Lines that were let go, and how many characters they had. */
  dropped: number;
  droppedSize: number;
  /** Characters of `lines`. */
  size: number;
}

export const NO_LINES: LogLines = { lines: [], rest: '', dropped: 0, droppedSize: 0, size: 0 };

/** The log with `text` at its end. What would do things to a page or hide text in it is replaced. */
export function withText({ lines, rest, dropped, droppedSize, size }: LogLines, text: string): LogLines {
  const pieces = (rest + text).split('\n').flatMap(broken);
  const last = pieces.pop() ?? '';
  const all = [...lines, ...pieces.map(harmless)];
  let whole = pieces.reduce((sum, piece) => sum + piece.length, size);
  let excess = 0;
  let lost = 0;
  while (excess < all.length && (all.length - excess > MOST_LINES || whole > MOST_CHARACTERS)) {
    const { length } = all[excess] ?? '';
    whole -= length;
    lost += length;
    excess += 1;
  }
  return {
    lines: excess === 0 ? all : all.slice(excess),
    rest: last,
    dropped: dropped + excess,
    droppedSize: droppedSize + lost,
    size: whole,
  };
}

function broken(line: string): string[] {
  if (line.length <= LONGEST_LINE) return [line];
  return Array.from({ length: Math.ceil(line.length / LONGEST_LINE) }, (_, index) =>
    line.slice(index * LONGEST_LINE, (index + 1) * LONGEST_LINE),
  );
}

/** Every line, the unfinished last one too. */
export function linesOf({ lines, rest }: LogLines): readonly string[] {
  return rest === '' ? lines : [...lines, harmless(rest)];
}

/** A line without what directs terminals, or turns text around. */
export function harmless(line: string): string {
  return line.replace(/\r$/, '').replace(COLOURS, '').replace(CONTROL, '\ufffd');
}
