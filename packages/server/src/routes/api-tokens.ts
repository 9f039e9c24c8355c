import type { FastifyRequest } from 'fastify';
import { noteObject } from '../audit/audit-requests.ts';
import { param, queryText } from '../http/query.ts';
import { jsonBody, textField } from '../http/request-body.ts';
import { byName, listVersion } from '../listing.ts';
import { redactToken } from '../http/wire.ts';
import { ApiTokens } from '../roles/api-tokens.ts';
import type { Routes } from '../route.ts';

/** API tokens of roles, in a Project or of the system. A token is shown when it is made, and never again. */
export function apiTokenRoutes(prefix: '' | '/system', namespaceOf: (request: FastifyRequest) => string): Routes {
  return (server, services) => {
    const tokens = (request: FastifyRequest): ApiTokens => new ApiTokens(services, request, namespaceOf(request));

    server.post(`${prefix}/roles/:role/api-tokens`, async (request, reply) => {
      const name = textField(jsonBody(request), 'name') ?? '';
      // What a token gives is what its role may do: giving it away takes having it.
      const role = param(request, 'role');
      await services.requireHeldBy(request, { namespace: namespaceOf(request), name: role });
      const created = await tokens(request).create(role, name);
      noteObject(request, created);
      return reply.code(201).send(created);
    });

    server.get(`${prefix}/api-tokens`, async (request) => {
      const { items, metadata, ...type } = await tokens(request).list(queryText(request, 'role'));
      return {
        ...type,
        metadata: { resourceVersion: listVersion(metadata.resourceVersion) },
        items: items.toSorted(byName).map(redactToken),
      };
    });

    server.get(`${prefix}/api-tokens/:apitoken`, async (request) =>
      redactToken(await tokens(request).get(param(request, 'apitoken'))),
    );

    server.delete(`${prefix}/api-tokens/:apitoken`, async (request, reply) => {
      await tokens(request).delete(param(request, 'apitoken'));
      return reply.code(204).send();
    });
  };
}
