import type { Kind, KubeObject, ObjectKey } from '@kargo/api';
import type { ListOptions } from '../client/client.ts';

/**
 * Reads from memory what informers have seen: synchronous, cheap, possibly a moment behind the store. Objects are frozen and shared.
 * Asking for a kind that is not watched yet is a programmer error.
 */
export interface Cache {
  get<T extends KubeObject>(kind: Kind<T>, key: ObjectKey): T | undefined;
  list<T extends KubeObject>(kind: Kind<T>, options?: Pick<ListOptions, 'namespace' | 'labelSelector'>): readonly T[];
  /** Objects of `kind` that the index `name` files under `value`. */
  byIndex<T extends KubeObject>(kind: Kind<T>, name: string, value: string): readonly T[];
}

/** Files objects under the values that `keys` returns. Registered with the manager before it starts. */
export interface Index<T extends KubeObject = KubeObject> {
  kind: Kind<T>;
  name: string;
  keys: (object: T) => readonly string[];
}
