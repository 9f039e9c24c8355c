import { openApiDocument } from '../operations/open-api.ts';
import type { Routes } from '../route.ts';

/** The API describes itself. */
export const openApiRoutes: Routes = (server, { config }) => {
  const document = JSON.stringify(openApiDocument({ version: config.version.version }));
  server.get('/openapi.json', (_request, reply) => reply.type('application/json; charset=utf-8').send(document));
};
