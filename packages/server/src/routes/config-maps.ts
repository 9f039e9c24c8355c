import { ConfigMap } from '@kargo/api';
import {
  entriesOf,
  isEmpty,
  newName,
  patchedEntries,
  patchedMetadata,
  removedKeys,
  replacedMetadata,
} from '../config-data/entries.ts';
import { rewrite } from '../config-data/rewrite.ts';
import { noteObject } from '../audit/audit-requests.ts';
import type { Scope } from '../config-data/scope.ts';
import { badRequest } from '../http/http-error.ts';
import { param } from '../http/query.ts';
import { jsonBody } from '../http/request-body.ts';
import { listBody } from '../listing.ts';
import type { Routes } from '../route.ts';
import { typeOf } from '../objects.ts';

/** Config maps of a scope. */
export function configMapRoutes({ prefix, namespaceOf }: Scope): Routes {
  return (server, services) => {
    const { clientFor } = services;
    const one = `${prefix}/configmaps/:configmap`;

    server.get(`${prefix}/configmaps`, (request) =>
      listBody(services, request, { kind: ConfigMap, namespace: namespaceOf(request) }),
    );

    server.get(one, (request) =>
      clientFor(request).get(ConfigMap, { namespace: namespaceOf(request), name: param(request, 'configmap') }),
    );

    server.post(`${prefix}/configmaps`, async (request, reply) => {
      const body = jsonBody(request);
      const metadata = replacedMetadata({ name: newName(body), namespace: namespaceOf(request) }, body);
      const data = entriesOf(body);
      if (isEmpty(data)) throw badRequest('ConfigMap data cannot be empty');
      const created = await clientFor(request).create(ConfigMap, { ...typeOf(ConfigMap), metadata, data });
      noteObject(request, created);
      return reply.code(201).send(created);
    });

    server.put(one, (request) => {
      const body = jsonBody(request);
      const data = entriesOf(body);
      if (isEmpty(data)) throw badRequest('ConfigMap data cannot be empty');
      const key = { namespace: namespaceOf(request), name: param(request, 'configmap') };
      return rewrite(services, request, ConfigMap, key, (stored) => ({
        ...stored,
        metadata: replacedMetadata(stored.metadata, body),
        data,
      }));
    });

    server.patch(one, (request) => {
      const body = jsonBody(request);
      const [changes, removed] = [entriesOf(body), removedKeys(body)];
      const key = { namespace: namespaceOf(request), name: param(request, 'configmap') };
      return rewrite(services, request, ConfigMap, key, (stored) => {
        const data = patchedEntries(stored.data, changes, removed);
        if (isEmpty(data)) throw badRequest('ConfigMap data cannot be empty after patch');
        return { ...stored, metadata: patchedMetadata(stored.metadata, body), data };
      });
    });

    server.delete(one, async (request, reply) => {
      await clientFor(request).delete(ConfigMap, { namespace: namespaceOf(request), name: param(request, 'configmap') });
      return reply.code(204).send();
    });
  };
}
