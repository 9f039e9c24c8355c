import { Warehouse } from '@kargo/api';
import { askForRefresh } from '../annotate.ts';
import { param } from '../http/query.ts';
import { getOrWatch, listOrWatch } from '../listing.ts';
import type { Routes } from '../route.ts';
import { readOne } from '../objects.ts';

/** Warehouses: read, delete, refresh. */
export const warehouseRoutes: Routes = (server, services) => {
  const { clientFor, privileged, config } = services;

  server.get('/warehouses', (request, reply) =>
    listOrWatch(services, request, reply, { kind: Warehouse, namespace: param(request, 'project') }),
  );

  server.get('/warehouses/:warehouse', (request, reply) =>
    getOrWatch(services, request, reply, Warehouse, { namespace: param(request, 'project'), name: param(request, 'warehouse') }),
  );

  server.delete('/warehouses/:warehouse', async (request, reply) => {
    await clientFor(request).delete(Warehouse, { namespace: param(request, 'project'), name: param(request, 'warehouse') });
    return reply.code(204).send();
  });

  server.post('/warehouses/:warehouse/refresh', async (request, reply) => {
    const key = { namespace: param(request, 'project'), name: param(request, 'warehouse') };
    await askForRefresh(privileged, config.clock, Warehouse, await readOne(clientFor(request), Warehouse, key));
    return reply.code(200).send();
  });
};
