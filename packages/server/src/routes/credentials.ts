import { Secret } from '@kargo/api';
import type { FastifyRequest } from 'fastify';
import { noteObject } from '../audit/audit-requests.ts';
import type { CredentialFlavour } from '../config-data/credential-flavour.ts';
import { newName } from '../config-data/entries.ts';
import { rewrite } from '../config-data/rewrite.ts';
import type { Scope } from '../config-data/scope.ts';
import { requireSecretManagement, requireType, typeSelector } from '../config-data/secrets.ts';
import { param } from '../http/query.ts';
import { jsonBody } from '../http/request-body.ts';
import { redactSecret } from '../http/wire.ts';
import { listBody } from '../listing.ts';
import { typeOf } from '../objects.ts';
import type { Routes } from '../route.ts';

/** Credentials of one sort in a scope. Secret values are never shown. */
export function credentialRoutes({ prefix, namespaceOf }: Scope, flavour: CredentialFlavour): Routes {
  return (server, services) => {
    const { clientFor } = services;
    const { types } = flavour;
    const all = `${prefix}/${flavour.path}`;
    const one = `${all}/:credentials`;
    const keyOf = (request: FastifyRequest): { namespace: string; name: string } => ({
      namespace: namespaceOf(request),
      name: param(request, 'credentials'),
    });
    const change = async (request: FastifyRequest, read: CredentialFlavour['patch']): Promise<Secret> => {
      requireSecretManagement(services);
      const apply = read(jsonBody(request));
      const changed = await rewrite(services, request, Secret, keyOf(request), (stored) => apply(requireType(stored, types)));
      return redactSecret(changed);
    };

    server.get(all, (request) =>
      listBody(services, request, { kind: Secret, namespace: namespaceOf(request), labelSelector: typeSelector(types) }),
    );

    server.get(one, async (request) => {
      if (flavour.gatesReading) requireSecretManagement(services);
      return redactSecret(requireType(await clientFor(request).get(Secret, keyOf(request)), types));
    });

    server.post(all, async (request, reply) => {
      requireSecretManagement(services);
      const body = jsonBody(request);
      const draft = flavour.create(body, { name: newName(body), namespace: namespaceOf(request) });
      const created = await clientFor(request).create(Secret, { ...typeOf(Secret), ...draft });
      noteObject(request, created);
      return reply.code(201).send(redactSecret(created));
    });

    server.put(one, (request) => change(request, flavour.replace));
    server.patch(one, (request) => change(request, flavour.patch));

    server.delete(one, async (request, reply) => {
      requireSecretManagement(services);
      const key = keyOf(request);
      requireType(await clientFor(request).get(Secret, key), types);
      await clientFor(request).delete(Secret, key);
      return reply.code(204).send();
    });
  };
}
