import { Project, ProjectConfig } from '@kargo/api';
import { askForRefresh } from '../annotate.ts';
import { param, queryFlag, queryList, queryNumber, queryText } from '../http/query.ts';
import { wireOf } from '../http/wire.ts';
import type { Identity } from '../auth/identity.ts';
import { byName, getOrWatch, visible } from '../listing.ts';
import type { Routes } from '../route.ts';
import { readOne } from '../objects.ts';

/** All Projects. */
export const projectListRoutes: Routes = (server, services) => {
  server.get('/projects', async (request) => {
    const { items } = await visible(services, request, Project, {});
    const filter = (queryText(request, 'filter') ?? '').toLowerCase();
    const uids = new Set(queryList(request, 'uid'));
    const mine = queryFlag(request, 'mine') ? projectsOf(services.identity(request)) : undefined;
    const found = items
      .filter(({ metadata }) => mine?.has(metadata.name ?? '') !== false && (metadata.name ?? '').toLowerCase().includes(filter))
      .filter(({ metadata }) => uids.size === 0 || uids.has(metadata.uid ?? ''))
      .toSorted(byName);
    const size = queryNumber(request, 'pageSize');
    const start = queryNumber(request, 'page') * size;
    return { items: (size === 0 ? found : found.slice(start, start + size)).map(wireOf(request)), total: found.length };
  });
};

/** Projects in which somebody has a role. */
function projectsOf(identity: Identity): ReadonlySet<string> {
  return new Set(identity.kind === 'person' ? identity.accounts.map(({ namespace }) => namespace) : []);
}

/** One Project and its configuration; below `/projects/:project`. */
export const projectRoutes: Routes = (server, services) => {
  const { clientFor, config } = services;

  server.get('/', (request, reply) => getOrWatch(services, request, reply, Project, { name: param(request, 'project') }));

  server.delete('/', async (request, reply) => {
    await clientFor(request).delete(Project, { name: param(request, 'project') });
    return reply.code(204).send();
  });

  const configKey = (name: string): { namespace: string; name: string } => ({ namespace: name, name });

  server.get('/config', (request, reply) =>
    getOrWatch(services, request, reply, ProjectConfig, configKey(param(request, 'project'))),
  );

  server.delete('/config', async (request, reply) => {
    await clientFor(request).delete(ProjectConfig, configKey(param(request, 'project')));
    return reply.code(204).send();
  });

  server.post('/config/refresh', async (request, reply) => {
    const current = await readOne(clientFor(request), ProjectConfig, configKey(param(request, 'project')));
    await askForRefresh(services.privileged, config.clock, ProjectConfig, current);
    return reply.code(200).send();
  });
};
