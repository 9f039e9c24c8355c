import { apiVersionOf, Event } from '@kargo/api';
import { param } from '../http/query.ts';
import { listVersion } from '../listing.ts';
import type { Routes } from '../route.ts';
import { isOwnEvent } from '../views/viewed.ts';

/** What happened to the Promotions and Freight of a Project, newest first. */
export const eventRoutes: Routes = (server, services) => {
  server.get('/events', async (request) => {
    const { items, metadata } = await services.clientFor(request).list(Event, { namespace: param(request, 'project') });
    return {
      apiVersion: apiVersionOf(Event),
      kind: Event.listKind,
      metadata: { resourceVersion: listVersion(metadata.resourceVersion) },
      items: items.filter(isOwnEvent).toSorted((a, b) => lastSeen(b) - lastSeen(a)),
    };
  });
};

function lastSeen({ lastTimestamp }: Event): number {
  const at = Date.parse(lastTimestamp ?? '');
  return Number.isNaN(at) ? 0 : at;
}
