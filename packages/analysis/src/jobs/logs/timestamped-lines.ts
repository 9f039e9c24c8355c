/** Longest line; what is longer goes on in the next. In UTF-16 units. */
const MAX_LINE = 16 * 1024;

/** Cuts text that arrives in pieces into lines that begin with the time at which they ended. */
export class TimestampedLines {
  readonly #now: () => number;
  #rest = '';

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The lines that are complete now, each with its line break; the empty text if there are none. */
  push(text: string): string {
    const parts = (this.#rest + text).split('\n');
    this.#rest = parts.pop() ?? '';
    let out = parts.map((line) => this.#stamped(line)).join('');
    while (this.#rest.length >= MAX_LINE) {
      out += this.#stamped(this.#rest.slice(0, MAX_LINE));
      this.#rest = this.#rest.slice(MAX_LINE);
    }
    return out;
  }

  /** What is left at the end. */
  end(): string {
    const rest = this.#rest;
    this.#rest = '';
    return rest === '' ? '' : this.#stamped(rest);
  }

  #stamped(line: string): string {
    return `${new Date(this.#now()).toISOString()} ${line.replace(/\r$/, '')}\n`;
  }
}
