import { isReason, Project } from '@kargo/api';
import type { FastifyInstance } from 'fastify';
import { param } from './http/query.ts';
import { readOne } from './objects.ts';
import type { Services } from './services.ts';

/** Registers the routes of one group on a server whose prefix is theirs. */
export type Routes = (server: FastifyInstance, services: Services) => void;

/** Refuses requests below a Project that does not exist, before anything else is looked at. */
export function requireProject(server: FastifyInstance, { privileged }: Services): void {
  server.addHook('onRequest', async (request) => {
    try {
      await readOne(privileged, Project, { name: param(request, 'project') });
    } catch (error) {
      // A server that has no more rights than its one user may not be able to tell; what is asked for decides then.
      if (!isReason(error, 'Forbidden')) throw error;
    }
  });
}
