import type { FastifyReply, FastifyRequest } from 'fastify';
import { badRequest } from '../http/http-error.ts';
import { param, queryList, queryText } from '../http/query.ts';
import type { Routes } from '../route.ts';
import type { Services } from '../services.ts';
import { Cursor } from '../views/cursor.ts';
import { streamView } from '../views/stream-view.ts';
import {
  CLUSTER_DEFAULT,
  CLUSTER_RESOURCES,
  PROJECT_DEFAULT,
  PROJECT_RESOURCES,
  viewedInCluster,
  viewedInProject,
  type Viewed,
} from '../views/viewed.ts';

/** One stream of everything that a screen about a Project shows; browsers have few connections to a server. */
export const projectViewRoutes: Routes = (server, services) => {
  server.get('/watch', (request, reply) => {
    const project = param(request, 'project');
    const chosen = chosenResources(request, PROJECT_RESOURCES, PROJECT_DEFAULT);
    return view(
      services,
      request,
      reply,
      chosen.flatMap((resource) => viewedInProject(resource, project) ?? []),
    );
  });
};

/** The same for what is above Projects. */
export const clusterViewRoutes: Routes = (server, services) => {
  server.get('/watch', (request, reply) => {
    const chosen = chosenResources(request, CLUSTER_RESOURCES, CLUSTER_DEFAULT);
    return view(
      services,
      request,
      reply,
      chosen.flatMap((resource) => viewedInCluster(resource) ?? []),
    );
  });
};

function view(services: Services, request: FastifyRequest, reply: FastifyReply, views: readonly Viewed[]): Promise<FastifyReply> {
  const lastId = request.headers['last-event-id'];
  const start = queryText(request, 'resourceVersion') ?? (typeof lastId === 'string' && lastId !== '' ? lastId : undefined);
  const cursor = Cursor.parse(
    start,
    views.map(({ resource }) => resource),
  );
  return streamView(services, request, reply, { views, cursor });
}

function chosenResources(request: FastifyRequest, all: readonly string[], usual: readonly string[]): readonly string[] {
  const chosen = [...new Set(queryList(request, 'kinds'))];
  const unknown = chosen.find((each) => !all.includes(each));
  if (unknown !== undefined) throw badRequest(`kinds: ${JSON.stringify(unknown)} is not one of ${all.join(', ')}`);
  return chosen.length === 0 ? usual : chosen;
}
