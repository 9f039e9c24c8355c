import { RevisionUnavailableError, type StoredEvent } from './store.ts';

/** The newest changes of one resource, bounded. */
export class History {
  readonly #limit: number;
  #events: StoredEvent[] = [];
  #floor: number;

  constructor(limit: number, floor: number) {
    this.#limit = limit;
    this.#floor = floor;
  }

  /** Changes up to and including this revision may be missing. */
  get floor(): number {
    return this.#floor;
  }

  push(event: StoredEvent): void {
    this.#events.push(event);
    // Dropping a quarter at a time keeps the cost of a push constant on average.
    const excess = this.#events.length - this.#limit;
    if (excess < Math.max(1, this.#limit / 4)) return;
    this.#floor = this.#events[excess - 1]?.revision ?? this.#floor;
    this.#events = this.#events.slice(excess);
  }

  /** Forgets changes up to and including `revision`. */
  dropUntil(revision: number): void {
    if (revision <= this.#floor) return;
    this.#events = this.#events.slice(this.#indexAfter(revision));
    this.#floor = revision;
  }

  after(revision: number, limit?: number): readonly StoredEvent[] {
    if (revision < this.#floor) throw new RevisionUnavailableError(revision, this.#floor);
    const start = this.#indexAfter(revision);
    return this.#events.slice(start, limit === undefined ? undefined : start + limit);
  }

  #indexAfter(revision: number): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
