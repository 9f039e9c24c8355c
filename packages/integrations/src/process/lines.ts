/** Characters of one line that are told. */
const MAX_LINE = 500;
/** Lines of one program that are told. */
const MAX_LINES = 200;

/** Takes what a program says as it comes, and tells it line by line: without empty lines, and only the beginning of much. */
export function lineByLine(tell: (line: string) => void): { push(text: string): void; end(): void } {
  let pending = '';
  let count = 0;
  const line = (text: string): void => {
    const whole = text.trimEnd();
    const shown = whole.slice(whole.lastIndexOf('\r') + 1);
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
