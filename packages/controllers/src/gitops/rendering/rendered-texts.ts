import type { SourceType } from './render-folder.ts';

export interface RenderedText {
  text: string;
  type: SourceType;
}

const MAX_ENTRIES = 1_000;
const MAX_BYTES = 128 * 1024 * 1024;

/** What sources were rendered to. Bounded: what was used longest ago goes first, and what is too large for all of it is not kept. */
export class RenderedTexts {
  readonly #entries = new Map<string, RenderedText>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number = MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  get(key: string): RenderedText | undefined {
    const found = this.#entries.get(key);
    if (found === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, found);
    return found;
  }

  set(key: string, rendered: RenderedText): void {
    this.#delete(key);
    if (bytesOf(key, rendered) > this.#maxBytes) return;
    this.#entries.set(key, rendered);
    this.#bytes += bytesOf(key, rendered);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MAX_ENTRIES && this.#bytes <= this.#maxBytes) break;
      this.#delete(oldest);
    }
  }

  #delete(key: string): void {
    const found = this.#entries.get(key);
    if (found === undefined || !this.#entries.delete(key)) return;
    this.#bytes -= bytesOf(key, found);
  }
}

/** Strings take two bytes a character at worst. */
function bytesOf(key: string, { text }: RenderedText): number {
  return 2 * (key.length + text.length);
}
