import { Freight } from '@kargo/api';
import type { Client, Clock, Log } from '@kargo/kube';
import { ObjectIndex } from './object-index.ts';

/** Freight of one Project: sort keys in order, and the Freight of each. */
interface Shelf {
  keys: string[];
  byKey: Map<string, Freight>;
}

const EMPTY: Shelf = { keys: [], byKey: new Map() };

export interface FreightPage {
  items: readonly Freight[];
  /** Sort key of the last item if there may be more behind it. */
  last: string | undefined;
  /** How many items are behind the page; undefined where only counting would tell. */
  rest: number | undefined;
  resourceVersion: string;
}

/** Freight of every Project in the order of its discovery, kept in order change by change, so that a page costs what is on it. */
export class FreightOrder {
  readonly #shelves = new Map<string, Shelf>();
  readonly #index: ObjectIndex<Freight>;

  constructor(options: { client: Pick<Client, 'list' | 'watch'>; clock: Clock; log: Log }) {
    this.#index = new ObjectIndex({
      ...options,
      kind: Freight,
      onChange: (before, after) => {
        const [was, is] = [before === undefined ? undefined : keyOf(before), after === undefined ? undefined : keyOf(after)];
        if (before !== undefined && was !== undefined && was !== is) this.#remove(before, was);
        if (after !== undefined && is !== undefined) this.#put(after, is);
      },
    });
  }

  /** At most `limit` pieces behind the one with the sort key `after`; backwards if `reverse`. */
  async page(
    project: string,
    options: { limit: number; after: string | undefined; reverse: boolean; wanted?: ((freight: Freight) => boolean) | undefined },
  ): Promise<FreightPage> {
    await this.#index.synced();
    const { limit, after, reverse, wanted } = options;
    const { keys, byKey } = this.#shelves.get(project) ?? EMPTY;
    const step = reverse ? -1 : 1;
    let at = startOf(keys, after, reverse);
    const items: Freight[] = [];
    let last: string | undefined;
    for (; at >= 0 && at < keys.length && items.length < limit; at += step) {
      const key = keys[at] ?? '';
      const freight = byKey.get(key);
      if (freight === undefined || wanted?.(freight) === false) continue;
      items.push(freight);
      last = key;
    }
    const left = reverse ? at + 1 : keys.length - at;
    return {
      items,
      last: left > 0 ? last : undefined,
      rest: wanted === undefined ? left : undefined,
      resourceVersion: this.#index.revision,
    };
  }

  close(): Promise<void> {
    return this.#index.close();
  }

  #put(freight: Freight, key: string): void {
    const project = freight.metadata.namespace ?? '';
    const shelf = this.#shelves.get(project) ?? { keys: [], byKey: new Map<string, Freight>() };
    this.#shelves.set(project, shelf);
    if (!shelf.byKey.has(key)) shelf.keys.splice(lowerBound(shelf.keys, key), 0, key);
    shelf.byKey.set(key, freight);
  }

  #remove({ metadata }: Freight, key: string): void {
    const project = metadata.namespace ?? '';
    const shelf = this.#shelves.get(project);
    if (shelf?.byKey.delete(key) === true) shelf.keys.splice(lowerBound(shelf.keys, key), 1);
    if (shelf?.keys.length === 0) this.#shelves.delete(project);
  }
}

/** Sorts by discovery, then by name. */
function keyOf({ discoveredAt, metadata }: Freight): string {
  const at = Date.parse(discoveredAt ?? metadata.creationTimestamp ?? '');
  return `${String(Number.isNaN(at) ? 0 : at).padStart(15, '0')}/${metadata.name ?? ''}`;
}

function startOf(keys: readonly string[], after: string | undefined, reverse: boolean): number {
  if (after === undefined) return reverse ? keys.length - 1 : 0;
  const found = lowerBound(keys, after);
  if (reverse) return found - 1;
  return keys[found] === after ? found + 1 : found;
}

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
