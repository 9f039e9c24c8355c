import { ABORT_TERMINATE, annotations, encodeRequest, isTerminalPromotionPhase, Promotion, Stage } from '@kargo/api';
import { annotate, askForRefresh } from '../annotate.ts';
import { param, queryText } from '../http/query.ts';
import { getOrWatch, listOrWatch } from '../listing.ts';
import type { Routes } from '../route.ts';
import { readOne } from '../objects.ts';

/** Promotions: read, refresh, abort. */
export const promotionRoutes: Routes = (server, services) => {
  const { clientFor, privileged, config, actor } = services;

  server.get('/promotions', (request, reply) => {
    const stage = queryText(request, 'stage');
    return listOrWatch(services, request, reply, {
      kind: Promotion,
      namespace: param(request, 'project'),
      wanted: stage === undefined ? undefined : ({ spec }) => spec.stage === stage,
    });
  });

  server.get('/promotions/:promotion', (request, reply) =>
    getOrWatch(services, request, reply, Promotion, { namespace: param(request, 'project'), name: param(request, 'promotion') }),
  );

  server.post('/promotions/:promotion/refresh', async (request, reply) => {
    const key = { namespace: param(request, 'project'), name: param(request, 'promotion') };
    await askForRefresh(privileged, config.clock, Promotion, await readOne(clientFor(request), Promotion, key));
    return reply.code(200).send();
  });

  server.post('/promotions/:promotion/abort', async (request, reply) => {
    const client = clientFor(request);
    const key = { namespace: param(request, 'project'), name: param(request, 'promotion') };
    const promotion = await readOne(client, Promotion, key);
    await services.require(request, 'patch', Promotion, key);
    await services.require(request, 'promote', Stage, { namespace: key.namespace, name: promotion.spec.stage });
    if (!isTerminalPromotionPhase(promotion.status?.phase)) {
      const value = encodeRequest({ action: ABORT_TERMINATE, actor: actor(request) });
      await annotate(client, Promotion, key, annotations.abort, value);
    }
    return reply.code(200).send();
  });
};
