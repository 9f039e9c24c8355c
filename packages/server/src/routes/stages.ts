import { isReason, Promotion, Stage } from '@kargo/api';
import { annotate, askForRefresh } from '../annotate.ts';
import { param, queryList } from '../http/query.ts';
import { getOrWatch, listOrWatch } from '../listing.ts';
import type { Routes } from '../route.ts';
import { readOne } from '../objects.ts';
import { annotations } from '@kargo/api';

/** Stages: read, delete, refresh. */
export const stageRoutes: Routes = (server, services) => {
  const { clientFor, privileged, config } = services;

  server.get('/stages', (request, reply) => {
    const origins = new Set(queryList(request, 'freightOrigins'));
    // Stages behind others name the origin of what they take too, so that looking at each alone is enough.
    const wanted = (stage: Stage): boolean => stage.spec.requestedFreight.some(({ origin }) => origins.has(origin.name));
    return listOrWatch(services, request, reply, {
      kind: Stage,
      namespace: param(request, 'project'),
      wanted: origins.size === 0 ? undefined : wanted,
    });
  });

  server.get('/stages/:stage', (request, reply) =>
    getOrWatch(services, request, reply, Stage, { namespace: param(request, 'project'), name: param(request, 'stage') }),
  );

  server.delete('/stages/:stage', async (request, reply) => {
    await clientFor(request).delete(Stage, { namespace: param(request, 'project'), name: param(request, 'stage') });
    return reply.code(204).send();
  });

  server.post('/stages/:stage/refresh', async (request, reply) => {
    const namespace = param(request, 'project');
    const stage = await readOne(clientFor(request), Stage, { namespace, name: param(request, 'stage') });
    const refreshed = await askForRefresh(privileged, config.clock, Stage, stage);
    const name = stage.status?.currentPromotion?.name;
    const token = refreshed.metadata.annotations?.[annotations.refresh] ?? '';
    if (name !== undefined) {
      try {
        await annotate(privileged, Promotion, { namespace, name }, annotations.refresh, token);
      } catch (error) {
        // It may have been collected since the Stage looked at it.
        if (!isReason(error, 'NotFound')) throw error;
      }
    }
    return reply.code(200).send();
  });
};
