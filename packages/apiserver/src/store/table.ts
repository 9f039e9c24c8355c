import type { KubeObject, ObjectKey } from '@kargo/api';
import { History } from './history.ts';
import type { StoredEvent, StoreEntry, StoreListOptions } from './store.ts';
import { StoredText } from './stored-text.ts';

/** The place of an object in list order. NUL sorts below every character of a name, so a namespace is one unbroken range. */
export function positionOf({ namespace, name }: ObjectKey): string {
  return `${namespace ?? ''}\0${name}`;
}

/** Objects of one resource, sorted, with their history. */
export class Table {
  readonly history: History;
  readonly #objects = new Map<string, KubeObject | StoredText>();
  #positions: string[] = [];
  #sorted = true;

  constructor(historyLimit: number, floor: number) {
    this.history = new History(historyLimit, floor);
  }

  /** What was asked for once is kept read. */
  get(position: string): KubeObject | undefined {
    const held = this.#objects.get(position);
    if (!(held instanceof StoredText)) return held;
    const object = held.read();
    this.#objects.set(position, object);
    return object;
  }

  #entry(position: string, held: KubeObject | StoredText): StoreEntry {
    return held instanceof StoredText ? new UnreadEntry(this, position, held) : { position, object: held, text: undefined };
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
  set(position: string, object: KubeObject | StoredText | undefined): void {
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
  load(position: string, object: KubeObject | StoredText | undefined): void {
    if (object !== undefined && !this.#objects.has(position)) {
      this.#sorted = false;
      this.#positions.push(position);
      this.#objects.set(position, object);
    } else this.set(position, object);
  }

  list({ namespace, at, after, limit = Infinity }: StoreListOptions): StoreEntry[] {
    const undone = at === undefined ? new Map<string, KubeObject | undefined>() : this.#undoneSince(at);
    const [start, end] = this.#range(namespace, after);
    const entries: StoreEntry[] = [];
    // What was deleted since has to be put in its place among the others first.
    const enough = undone.size === 0 ? limit : Infinity;
    for (let index = start; index < end && entries.length < enough; index++) {
      const position = this.#positions[index] ?? '';
      const held = undone.has(position) ? undone.get(position) : this.#objects.get(position);
      if (held !== undefined) entries.push(this.#entry(position, held));
    }
    const before = entries.length;
    for (const [position, object] of undone)
      if (object !== undefined && !this.#objects.has(position) && within(position, namespace, after))
        entries.push({ position, object, text: undefined });
    if (entries.length > before) entries.sort((a, b) => (a.position < b.position ? -1 : 1));
    return entries.length > limit ? entries.slice(0, limit) : entries;
  }

  count({ namespace, after }: Pick<StoreListOptions, 'namespace' | 'after'>): number {
    const [start, end] = this.#range(namespace, after);
    return Math.max(0, end - start);
  }

  /** The places of the positions in a namespace and after another position. */
  #range(namespace: string | undefined, after: string | undefined): [start: number, end: number] {
    this.#sort();
    let start = namespace === undefined ? 0 : this.#lowerBound(`${namespace}\0`);
    const end = namespace === undefined ? this.#positions.length : this.#lowerBound(`${namespace}\u0001`);
    if (after !== undefined) start = Math.max(start, this.#lowerBound(`${after}\0`));
    return [start, end];
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

/** An entry that is read when its object is asked for. */
class UnreadEntry implements StoreEntry {
  readonly position: string;
  readonly #table: Table;
  readonly #held: StoredText;

  constructor(table: Table, position: string, held: StoredText) {
    this.#table = table;
    this.position = position;
    this.#held = held;
  }

  get text(): string {
    return this.#held.text;
  }

  get object(): KubeObject {
    const object = this.#table.get(this.position);
    // The entry is of a moment: what was written since is not what it stands for.
    return object !== undefined && object.metadata.resourceVersion === this.#revision() ? object : this.#held.read();
  }

  #revision(): string | undefined {
    return /"resourceVersion":"(\d+)"/.exec(this.#held.text)?.[1];
  }
}

function within(position: string, namespace: string | undefined, after: string | undefined): boolean {
  return (namespace === undefined || position.startsWith(`${namespace}\0`)) && (after === undefined || position > after);
}
