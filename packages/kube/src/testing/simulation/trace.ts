import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';

/** What happened in a simulation, line by line: virtual time, who, what. The same seed gives the same lines, byte for byte. */
export class Trace {
  readonly #lines: string[] = [];
  readonly #clock: Clock;
  readonly #start: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#start = clock.now();
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  add(who: string, what: string, fields?: object): void {
    const elapsed = ((this.#clock.now() - this.#start) / 1000).toFixed(3);
    const shown = fields === undefined || Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields, firstLine)}`;
    this.#lines.push(`+${elapsed} ${who}: ${what}${shown}`);
  }

  /** All lines as text. */
  toString(): string {
    return this.#lines.map((line) => `${line}\n`).join('');
  }

  /** A log that writes here. */
  log(who: string, fields: object = {}): Log {
    const write =
      (level: string) =>
      (more: object, message: string): void =>
        this.add(who, `${level} ${message}`, { ...fields, ...more });
    return {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      child: (more) => this.log(who, { ...fields, ...more }),
    };
  }
}

/** Stack traces name files and lines: they would differ between checkouts. */
function firstLine(key: string, value: unknown): unknown {
  if (value instanceof Error) return value.message;
  return key === 'error' && typeof value === 'string' ? value.split('\n', 1)[0] : value;
}
