import { PromotionTask } from '@kargo/api';
import { param } from '../http/query.ts';
import { getOrWatch, listOrWatch } from '../listing.ts';
import type { Routes } from '../route.ts';

/** Tasks of a Project. */
export const promotionTaskRoutes: Routes = (server, services) => {
  server.get('/promotion-tasks', (request, reply) =>
    listOrWatch(services, request, reply, { kind: PromotionTask, namespace: param(request, 'project') }),
  );

  server.get('/promotion-tasks/:task', (request, reply) =>
    getOrWatch(services, request, reply, PromotionTask, { namespace: param(request, 'project'), name: param(request, 'task') }),
  );
};
