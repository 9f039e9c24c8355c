import type { KubeObject, ObjectKey } from '@kargo/api';
import { History } from './history.ts';
import type { StoredEvent, StoreEntry, StoreListOptions } from './store.ts';

/** The place of an object in list order. NUL sorts below every character of a name, so a namespace is one unbroken range. */
export function positionOf({ namespace, name }: ObjectKey): string {
  return `${namespace ?? ''}\0${name}`;
}

/** Objects of one resource, sorted, with their history. */
export class Table {
  readonly history: History;
  readonly #objects = new Map<string, KubeObject>();
  #positions: string[] = [];
  #sorted = true;

  constructor(historyLimit: number, floor: number) {
    this.history = new History(historyLimit, floor);
  }

  get(position: string): KubeObject | undefined {
    return this.#objects.get(position);
  }

  get size(): number {
    return this.#objects.size;
  }

  apply(event: StoredEvent): void {
    const position = positionOf({ namespace: event.object.metadata.namespace, name: event.object.metadata.name ?? '' });
    this.set(position, event.type === 'DELETED' ? undefined : event.object);
    this.history.push(event);
  }

  /** Sets or removes without history. */
  set(position: string, object: KubeObject | undefined): void {
    if (object === undefined) {
      if (!this.#objects.delete(position)) return;
      this.#sort();
      this.#positions.splice(this.#lowerBound(position), 1);
      return;
    }
    if (!this.#objects.has(position)) {
      const last = this.#positions.at(-1);
      if (last === undefined || last < position) this.#positions.push(position);
      else if (this.#sorted) this.#positions.splice(this.#lowerBound(position), 0, position);
      else this.#positions.push(position);
    }
    this.#objects.set(position, object);
  }

  /** Appends without keeping order; the next read sorts. For loading many objects at once. */
  load(position: string, object: KubeObject | undefined): void {
    if (object !== undefined && !this.#objects.has(position)) {
      this.#sorted = false;
      this.#positions.push(position);
      this.#objects.set(position, object);
    } else this.set(position, object);
  }

  list({ namespace, at, after }: StoreListOptions): StoreEntry[] {
    this.#sort();
    const undone = at === undefined ? new Map<string, KubeObject | undefined>() : this.#undoneSince(at);
    let start = namespace === undefined ? 0 : this.#lowerBound(`${namespace}\0`);
    const end = namespace === undefined ? this.#positions.length : this.#lowerBound(`${namespace}\u0001`);
    if (after !== undefined) start = Math.max(start, this.#lowerBound(`${after}\0`));
    const entries: StoreEntry[] = [];
    for (let index = start; index < end; index++) {
      const position = this.#positions[index] ?? '';
      const object = undone.has(position) ? undone.get(position) : this.#objects.get(position);
      if (object !== undefined) entries.push({ position, object });
    }
    const before = entries.length;
    for (const [position, object] of undone)
      if (object !== undefined && !this.#objects.has(position) && within(position, namespace, after))
        entries.push({ position, object });
    if (entries.length > before) entries.sort((a, b) => (a.position < b.position ? -1 : 1));
    return entries;
  }

  /** What the objects changed after `revision` were at that revision. */
  #undoneSince(revision: number): Map<string, KubeObject | undefined> {
    const undone = new Map<string, KubeObject | undefined>();
    for (const event of this.history.after(revision)) {
      const position = positionOf({ namespace: event.object.metadata.namespace, name: event.object.metadata.name ?? '' });
      if (!undone.has(position)) undone.set(position, event.previous);
    }
    return undone;
  }

  #sort(): void {
    if (this.#sorted) return;
    this.#positions.sort();
    this.#sorted = true;
  }

  #lowerBound(position: string): number {
    let low = 0;
    let high = this.#positions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#positions[middle] ?? '') < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function within(position: string, namespace: string | undefined, after: string | undefined): boolean {
  return (namespace === undefined || position.startsWith(`${namespace}\0`)) && (after === undefined || position > after);
}
