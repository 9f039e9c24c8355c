import type { Kind, KubeList, KubeObject, ObjectKey } from '@kargo/api';
import type {
  CallOptions,
  Client,
  DeleteOptions,
  ListOptions,
  Patch,
  PatchOptions,
  UserInfo,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from '@kargo/kube';
import type { Registry } from './registry/registry.ts';

/** The client port over a registry in this process, acting as one user. */
export class EmbeddedClient implements Client {
  readonly #registry: Registry;
  readonly #user: UserInfo;

  constructor(registry: Registry, user: UserInfo) {
    this.#registry = registry;
    this.#user = user;
  }

  // Registries know objects, not their types: the kind vouches for the type here, as its schema does on the way in.
  async get<T extends KubeObject>(kind: Kind<T>, key: ObjectKey, { signal }: CallOptions = {}): Promise<T> {
    signal?.throwIfAborted();
    return this.#registry.get(kind, key) as T;
  }

  async list<T extends KubeObject>(kind: Kind<T>, options: ListOptions = {}): Promise<KubeList<T>> {
    options.signal?.throwIfAborted();
    return this.#registry.list(kind, options) as KubeList<T>;
  }

  watch<T extends KubeObject>(kind: Kind<T>, options: WatchOptions = {}): AsyncIterable<WatchEvent<T>> {
    return this.#registry.watch(kind, options) as AsyncIterable<WatchEvent<T>>;
  }

  async create<T extends KubeObject>(kind: Kind<T>, object: T, options: WriteOptions = {}): Promise<T> {
    options.signal?.throwIfAborted();
    return (await this.#registry.create(kind, object, { user: this.#user, options })) as T;
  }

  async update<T extends KubeObject>(kind: Kind<T>, object: T, options: WriteOptions = {}): Promise<T> {
    options.signal?.throwIfAborted();
    return (await this.#registry.update(kind, object, { user: this.#user, options })) as T;
  }

  async updateStatus<T extends KubeObject>(kind: Kind<T>, object: T, options: WriteOptions = {}): Promise<T> {
    options.signal?.throwIfAborted();
    return (await this.#registry.update(kind, object, { user: this.#user, options, subresource: 'status' })) as T;
  }

  async patch<T extends KubeObject>(kind: Kind<T>, key: ObjectKey, patch: Patch, options: PatchOptions = {}): Promise<T> {
    options.signal?.throwIfAborted();
    const { subresource, ...rest } = options;
    return (await this.#registry.patch(kind, key, patch, { user: this.#user, options: rest, subresource })) as T;
  }

  async delete<T extends KubeObject>(kind: Kind<T>, key: ObjectKey, options: DeleteOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    await this.#registry.delete(kind, key, options, this.#user);
  }
}
