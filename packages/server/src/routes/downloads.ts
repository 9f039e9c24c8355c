import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { HttpError } from '../http/http-error.ts';
import { RateLimit } from '../http/rate-limit.ts';
import type { Services } from '../services.ts';

/** The command line as one file, for npm to install. */
export type CliPackage = () => Promise<Readable>;

/** Downloads that are taken of one address: each is several megabytes. */
const DOWNLOADS = { perSecond: 1, burst: 20 };

/** The program that this server is, for people to install. Open to all: it is no secret, and npm sends no token. */
export function downloadRoutes(server: FastifyInstance, { config }: Services): void {
  const limit = new RateLimit(DOWNLOADS, config.clock);
  const packaged = (request: FastifyRequest): CliPackage => {
    if (config.cliPackage === undefined)
      throw new HttpError(
        404,
        'this server runs from a checkout and has no package of itself: `npm run package` makes one there',
      );
    if (limit.take(request.ip) > 0) throw new HttpError(429, 'too many downloads; try again in a moment');
    return config.cliPackage;
  };
  server.get('/downloads/kargo.tgz', async (request, reply) => {
    const file = packaged(request);
    void reply.type('application/gzip').header('content-disposition', 'attachment; filename="kargo.tgz"');
    return request.method === 'HEAD' ? reply.send() : reply.send(await file());
  });
}
