import type { FastifyInstance, FastifyReply } from 'fastify';
import { HttpError, replyError } from './http-error.ts';
import type { Log } from '@kargo/kube';

/** Pages of which origins may call the API from a browser. */
export interface CorsOptions {
  /** Origins such as `https://tools.example.com`; `*` is all of them. */
  origins: readonly string[];
}

const METHODS = 'GET, POST, PUT, PATCH, DELETE';
const HEADERS = 'Authorization, Content-Type, X-Request-Id';
/** How long browsers may remember an answer, in seconds. */
const MAX_AGE = '600';

/** Lets pages of other origins call the API where that is configured. Without configuration browsers keep them out. */
export function cors(server: FastifyInstance, { origins }: CorsOptions, log: Log): void {
  if (origins.length === 0) return;
  const isAllowed = (origin: string): boolean => origins.includes('*') || origins.includes(origin);
  server.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers;
    if (origin === undefined) return undefined;
    const preflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
    if (!isAllowed(origin))
      return preflight ? replyError(reply, new HttpError(403, `pages of ${origin} may not call this server`), log) : undefined;
    allow(reply, origin);
    if (!preflight) return undefined;
    void reply
      .header('access-control-allow-methods', METHODS)
      .header('access-control-allow-headers', HEADERS)
      .header('access-control-max-age', MAX_AGE);
    return reply.code(204).send();
  });
}

function allow(reply: FastifyReply, origin: string): void {
  void reply
    .header('vary', 'Origin')
    .header('access-control-allow-origin', origin)
    .header('access-control-allow-credentials', 'true')
    .header('access-control-expose-headers', 'X-Request-Id, Retry-After');
}
