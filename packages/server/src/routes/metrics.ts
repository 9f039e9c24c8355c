import type { FastifyInstance } from 'fastify';
import { ApiError } from '@kargo/api';
import { HttpError } from '../http/http-error.ts';
import type { Services } from '../services.ts';

/** Measurements for Prometheus, for whoever may read the path `/metrics`, as on a Kubernetes API. */
export function metricsRoute(server: FastifyInstance, services: Services): void {
  server.get('/metrics', async (request, reply) => {
    const { metrics } = services.config;
    if (metrics === undefined) throw new HttpError(404, 'nothing is measured here');
    const attributes = { verb: 'get', path: '/metrics', group: '', resource: '' };
    const { allowed } = await services.access.decide(services.identity(request), attributes);
    if (!allowed) throw new ApiError('Forbidden', 'the path /metrics is forbidden: get is not permitted');
    const { contentType, text } = await metrics.exposition();
    return reply.type(contentType).send(text);
  });
}
