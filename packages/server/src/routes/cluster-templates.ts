import { ClusterAnalysisTemplate, ClusterPromotionTask } from '@kargo/api';
import { HttpError } from '../http/http-error.ts';
import { param } from '../http/query.ts';
import { getOrWatch, listOrWatch } from '../listing.ts';
import type { Routes } from '../route.ts';

/** Templates and tasks of the whole cluster, which all Projects share. */
export const clusterTemplateRoutes: Routes = (server, services) => {
  const requireAnalysis = async (): Promise<void> => {
    if (!services.config.analysis) throw new HttpError(501, 'Argo Rollouts integration is not enabled');
  };

  server.get('/shared/cluster-analysis-templates', { preHandler: requireAnalysis }, (request, reply) =>
    listOrWatch(services, request, reply, { kind: ClusterAnalysisTemplate }),
  );

  server.get('/shared/cluster-analysis-templates/:template', { preHandler: requireAnalysis }, (request, reply) =>
    getOrWatch(services, request, reply, ClusterAnalysisTemplate, { name: param(request, 'template') }),
  );

  server.delete('/shared/cluster-analysis-templates/:template', { preHandler: requireAnalysis }, async (request, reply) => {
    await services.clientFor(request).delete(ClusterAnalysisTemplate, { name: param(request, 'template') });
    return reply.code(204).send();
  });

  server.get('/shared/cluster-promotion-tasks', (request, reply) =>
    listOrWatch(services, request, reply, { kind: ClusterPromotionTask }),
  );

  server.get('/shared/cluster-promotion-tasks/:task', (request, reply) =>
    getOrWatch(services, request, reply, ClusterPromotionTask, { name: param(request, 'task') }),
  );
};
