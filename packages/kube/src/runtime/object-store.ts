import { keyOf, keyText, type Kind, type KubeObject, type ObjectKey } from '@kargo/api';
import { parseLabelSelector } from '@kargo/gocompat';
import type { Index } from './cache.ts';

type Keys<T> = (object: T) => readonly string[];

interface Filed<T> {
  keys: Keys<T>;
  values: Map<string, Shelf<T>>;
}

/** The index every namespaced kind has. */
const BY_NAMESPACE = 'metadata.namespace';

/** Objects by key, and in the order of keys: sorted at the first look after a change, so that looking again costs nothing. */
class Shelf<T> {
  readonly #objects = new Map<string, T>();
  #sorted: readonly T[] | undefined;

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  set(key: string, object: T): void {
    this.#objects.set(key, object);
    this.#sorted = undefined;
  }

  delete(key: string): void {
    if (this.#objects.delete(key)) this.#sorted = undefined;
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys();
  }

  entries(): IterableIterator<[string, T]> {
    return this.#objects.entries();
  }

  /** Frozen and shared until the next change. */
  sorted(): readonly T[] {
    this.#sorted ??= Object.freeze([...this.#objects].toSorted(byKey).map(([, object]) => object));
    return this.#sorted;
  }
}

/** What an informer knows of one kind: objects by key, filed in indexes. Lists are in the order of keys, frozen and shared. */
export class ObjectStore<T extends KubeObject> {
  readonly #objects = new Shelf<T>();
  readonly #indexes = new Map<string, Filed<T>>();
  readonly #kind: Kind<T>;

  constructor(kind: Kind<T>) {
    this.#kind = kind;
    const keys: Keys<T> = ({ metadata }) => (metadata.namespace === undefined ? [] : [metadata.namespace]);
    this.addIndex({ kind, name: BY_NAMESPACE, keys });
  }

  get size(): number {
    return this.#objects.size;
  }

  /** Files what is there already too. A second index of the same name is a programmer error. */
  addIndex(index: Index<T>): void {
    if (this.#indexes.has(index.name))
      throw new Error(`programmer error: ${this.#kind.kind} has an index "${index.name}" already`);
    const filed: Filed<T> = { keys: index.keys, values: new Map() };
    this.#indexes.set(index.name, filed);
    for (const [key, object] of this.#objects.entries()) file(filed, key, object);
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(keyText(key));
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys();
  }

  byText(key: string): T | undefined {
    return this.#objects.get(key);
  }

  /** Files the object under its key and in every index; returns what it replaces. */
  set(object: T): T | undefined {
    const key = keyText(keyOf(object));
    const old = this.#objects.get(key);
    this.#objects.set(key, object);
    for (const filed of this.#indexes.values()) {
      if (old !== undefined) unfile(filed, key, old);
      file(filed, key, object);
    }
    return old;
  }

  delete(key: string): T | undefined {
    const old = this.#objects.get(key);
    if (old === undefined) return undefined;
    this.#objects.delete(key);
    for (const filed of this.#indexes.values()) unfile(filed, key, old);
    return old;
  }

  list(options: { namespace?: string | undefined; labelSelector?: string | undefined } = {}): readonly T[] {
    const everywhere = options.namespace === undefined || options.namespace === '';
    const found = everywhere ? this.#objects.sorted() : this.byIndex(BY_NAMESPACE, options.namespace ?? '');
    if (options.labelSelector === undefined || options.labelSelector === '') return found;
    const selector = parseLabelSelector(options.labelSelector);
    return found.filter(({ metadata }) => selector.matches(metadata.labels));
  }

  byIndex(name: string, value: string): readonly T[] {
    const filed = this.#indexes.get(name);
    if (filed === undefined)
      throw new Error(`programmer error: ${this.#kind.kind} has no index "${name}"; add it before the manager starts`);
    return filed.values.get(value)?.sorted() ?? [];
  }
}

function file<T>({ keys, values }: Filed<T>, key: string, object: T): void {
  for (const value of keys(object)) {
    let shelf = values.get(value);
    if (shelf === undefined) {
      shelf = new Shelf();
      values.set(value, shelf);
    }
    shelf.set(key, object);
  }
}

function unfile<T>({ keys, values }: Filed<T>, key: string, object: T): void {
  for (const value of keys(object)) {
    const shelf = values.get(value);
    if (shelf === undefined) continue;
    shelf.delete(key);
    if (shelf.size === 0) values.delete(value);
  }
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
