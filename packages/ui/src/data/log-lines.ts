/** Most lines that are kept of a log in the browser; older ones are let go. */
const MOST_LINES = 50_000;

// eslint-disable-next-line no-control-regex
const COLOURS = /\u001b\[[0-9;?]*[A-Za-z]/g;
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Lines of a log that grows. Each growth is a new value, so that views see it. */
export interface LogLines {
  lines: readonly string[];
  /** What came after the last end of a line. */
  rest: string;
  /** Lines that were let go. */
  dropped: number;
}

export const NO_LINES: LogLines = { lines: [], rest: '', dropped: 0 };

/** The log with `text` at its end. What would do things to a page or hide text in it is replaced. */
export function withText({ lines, rest, dropped }: LogLines, text: string): LogLines {
  const pieces = (rest + text).split('\n');
  const last = pieces.pop() ?? '';
  const all = [...lines, ...pieces.map(harmless)];
  const excess = Math.max(0, all.length - MOST_LINES);
  return { lines: excess === 0 ? all : all.slice(excess), rest: last, dropped: dropped + excess };
}

/** Every line, the unfinished last one too. */
export function linesOf({ lines, rest }: LogLines): readonly string[] {
  return rest === '' ? lines : [...lines, harmless(rest)];
}

/** A line without what directs terminals, or turns text around. */
export function harmless(line: string): string {
  return line.replace(/\r$/, '').replace(COLOURS, '').replace(CONTROL, '\ufffd');
}
