import type { FastifyInstance } from 'fastify';

/**
 * Headers of every answer: no guessing of types, no framing by other pages, no referrers, and no copies of API answers in caches.
 * Pages of the UI set their own content security policy.
 */
export function securityHeaders(server: FastifyInstance, { prefix, tls }: { prefix: string; tls: boolean }): void {
  server.addHook('onRequest', async (request, reply) => {
    void reply
      .header('x-content-type-options', 'nosniff')
      .header('x-frame-options', 'DENY')
      .header('referrer-policy', 'no-referrer')
      .header('x-request-id', request.id);
    if (tls) void reply.header('strict-transport-security', 'max-age=31536000');
    if (!request.url.startsWith(`${prefix}/`)) return;
    void reply
      .header('cache-control', 'no-store')
      .header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
  });
}
