import type { Kind, KubeObject, ObjectKey } from '@kargo/api';
import type { Client, WatchEvent } from '../client/client.ts';

/** One call of a client, before it happens. */
export interface ClientCall {
  verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'updateStatus' | 'patch' | 'delete';
  kind: Kind<KubeObject>;
  /** Absent parts are not known yet: a list has no name, a create with generateName neither. */
  key: { namespace?: string | undefined; name?: string | undefined };
  /** The object or patch to be written. */
  body?: unknown;
}

/** What stands between a caller and a client. */
export interface ClientHooks {
  /**
   * Around every call but watches. Throw before `next` to fail it, throw after it to lose the answer of a call that happened, wait to
   * delay it.
   */
  around?: <R>(call: ClientCall, next: () => Promise<R>) => Promise<R>;
  /** Before a watch begins; throwing fails it. */
  watch?: (call: ClientCall) => void | Promise<void>;
  /** For every event of a watch: false loses it, throwing breaks the watch, waiting delays it. */
  event?: (call: ClientCall, event: WatchEvent<KubeObject>) => boolean | Promise<boolean>;
}

/** A client that passes every call through `hooks`: for faults, delays, lost events and records. */
export function interceptClient(client: Client, hooks: ClientHooks): Client {
  const around = <R>(call: ClientCall, next: () => Promise<R>): Promise<R> =>
    hooks.around === undefined ? next() : hooks.around(call, next);

  const call = (
    verb: ClientCall['verb'],
    kind: unknown,
    key: { namespace?: string | undefined; name?: string | undefined },
    body?: unknown,
  ): ClientCall => ({ verb, kind: kind as Kind<KubeObject>, key, ...(body === undefined ? {} : { body }) });

  return {
    get: (kind, key, options) => around(call('get', kind, key), () => client.get(kind, key, options)),
    list: (kind, options) => around(call('list', kind, { namespace: options?.namespace }), () => client.list(kind, options)),
    create: (kind, object, options) =>
      around(call('create', kind, keyIn(object), object), () => client.create(kind, object, options)),
    update: (kind, object, options) =>
      around(call('update', kind, keyIn(object), object), () => client.update(kind, object, options)),
    updateStatus: (kind, object, options) =>
      around(call('updateStatus', kind, keyIn(object), object), () => client.updateStatus(kind, object, options)),
    patch: (kind, key, patch, options) => around(call('patch', kind, key, patch), () => client.patch(kind, key, patch, options)),
    delete: (kind, key: ObjectKey, options) => around(call('delete', kind, key), () => client.delete(kind, key, options)),
    async *watch<T extends KubeObject>(kind: Kind<T>, options?: Parameters<Client['watch']>[1]): AsyncGenerator<WatchEvent<T>> {
      const watched = call('watch', kind, { namespace: options?.namespace });
      await hooks.watch?.(watched);
      for await (const event of client.watch(kind, options))
        if (hooks.event === undefined || (await hooks.event(watched, event))) yield event;
    },
  };
}

function keyIn({ metadata }: KubeObject): { namespace?: string | undefined; name?: string | undefined } {
  return { namespace: metadata.namespace, name: metadata.name };
}
