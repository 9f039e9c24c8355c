import { ClusterConfig, ProjectConfig, Stage, type DeepLink } from '@kargo/api';
import { findFreightByNameOrAlias } from '../freight/find-freight.ts';
import { param } from '../http/query.ts';
import { resolveLinks } from '../links/resolve-links.ts';
import { findOne, readOne } from '../objects.ts';
import type { Routes } from '../route.ts';
import type { Services } from '../services.ts';

/** Links that operators and Projects show with Stages and Freight. */
export const linkRoutes: Routes = (server, services) => {
  server.get('/stages/:stage/links', async (request) => {
    const namespace = param(request, 'project');
    const stage = await readOne(services.clientFor(request), Stage, { namespace, name: param(request, 'stage') });
    return resolveLinks(await configuredLinks(services, namespace, 'stageLinks'), { stage });
  });

  server.get('/freight/:nameOrAlias/links', async (request) => {
    const namespace = param(request, 'project');
    const freight = await findFreightByNameOrAlias(services.clientFor(request), namespace, param(request, 'nameOrAlias'));
    return resolveLinks(await configuredLinks(services, namespace, 'freightLinks'), { freight });
  });
};

/** Those of the cluster come before those of the Project. They are read with the rights of the server. */
async function configuredLinks(
  { privileged }: Services,
  project: string,
  which: 'stageLinks' | 'freightLinks',
): Promise<readonly DeepLink[]> {
  const [cluster, own] = await Promise.all([
    findOne(privileged, ClusterConfig, { name: 'cluster' }),
    findOne(privileged, ProjectConfig, { namespace: project, name: project }),
  ]);
  return [...(cluster?.spec?.[which] ?? []), ...(own?.spec?.[which] ?? [])];
}
