import { forbidden, type Kind, type KubeObject } from '@kargo/api';
import type { Authorizer, Client, UserInfo, WatchEvent } from '@kargo/kube';

type AnyKind = Pick<Kind, 'group' | 'plural'>;
type PartialKey = { namespace?: string | undefined; name?: string | undefined };

/** Fails with `Forbidden` unless the user may do `verb` there. */
export async function mustBeAllowed(
  authorizer: Authorizer | undefined,
  user: UserInfo,
  verb: string,
  kind: AnyKind,
  key: PartialKey,
  subresource?: string,
): Promise<void> {
  const attributes = { verb, group: kind.group, resource: kind.plural, subresource, namespace: key.namespace, name: key.name };
  const answer = await authorizer?.authorize(user, attributes);
  if (answer?.allowed === true) return;
  const what = subresource === undefined ? kind : { ...kind, plural: `${kind.plural}/${subresource}` };
  throw forbidden(what as Kind, { name: key.name ?? '' }, `${verb} is not permitted`);
}

/** A client that asks the authorizer before every call. Without an authorizer nothing is allowed. */
export function authorizedClient(client: Client, user: UserInfo, authorizer: Authorizer | undefined): Client {
  const check = (verb: string, kind: AnyKind, key: PartialKey, subresource?: string): Promise<void> =>
    mustBeAllowed(authorizer, user, verb, kind, key, subresource);
  return {
    async get(kind, key, options) {
      await check('get', kind, key);
      return client.get(kind, key, options);
    },
    async list(kind, options) {
      await check('list', kind, { namespace: options?.namespace });
      return client.list(kind, options);
    },
    async create(kind, object, options) {
      await check('create', kind, { namespace: object.metadata.namespace });
      return client.create(kind, object, options);
    },
    async update(kind, object, options) {
      await check('update', kind, object.metadata);
      return client.update(kind, object, options);
    },
    async updateStatus(kind, object, options) {
      await check('update', kind, object.metadata, 'status');
      return client.updateStatus(kind, object, options);
    },
    async patch(kind, key, patch, options) {
      await check('patch', kind, key, options?.subresource);
      return client.patch(kind, key, patch, options);
    },
    async delete(kind, key, options) {
      await check('delete', kind, key);
      return client.delete(kind, key, options);
    },
    async *watch<T extends KubeObject>(kind: Kind<T>, options?: Parameters<Client['watch']>[1]): AsyncGenerator<WatchEvent<T>> {
      await check('watch', kind, { namespace: options?.namespace });
      yield* client.watch(kind, options);
    },
  };
}
