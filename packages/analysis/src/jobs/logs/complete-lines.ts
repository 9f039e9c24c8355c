/** Longest line that is waited for, in UTF-16 units; what is longer goes on in the next. */
const MAX_LINE = 16 * 1024;

/** Holds text that arrives in pieces back until its lines are complete. */
export class CompleteLines {
  #rest = '';

  /** The lines that are complete now, without the last line break; the empty text if there are none. */
  push(text: string): string {
    const all = this.#rest + text;
    const end = all.lastIndexOf('\n');
    this.#rest = all.slice(end + 1);
    const complete = all.slice(0, end + 1);
    if (this.#rest.length < MAX_LINE) return complete;
    const whole = this.#rest.length - (this.#rest.length % MAX_LINE);
    const long = this.#rest.slice(0, whole);
    this.#rest = this.#rest.slice(whole);
    return complete + long;
  }

  /** What is left at the end. */
  end(): string {
    const rest = this.#rest;
    this.#rest = '';
    return rest;
  }
}
