/** How many work trees are kept ready, of all repositories together. */
export interface SpareLimits {
  /** Work trees. Default 24. */
  trees: number;
  /** Bytes of their files. Default 2 GiB. */
  bytes: number;
}

export const DEFAULT_SPARES: SpareLimits = { trees: 24, bytes: 2 * 1024 ** 3 };

/** What the work trees that are kept ready take together. Those that were made ready longest ago make room for others. */
export class SpareBudget {
  readonly #limits: SpareLimits;
  /** In the order in which they were made: a tree that is used is replaced by a new one. */
  readonly #kept = new Map<object, { bytes: number; evict: () => void }>();
  #bytes = 0;

  constructor(limits: SpareLimits) {
    this.#limits = limits;
  }

  /** Whether a tree of so many bytes may be kept; `evict` is called when it has to go, and others are evicted for it now. */
  admit(tree: object, bytes: number, evict: () => void): boolean {
    if (bytes > this.#limits.bytes || this.#limits.trees < 1) return false;
    for (const [other, kept] of this.#kept) {
      if (this.#kept.size < this.#limits.trees && this.#bytes + bytes <= this.#limits.bytes) break;
      this.release(other);
      kept.evict();
    }
    this.#kept.set(tree, { bytes, evict });
    this.#bytes += bytes;
    return true;
  }

  /** The tree is kept no longer. */
  release(tree: object): void {
    this.#bytes -= this.#kept.get(tree)?.bytes ?? 0;
    this.#kept.delete(tree);
  }
}
