/** Characters of one line that are told. */
const MAX_LINE = 500;
/** Lines of one program that are told. */
const MAX_LINES = 200;

/** Colours and the like. */
// eslint-disable-next-line no-control-regex
const STYLING = /\u001b\[[0-9;?]*[A-Za-z]/g;
/** What would do things to a terminal on which it is shown. Servers speak through programs. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/**
 * Takes what a program says as it comes, and tells it line by line: without empty lines and control characters, and only the beginning
 * of much.
 */
export function lineByLine(tell: (line: string) => void): { push(text: string): void; end(): void } {
  let pending = '';
  let count = 0;
  const line = (text: string): void => {
    const whole = text.trimEnd();
    const shown = whole
      .slice(whole.lastIndexOf('\r') + 1)
      .replace(STYLING, '')
      .replace(CONTROL, '\u{fffd}');
    if (shown === '' || count > MAX_LINES) return;
    count += 1;
    if (count > MAX_LINES) tell('… (more lines)');
    else tell(shown.length > MAX_LINE ? `${shown.slice(0, MAX_LINE)}…` : shown);
  };
  return {
    push: (text) => {
      const lines = `${pending}${text}`.split('\n');
      // What never ends is no line worth waiting for.
      pending = (lines.pop() ?? '').slice(0, 2 * MAX_LINE);
      for (const one of lines) line(one);
    },
    end: () => {
      line(pending);
      pending = '';
    },
  };
}
