import { isReason, type ApiError, type KubeObject } from '@kargo/api';
import type { Client, WatchEvent } from '@kargo/kube';
import type { FastifyRequest } from 'fastify';
import { attributesOf } from '../access/access.ts';
import { MOST_ASKED } from '../listing.ts';
import type { Services } from '../services.ts';
import type { Cursor } from './cursor.ts';
import type { Viewed } from './viewed.ts';

/** A sort of objects that the caller may see, all of it or some objects by name. */
export interface OpenedView extends Viewed {
  /** Objects that come first, if the caller has none yet. */
  first: readonly KubeObject[];
  /** What has changed since, as far as the caller may see it. */
  changes(options: { resourceVersion: string | undefined; signal: AbortSignal }): AsyncIterable<WatchEvent<KubeObject>>;
}

/** What of a view may be seen, and why the rest may not. */
export interface OpenedViews {
  opened: OpenedView[];
  refused: { resource: string; refusal: ApiError }[];
}

/** Finds out what of a view the caller may see, and reads what it has not seen yet; the cursor then stands behind that. */
export async function openViews(
  services: Services,
  request: FastifyRequest,
  views: readonly Viewed[],
  cursor: Cursor,
): Promise<OpenedViews> {
  const out: OpenedViews = { opened: [], refused: [] };
  for (const view of views)
    try {
      out.opened.push(await openView(services, request, view, cursor));
    } catch (refusal) {
      if (!isReason(refusal, 'Forbidden')) throw refusal;
      out.refused.push({ resource: view.resource, refusal });
    }
  return out;
}

async function openView(services: Services, request: FastifyRequest, view: Viewed, cursor: Cursor): Promise<OpenedView> {
  const { kind, namespace, name, resource } = view;
  const fieldSelector = name === undefined ? undefined : `metadata.name=${name}`;
  const isNew = cursor.of(resource) === undefined;
  const watchWith = (client: Client): OpenedView['changes'] => {
    return (options) => client.watch(kind, { namespace, fieldSelector, allowBookmarks: true, ...options });
  };
  const refusal = await refusalToAll(services, request, view);
  if (refusal === undefined) {
    // Who may watch one object may not be able to watch all: the permission for the one has been checked.
    const client = name === undefined ? services.clientFor(request) : services.privileged;
    const listed = isNew ? await client.list(kind, { namespace, fieldSelector }) : undefined;
    if (listed !== undefined) cursor.reach(resource, listed.metadata.resourceVersion);
    return { ...view, first: listed?.items ?? [], changes: watchWith(client) };
  }
  // Who may see some objects by name cannot watch all: each is asked about.
  const mayWatch = async ({ metadata }: KubeObject): Promise<boolean> => {
    const identity = services.identity(request);
    for (const verb of ['get', 'watch']) {
      const asked = attributesOf(verb, kind, { namespace, name: metadata.name });
      if (!(await services.access.decide(identity, asked)).allowed) return false;
    }
    return true;
  };
  const listed = await services.privileged.list(kind, { namespace, fieldSelector });
  const items: KubeObject[] = [];
  for (const item of listed.items.slice(0, MOST_ASKED)) if (await mayWatch(item)) items.push(item);
  if (items.length === 0) throw refusal;
  if (isNew) cursor.reach(resource, listed.metadata.resourceVersion);
  return {
    ...view,
    first: isNew ? items : [],
    async *changes(options) {
      for await (const event of watchWith(services.privileged)(options))
        if (event.type === 'BOOKMARK' || (await mayWatch(event.object))) yield event;
    },
  };
}

/** Why the caller may not see all objects of a sort; nothing if it may. */
async function refusalToAll(
  { require }: Services,
  request: FastifyRequest,
  { kind, namespace, name }: Viewed,
): Promise<ApiError | undefined> {
  try {
    for (const verb of [name === undefined ? 'list' : 'get', 'watch']) await require(request, verb, kind, { namespace, name });
    return undefined;
  } catch (refusal) {
    if (!isReason(refusal, 'Forbidden')) throw refusal;
    return refusal;
  }
}
