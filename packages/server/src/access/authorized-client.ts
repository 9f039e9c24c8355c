import type { Kind, KubeObject } from '@kargo/api';
import type { Client, WatchEvent } from '@kargo/kube';

type AnyKind = Pick<Kind, 'group' | 'plural'>;
type PartialKey = { namespace?: string | undefined; name?: string | undefined };

/** Questions that come before calls; each fails with `Forbidden`. */
export interface ClientChecks {
  may(verb: string, kind: AnyKind, key: PartialKey, subresource?: string): Promise<void>;
  /** Beyond the verb: whether the caller may make this of the object. `object` is absent for patches and deletions. */
  mayWrite(kind: AnyKind, key: PartialKey, object?: KubeObject): Promise<void>;
}

/** A client that asks before every call. */
export function authorizedClient(client: Client, { may, mayWrite }: ClientChecks): Client {
  return {
    async get(kind, key, options) {
      await may('get', kind, key);
      return client.get(kind, key, options);
    },
    async list(kind, options) {
      await may('list', kind, { namespace: options?.namespace });
      return client.list(kind, options);
    },
    async create(kind, object, options) {
      await may('create', kind, { namespace: object.metadata.namespace });
      await mayWrite(kind, object.metadata, object);
      return client.create(kind, object, options);
    },
    async update(kind, object, options) {
      await may('update', kind, object.metadata);
      await mayWrite(kind, object.metadata, object);
      return client.update(kind, object, options);
    },
    async updateStatus(kind, object, options) {
      await may('update', kind, object.metadata, 'status');
      return client.updateStatus(kind, object, options);
    },
    async patch(kind, key, patch, options) {
      await may('patch', kind, key, options?.subresource);
      if (options?.subresource === undefined) await mayWrite(kind, key);
      return client.patch(kind, key, patch, options);
    },
    async delete(kind, key, options) {
      await may('delete', kind, key);
      await mayWrite(kind, key);
      return client.delete(kind, key, options);
    },
    async *watch<T extends KubeObject>(kind: Kind<T>, options?: Parameters<Client['watch']>[1]): AsyncGenerator<WatchEvent<T>> {
      await may('watch', kind, { namespace: options?.namespace });
      yield* client.watch(kind, options);
    },
  };
}
