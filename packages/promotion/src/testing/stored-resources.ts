import { conflict, keyOf, keyText, notFound, type Kind, type KubeObject, type ObjectKey } from '@kargo/api';
import { clone, type Client, type ListOptions, type Patch } from '@kargo/kube';

/** A few resources that can be read and written as through the API: with versions, conflicts and label selectors of one term. */
export class StoredResources implements Pick<Client, 'get' | 'updateStatus' | 'patch'> {
  /** What was written, in order. */
  readonly writes: string[] = [];
  /** Called before each write, e.g. to write something in between or to fail. */
  beforeWrite: () => void = () => undefined;
  readonly #objects = new Map<string, KubeObject>();
  #version = 0;

  constructor(...objects: KubeObject[]) {
    for (const object of objects) this.put(object);
  }

  /** As a client. */
  get client(): Client {
    return this as unknown as Client;
  }

  put(object: KubeObject): void {
    this.#version += 1;
    this.#objects.set(`${object.kind} ${keyText(keyOf(object))}`, {
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(this.#version) },
    });
  }

  read<T extends KubeObject>(kind: Kind<T>, key: ObjectKey): T {
    const found = this.#objects.get(`${kind.kind} ${keyText(key)}`);
    if (found === undefined) throw notFound(kind as unknown as Kind<KubeObject>, key);
    return found as T;
  }

  async get<T extends KubeObject>(kind: Kind<T>, key: ObjectKey): Promise<T> {
    return this.read(kind, key);
  }

  async list<T extends KubeObject>(kind: Kind<T>, { namespace, labelSelector = '' }: ListOptions = {}): Promise<{ items: T[] }> {
    const [label = '', value] = labelSelector.split('=');
    const items = [...this.#objects.values()].filter(
      ({ kind: name, metadata }) =>
        name === kind.kind && metadata.namespace === namespace && (label === '' || metadata.labels?.[label] === value),
    );
    return { items: items as T[] };
  }

  async updateStatus<T extends KubeObject>(kind: Kind<T>, object: T): Promise<T> {
    this.#write(kind, keyOf(object), object.metadata.resourceVersion, (found) => ({
      ...found,
      ...('status' in object ? { status: object.status } : {}),
    }));
    return this.read(kind, keyOf(object));
  }

  async patch<T extends KubeObject>(kind: Kind<T>, key: ObjectKey, patch: Patch): Promise<T> {
    if (patch.type !== 'merge') throw new Error(`the test did not expect a patch of type ${patch.type}`);
    const { metadata = {}, ...rest } = patch.body as { metadata?: { resourceVersion?: string; labels?: object } };
    this.#write(kind, key, metadata.resourceVersion, (found) => ({
      ...found,
      ...rest,
      metadata: { ...found.metadata, labels: { ...found.metadata.labels, ...metadata.labels } },
    }));
    return this.read(kind, key);
  }

  #write<T extends KubeObject>(
    kind: Kind<T>,
    key: ObjectKey,
    version: string | undefined,
    change: (found: T) => KubeObject,
  ): void {
    this.beforeWrite();
    const found = this.read(kind, key);
    if (version !== undefined && version !== found.metadata.resourceVersion)
      throw conflict(kind as unknown as Kind<KubeObject>, key, 'it was changed meanwhile');
    this.writes.push(`${kind.kind} ${keyText(key)}`);
    this.put(clone(change(found)));
  }
}
