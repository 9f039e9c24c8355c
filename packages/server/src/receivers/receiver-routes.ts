import type { DeliveryLog } from '@kargo/controllers';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Services } from '../services.ts';
import { deliver } from './deliver.ts';
import { findReceiver } from './find-receiver.ts';
import { isReceiverPath } from './receiver-path.ts';

/** Largest body of a delivery, in bytes. */
export const DELIVERY_LIMIT = 2 * 1024 * 1024;

/** Where other systems announce what is new. Nobody signs in: a receiver's path cannot be guessed, and most senders sign. */
export function receiverRoutes(server: FastifyInstance, services: Services): void {
  const log: DeliveryLog = services.deliveries;
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: DELIVERY_LIMIT }, (_request, body, done) => done(null, body));
  server.setErrorHandler(async (error, request, reply) => {
    const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
    if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
      return reply.code(413).send({ error: `content exceeds limit of ${DELIVERY_LIMIT} bytes` });
    if (typeof statusCode === 'number' && statusCode < 500) return reply.code(statusCode).send({ error: 'bad request' });
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    // The path is a secret.
    services.log.error({ error: why, type: typeOf(request) }, 'a webhook delivery could not be handled');
    return reply.code(500).send({});
  });

  server.post('/*', { bodyLimit: DELIVERY_LIMIT }, async (request, reply) => {
    const path = pathOf(request);
    if (!isReceiverPath(path)) return reply.callNotFound();
    const found = await findReceiver(services, path);
    if (found === undefined) return reply.code(404).send({});
    const delivery = {
      headers: texts(request.headers),
      query: texts(request.query as Record<string, unknown>),
      body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    };
    const answer = await deliver(services, found, delivery);
    await log.note({ namespace: found.namespace, receiver: found.receiver, secret: found.secret, delivery, answer });
    return reply.code(answer.code).send(answer.body);
  });
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '';
}

function typeOf(request: FastifyRequest): string {
  return pathOf(request).split('/').at(-2) ?? '';
}

/** Values as texts: repeated ones are joined. */
function texts(values: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => {
      if (typeof value === 'string') return [[name, value]];
      return Array.isArray(value) ? [[name, value.join(', ')]] : [];
    }),
  );
}
