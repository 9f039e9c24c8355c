import { styleText } from 'node:util';

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

type Style = Parameters<typeof styleText>[0];

/**
 * What the demo shows. On a terminal the state of the stages stays at the bottom and moves; piped, every change is a plain line and
 * nothing is drawn twice.
 */
export class Screen {
  readonly #out: NodeJS.WriteStream;
  readonly #live: boolean;
  #panel: string[] = [];
  #drawn = 0;
  #frame = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
    this.#live = out.isTTY && process.env['TERM'] !== 'dumb';
  }

  style(style: Style, text: string): string {
    return this.#live && process.env['NO_COLOR'] === undefined ? styleText(style, text, { validateStream: false }) : text;
  }

  heading(text: string): void {
    this.line('');
    this.line(this.style('bold', text));
  }

  /** A line that stays. */
  line(text: string): void {
    this.#erase();
    this.#out.write(`${text}\n`);
    this.#draw();
  }

  /** A command as a person would type it. */
  command(text: string): void {
    this.line(`  ${this.style('dim', '$')} ${this.style('cyan', text)}`);
  }

  /** Replaces the moving lines at the bottom; `{spin}` in them turns. Piped, they are not shown. */
  panel(lines: string[]): void {
    if (!this.#live) return;
    this.#erase();
    this.#panel = lines;
    this.#draw();
    if (lines.length > 0 && this.#timer === undefined) {
      this.#timer = setInterval(() => {
        this.#frame += 1;
        this.#erase();
        this.#draw();
      }, 100);
      this.#timer.unref();
    }
    if (lines.length === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #erase(): void {
    if (this.#drawn > 0) this.#out.write(`\u001b[${this.#drawn}A\u001b[0J`);
    this.#drawn = 0;
  }

  #draw(): void {
    const width = this.#out.columns ?? 120;
    for (const text of this.#panel) {
      const spinning = text.replaceAll('{spin}', SPINNER[this.#frame % SPINNER.length] ?? '');
      this.#out.write(`${visibleCut(spinning, width - 1)}\n`);
    }
    this.#drawn = this.#panel.length;
  }
}

/** Cuts a text to a number of columns; colours do not count. */
function visibleCut(text: string, columns: number): string {
  let seen = 0;
  let out = '';
  // eslint-disable-next-line no-control-regex -- colour codes begin with an escape character
  for (const part of text.split(/(\u001b\[[0-9;]*m)/)) {
    if (part.startsWith('\u001b')) out += part;
    else {
      out += part.slice(0, Math.max(0, columns - seen));
      seen += part.length;
    }
  }
  return out;
}
