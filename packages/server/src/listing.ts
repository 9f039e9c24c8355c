import { apiVersionOf, isReason, type Kind, type KubeObject } from '@kargo/api';
import type { ListOptions } from '@kargo/kube';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { attributesOf } from './access/access.ts';
import { pageOf, pageRequest } from './http/paging.ts';
import { queryFlag, queryText } from './http/query.ts';
import { streamWatch } from './http/sse.ts';
import { wireOf } from './http/wire.ts';
import { readOne } from './objects.ts';
import type { Services } from './services.ts';

export interface Listing<T extends KubeObject> {
  kind: Kind<T>;
  namespace?: string | undefined;
  /** Objects the caller wants. Default: all. */
  wanted?: ((object: T) => boolean) | undefined;
  labelSelector?: string | undefined;
}

/**
 * The body of a list as this API gives it: sorted by name, with the version from which a watch goes on, and a page of it if the caller
 * asks for one. A caller who may not list gets what it may read by name, and 403 if that is nothing.
 */
export async function listBody<T extends KubeObject>(
  services: Services,
  request: FastifyRequest,
  { kind, namespace, wanted, labelSelector }: Listing<T>,
): Promise<object> {
  const wire = wireOf(request);
  const page = pageRequest(request);
  const { items, metadata } = await visible(services, request, kind, { namespace, labelSelector });
  const sorted = (wanted === undefined ? items : items.filter(wanted)).toSorted(byName);
  const shown = page === undefined ? { page: sorted, rest: 0, next: undefined } : pageOf(sorted, nameOf, page);
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.listKind,
    metadata: {
      resourceVersion: listVersion(metadata.resourceVersion),
      ...(shown.next === undefined ? {} : { continue: shown.next, remainingItemCount: shown.rest }),
    },
    items: shown.page.map((object) => wire({ ...object, apiVersion: apiVersionOf(kind), kind: kind.kind })),
  };
}

/** Objects that the caller may see. Fails with `Forbidden` if there are none and the caller may not list. */
export async function visible<T extends KubeObject>(
  services: Services,
  request: FastifyRequest,
  kind: Kind<T>,
  options: ListOptions,
): Promise<Awaited<ReturnType<typeof services.privileged.list<T>>>> {
  try {
    return await services.clientFor(request).list(kind, options);
  } catch (refusal) {
    if (!isReason(refusal, 'Forbidden')) throw refusal;
    const all = await services.privileged.list(kind, options);
    const identity = services.identity(request);
    const items: T[] = [];
    for (const item of all.items.slice(0, MOST_ASKED)) {
      const { namespace, name } = item.metadata;
      if ((await services.access.decide(identity, attributesOf('get', kind, { namespace, name }))).allowed) items.push(item);
    }
    if (items.length === 0) throw refusal;
    return { ...all, items };
  }
}

/** Objects that are asked about one by one: each costs a decision. */
export const MOST_ASKED = 5000;

/** Answers with a list or, with `watch=true`, with its changes. */
export async function listOrWatch<T extends KubeObject>(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  listing: Listing<T>,
): Promise<unknown> {
  if (!queryFlag(request, 'watch')) return listBody(services, request, listing);
  const client = services.clientFor(request);
  const { kind, namespace, wanted } = listing;
  // Refusals come before the stream begins.
  await services.require(request, 'list', kind, { namespace });
  await services.require(request, 'watch', kind, { namespace });
  const resourceVersion = watchStart(request);
  const options = { namespace, resourceVersion, allowBookmarks: true };
  return streamWatch(request, reply, { client, kind, options, wanted, wire: wireOf(request), ...services.streaming });
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
  const options = {
    namespace: key.namespace,
    resourceVersion: watchStart(request),
    fieldSelector: `metadata.name=${key.name}`,
    allowBookmarks: true,
  };
  // Who may watch one object may not be able to watch all: the permission for the one has been checked.
  return streamWatch(request, reply, {
    client: services.privileged,
    kind,
    options,
    wire: wireOf(request),
    ...services.streaming,
  });
}

/** The version that a watch goes on from; absent: everything there is comes first. */
function watchStart(request: FastifyRequest): string | undefined {
  const version = queryText(request, 'resourceVersion');
  return version === '0' ? undefined : version;
}

/** A list that was never written to has no version to go on from. */
export function listVersion(resourceVersion: string | undefined): string {
  return resourceVersion === '0' ? '' : (resourceVersion ?? '');
}

export function byName(a: KubeObject, b: KubeObject): number {
  const left = nameOf(a);
  const right = nameOf(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

function nameOf({ metadata }: KubeObject): string {
  return metadata.name ?? '';
}
