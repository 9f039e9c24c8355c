import { labels, Secret } from '@kargo/api';
import {
  encoded,
  entriesOf,
  isEmpty,
  newName,
  patchedEntries,
  patchedMetadata,
  removedKeys,
  replacedMetadata,
} from '../config-data/entries.ts';
import { rewrite } from '../config-data/rewrite.ts';
import type { Scope } from '../config-data/scope.ts';
import { requireSecretManagement, requireType, typeSelector } from '../config-data/secrets.ts';
import { badRequest } from '../http/http-error.ts';
import { param } from '../http/query.ts';
import { jsonBody, textField } from '../http/request-body.ts';
import { redactSecret } from '../http/wire.ts';
import { listBody } from '../listing.ts';
import type { Routes } from '../route.ts';
import { typeOf } from '../services.ts';

const TYPES = ['generic'] as const;

/** Secrets that promotions and receivers use, in a scope. Values are never shown. */
export function genericCredentialRoutes({ prefix, namespaceOf }: Scope): Routes {
  return (server, services) => {
    const { clientFor } = services;
    const all = `${prefix}/generic-credentials`;
    const one = `${all}/:credentials`;

    server.get(all, (request) =>
      listBody(
        request,
        clientFor(request),
        { kind: Secret, namespace: namespaceOf(request) },
        { labelSelector: typeSelector(TYPES) },
      ),
    );

    server.get(one, async (request) => {
      requireSecretManagement(services);
      const key = { namespace: namespaceOf(request), name: param(request, 'credentials') };
      return redactSecret(requireType(await clientFor(request).get(Secret, key), TYPES));
    });

    server.post(all, async (request, reply) => {
      requireSecretManagement(services);
      const body = jsonBody(request);
      const named = { name: newName(body), namespace: namespaceOf(request), labels: { [labels.credType]: 'generic' } };
      const metadata = replacedMetadata(named, body);
      const data = entriesOf(body);
      if (isEmpty(data)) throw badRequest('cannot create empty secret');
      const type = textField(body, 'type');
      const secret = { ...typeOf(Secret), metadata, ...(type === undefined ? {} : { type }), data: encoded(data) };
      return reply.code(201).send(redactSecret(await clientFor(request).create(Secret, secret)));
    });

    server.put(one, async (request) => {
      requireSecretManagement(services);
      const body = jsonBody(request);
      const data = entriesOf(body);
      if (isEmpty(data)) throw badRequest('cannot update to empty secret');
      const key = { namespace: namespaceOf(request), name: param(request, 'credentials') };
      const updated = await rewrite(services, request, Secret, key, (stored) => {
        requireType(stored, TYPES);
        // A value that is left empty is one that the caller was not shown.
        const kept = Object.entries(encoded(data)).map(([name, value]) => [
          name,
          value === '' ? (stored.data?.[name] ?? '') : value,
        ]);
        return {
          ...stored,
          metadata: replacedMetadata(stored.metadata, body),
          data: Object.fromEntries(kept) as Record<string, string>,
        };
      });
      return redactSecret(updated);
    });

    server.patch(one, async (request) => {
      requireSecretManagement(services);
      const body = jsonBody(request);
      const [changes, removed] = [encoded(entriesOf(body)), removedKeys(body)];
      const key = { namespace: namespaceOf(request), name: param(request, 'credentials') };
      const updated = await rewrite(services, request, Secret, key, (stored) => {
        const data = patchedEntries(requireType(stored, TYPES).data, changes, removed);
        if (isEmpty(data)) throw badRequest('cannot have empty secret');
        return { ...stored, metadata: patchedMetadata(stored.metadata, body), data };
      });
      return redactSecret(updated);
    });

    server.delete(one, async (request, reply) => {
      requireSecretManagement(services);
      const key = { namespace: namespaceOf(request), name: param(request, 'credentials') };
      requireType(await clientFor(request).get(Secret, key), TYPES);
      await clientFor(request).delete(Secret, key);
      return reply.code(204).send();
    });
  };
}
