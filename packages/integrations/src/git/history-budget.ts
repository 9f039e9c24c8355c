/** Something that keeps what it read, and can forget it. */
export interface Keeper {
  clear(): void;
}

/** Bytes that histories may take together. Those that were used longest ago make room for others. */
export class HistoryBudget {
  readonly #limit: number;
  /** In the order of use, latest last. */
  readonly #taken = new Map<Keeper, number>();
  #total = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Tells that `keeper` is in use now. */
  use(keeper: Keeper): void {
    const taken = this.#taken.get(keeper) ?? 0;
    this.#taken.delete(keeper);
    this.#taken.set(keeper, taken);
  }

  /** Whether `keeper` may keep so many bytes more; others forget theirs for it. */
  take(keeper: Keeper, bytes: number): boolean {
    for (const [other, taken] of this.#taken) {
      if (this.#total + bytes <= this.#limit) break;
      if (other === keeper || taken === 0) continue;
      other.clear();
      this.#total -= taken;
      this.#taken.delete(other);
    }
    if (this.#total + bytes > this.#limit) return false;
    this.#total += bytes;
    this.#taken.set(keeper, (this.#taken.get(keeper) ?? 0) + bytes);
    return true;
  }
}
