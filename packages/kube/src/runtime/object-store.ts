import { keyOf, keyText, type Kind, type KubeObject, type ObjectKey } from '@kargo/api';
import { parseLabelSelector } from '@kargo/gocompat';
import type { Index } from './cache.ts';

type Keys<T> = (object: T) => readonly string[];

interface Filed<T> {
  keys: Keys<T>;
  values: Map<string, Map<string, T>>;
}

/** The index every namespaced kind has. */
const BY_NAMESPACE = 'metadata.namespace';

/** What an informer knows of one kind: objects by key, filed in indexes. Lists are in the order of keys. */
export class ObjectStore<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, Filed<T>>();
  readonly #kind: Kind<T>;

  constructor(kind: Kind<T>) {
    this.#kind = kind;
    this.addIndex({
      kind,
      name: BY_NAMESPACE,
      keys: ({ metadata }) => (metadata.namespace === undefined ? [] : [metadata.namespace]),
    });
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
    for (const [key, object] of this.#objects) file(filed, key, object);
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

  list(options: { namespace?: string | undefined; labelSelector?: string | undefined } = {}): T[] {
    const found =
      options.namespace === undefined || options.namespace === ''
        ? [...this.#objects.values()]
        : [...this.byIndex(BY_NAMESPACE, options.namespace)];
    if (options.labelSelector === undefined || options.labelSelector === '') return found.toSorted(byKey);
    const selector = parseLabelSelector(options.labelSelector);
    return found.filter(({ metadata }) => selector.matches(metadata.labels)).toSorted(byKey);
  }

  byIndex(name: string, value: string): readonly T[] {
    const filed = this.#indexes.get(name);
    if (filed === undefined)
      throw new Error(`programmer error: ${this.#kind.kind} has no index "${name}"; add it before the manager starts`);
    const found = filed.values.get(value);
    return found === undefined ? [] : [...found.values()].toSorted(byKey);
  }
}

function file<T>({ keys, values }: Filed<T>, key: string, object: T): void {
  for (const value of keys(object)) {
    const bucket = values.get(value);
    if (bucket === undefined) values.set(value, new Map([[key, object]]));
    else bucket.set(key, object);
  }
}

function unfile<T>({ keys, values }: Filed<T>, key: string, object: T): void {
  for (const value of keys(object)) {
    const bucket = values.get(value);
    if (bucket === undefined) continue;
    bucket.delete(key);
    if (bucket.size === 0) values.delete(value);
  }
}

function byKey(a: KubeObject, b: KubeObject): number {
  const left = keyText(keyOf(a));
  const right = keyText(keyOf(b));
  return left < right ? -1 : left > right ? 1 : 0;
}
