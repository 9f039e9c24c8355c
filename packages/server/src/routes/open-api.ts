import { openApiDocument } from '../operations/open-api.ts';
import type { Routes } from '../route.ts';

/** The API describes itself. */
export const openApiRoutes: Routes = (server, { config }) => {
  let document: string | undefined;
  server.get('/openapi.json', async (_request, reply) => {
    const { version } = await config.version();
    document ??= JSON.stringify(openApiDocument({ version, basePath: config.basePath }));
    return reply.type('application/json; charset=utf-8').send(document);
  });
};
