import { AnalysisRun, AnalysisTemplate } from '@kargo/api';
import { HttpError } from '../http/http-error.ts';
import { param } from '../http/query.ts';
import { getOrWatch, listOrWatch } from '../listing.ts';
import type { Routes } from '../route.ts';

/** Templates and runs of verifications. */
export const analysisRoutes: Routes = (server, services) => {
  server.addHook('preHandler', async () => {
    if (!services.config.analysis) throw new HttpError(501, 'Argo Rollouts integration is not enabled');
  });

  server.get('/analysis-templates', (request, reply) =>
    listOrWatch(services, request, reply, { kind: AnalysisTemplate, namespace: param(request, 'project') }),
  );

  server.get('/analysis-templates/:template', (request, reply) =>
    getOrWatch(services, request, reply, AnalysisTemplate, {
      namespace: param(request, 'project'),
      name: param(request, 'template'),
    }),
  );

  server.delete('/analysis-templates/:template', async (request, reply) => {
    const key = { namespace: param(request, 'project'), name: param(request, 'template') };
    await services.clientFor(request).delete(AnalysisTemplate, key);
    return reply.code(204).send();
  });

  server.get('/analysis-runs/:run', (request, reply) =>
    getOrWatch(services, request, reply, AnalysisRun, { namespace: param(request, 'project'), name: param(request, 'run') }),
  );
};
