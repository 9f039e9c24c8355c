import { apiVersionOf, type Kind, type KubeObject } from '@kargo/api';
import type { Client, ListOptions } from '@kargo/kube';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { queryFlag, queryText } from './http/query.ts';
import { streamWatch } from './http/sse.ts';
import { wireOf } from './http/wire.ts';
import { readOne, type Services } from './services.ts';

export interface Listing<T extends KubeObject> {
  kind: Kind<T>;
  namespace?: string | undefined;
  /** Objects the caller wants. Default: all. */
  wanted?: ((object: T) => boolean) | undefined;
}

/** The body of a list as this API gives it: sorted by name, with the version from which a watch goes on. */
export async function listBody<T extends KubeObject>(
  request: FastifyRequest,
  client: Client,
  listing: Listing<T>,
  options: ListOptions = {},
): Promise<object> {
  const { kind, namespace, wanted } = listing;
  const wire = wireOf(request);
  const { items, metadata } = await client.list(kind, { ...options, namespace });
  const shown = wanted === undefined ? items : items.filter(wanted);
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.listKind,
    metadata: { resourceVersion: listVersion(metadata.resourceVersion) },
    items: shown.toSorted(byName).map((object) => wire({ ...object, apiVersion: apiVersionOf(kind), kind: kind.kind })),
  };
}

/** Answers with a list or, with `watch=true`, with its changes. */
export async function listOrWatch<T extends KubeObject>(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  listing: Listing<T>,
): Promise<unknown> {
  const client = services.clientFor(request);
  if (!queryFlag(request, 'watch')) return listBody(request, client, listing);
  const { kind, namespace, wanted } = listing;
  // Refusals come before the stream begins.
  await services.require(request, 'list', kind, { namespace });
  await services.require(request, 'watch', kind, { namespace });
  const resourceVersion = queryText(request, 'resourceVersion');
  const options = { namespace, resourceVersion, allowBookmarks: true };
  return streamWatch(request, reply, { client, kind, options, wanted, wire: wireOf(request), clock: services.config.clock });
}

/** Answers with one object or, with `watch=true`, with the object and its changes. */
export async function getOrWatch<T extends KubeObject>(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  kind: Kind<T>,
  key: { namespace?: string | undefined; name: string },
): Promise<unknown> {
  const client = services.clientFor(request);
  const object = await readOne(client, kind, key);
  if (!queryFlag(request, 'watch')) return wireOf(request)(object);
  await services.require(request, 'watch', kind, key);
  const options = { namespace: key.namespace, fieldSelector: `metadata.name=${key.name}`, allowBookmarks: true };
  return streamWatch(request, reply, { client, kind, options, wire: wireOf(request), clock: services.config.clock });
}

/** A list that was never written to has no version to go on from. */
export function listVersion(resourceVersion: string | undefined): string {
  return resourceVersion === '0' ? '' : (resourceVersion ?? '');
}

export function byName(a: KubeObject, b: KubeObject): number {
  const left = a.metadata.name ?? '';
  const right = b.metadata.name ?? '';
  return left < right ? -1 : left > right ? 1 : 0;
}
