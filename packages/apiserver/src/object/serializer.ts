/**
 * Objects as JSON text. Frozen objects are shared between watchers and lists, so what was written recently is kept: an event that goes
 * to many watchers is serialised once. Bounded by the size of the texts.
 */
export class Serializer {
  readonly #limit: number;
  readonly #recent = new Map<object, string>();
  #size = 0;

  constructor(limit: number = 8 * 1024 * 1024) {
    this.#limit = limit;
  }

  /** `object` must not change any more. */
  text(object: object): string {
    const known = this.#recent.get(object);
    if (known !== undefined) return known;
    const text = JSON.stringify(object);
    this.#recent.set(object, text);
    this.#size += text.length;
    for (const [oldest, its] of this.#recent) {
      if (this.#size <= this.#limit) break;
      this.#recent.delete(oldest);
      this.#size -= its.length;
    }
    return text;
  }
}
