import { analysisRunLogs, runLogPlace } from '@kargo/analysis';
import { AnalysisRun, AnalysisTemplate, Stage } from '@kargo/api';
import type { FastifyRequest } from 'fastify';
import { whenGone } from '../http/event-stream.ts';
import { HttpError } from '../http/http-error.ts';
import { param, queryText } from '../http/query.ts';
import { streamText } from '../http/text-stream.ts';
import { getOrWatch, listOrWatch } from '../listing.ts';
import { readRunLogSource, stageNameOf } from '../analysis/run-log-source.ts';
import { findOne, readOne } from '../objects.ts';
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

  server.get('/analysis-runs/:run/logs', async (request, reply) => {
    const namespace = param(request, 'project');
    const run = param(request, 'run');
    const { jobLogs, runLogs, fetch } = services.config;
    if (jobLogs === undefined && runLogs === undefined) throw new HttpError(501, 'AnalysisRun log streaming is not configured');
    await readOne(services.clientFor(request), AnalysisRun, { namespace, name: run });
    const leaving = whenGone(reply);
    const wanted = {
      namespace,
      run,
      metric: queryText(request, 'metricName'),
      container: queryText(request, 'containerName'),
      measurement: whole(request, 'measurement', 0),
      attempt: whole(request, 'attempt', 1),
      follow: queryText(request, 'follow') !== 'false',
      signal: leaving.signal,
    };
    const reader = services.privileged;
    if (runLogs !== undefined) {
      if (fetch === undefined) throw new Error('programmer error: logs are elsewhere, but there is no way to reach them');
      const place = await runLogPlace(wanted, reader);
      const stage = await findOne(reader, Stage, { namespace, name: stageNameOf(place.run) });
      const elsewhere = await readRunLogSource(runLogs, place, { stage, fetch, signal: leaving.signal });
      return streamText(request, reply, services.streaming, elsewhere, leaving);
    }
    if (jobLogs === undefined) return reply;
    const pieces = await analysisRunLogs(wanted, { reader, logs: jobLogs, clock: services.config.clock });
    return streamText(request, reply, services.streaming, pieces, leaving);
  });
};

function whole(request: FastifyRequest, name: string, least: number): number | undefined {
  const text = queryText(request, name);
  if (text === undefined) return undefined;
  if (!/^\d{1,6}$/.test(text) || Number(text) < least)
    throw new HttpError(400, `${name} must be a whole number from ${least} on; found ${JSON.stringify(text)}`);
  return Number(text);
}
