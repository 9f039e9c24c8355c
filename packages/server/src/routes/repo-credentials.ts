import { labels, Secret } from '@kargo/api';
import { encoded, newName, patchedMetadata, replacedMetadata } from '../config-data/entries.ts';
import { rewrite } from '../config-data/rewrite.ts';
import type { Scope } from '../config-data/scope.ts';
import {
  REPOSITORY_TYPES,
  requireSecretManagement,
  requireType,
  typeSelector,
  type RepositoryType,
} from '../config-data/secrets.ts';
import { badRequest } from '../http/http-error.ts';
import { param } from '../http/query.ts';
import { jsonBody, textField } from '../http/request-body.ts';
import { redactSecret } from '../http/wire.ts';
import { listBody } from '../listing.ts';
import type { Routes } from '../route.ts';
import { typeOf } from '../services.ts';

/** Credentials of git, chart and image repositories, in a scope. Passwords are never shown. */
export function repoCredentialRoutes({ prefix, namespaceOf }: Scope): Routes {
  return (server, services) => {
    const { clientFor } = services;
    const all = `${prefix}/repo-credentials`;
    const one = `${all}/:credentials`;

    server.get(all, (request) =>
      listBody(
        request,
        clientFor(request),
        { kind: Secret, namespace: namespaceOf(request) },
        { labelSelector: typeSelector(REPOSITORY_TYPES) },
      ),
    );

    server.get(one, async (request) => {
      const key = { namespace: namespaceOf(request), name: param(request, 'credentials') };
      return redactSecret(requireType(await clientFor(request).get(Secret, key), REPOSITORY_TYPES));
    });

    server.post(all, async (request, reply) => {
      requireSecretManagement(services);
      const body = jsonBody(request);
      const name = newName(body);
      const given = complete(body);
      const named = { name, namespace: namespaceOf(request), labels: { [labels.credType]: given.type } };
      const secret = {
        ...typeOf(Secret),
        metadata: replacedMetadata(named, { ...body, replicate: false }),
        data: encoded(given.data),
      };
      return reply.code(201).send(redactSecret(await clientFor(request).create(Secret, secret)));
    });

    server.put(one, async (request) => {
      requireSecretManagement(services);
      const body = jsonBody(request);
      const given = complete(body);
      const key = { namespace: namespaceOf(request), name: param(request, 'credentials') };
      const updated = await rewrite(services, request, Secret, key, (stored) => {
        requireType(stored, REPOSITORY_TYPES);
        const { repoURL: _url, repoURLIsRegex: _regex, username: _user, password: _password, ...others } = stored.data ?? {};
        return {
          ...stored,
          metadata: withType(patchedMetadata(stored.metadata, { description: '', ...body }), given.type),
          data: { ...others, ...encoded(given.data) },
        };
      });
      return redactSecret(updated);
    });

    server.patch(one, async (request) => {
      requireSecretManagement(services);
      const body = jsonBody(request);
      const type = textField(body, 'type') === undefined ? undefined : typeIn(body);
      const changes = fieldsIn(body);
      const key = { namespace: namespaceOf(request), name: param(request, 'credentials') };
      const updated = await rewrite(services, request, Secret, key, (stored) => {
        requireType(stored, REPOSITORY_TYPES);
        const data = { ...stored.data, ...encoded(changes) };
        // Whether a URL is a pattern goes with the URL.
        if (changes['repoURL'] !== undefined && changes['repoURLIsRegex'] === undefined) delete data['repoURLIsRegex'];
        const metadata = patchedMetadata(stored.metadata, body);
        return { ...stored, metadata: type === undefined ? metadata : withType(metadata, type), data };
      });
      return redactSecret(updated);
    });

    server.delete(one, async (request, reply) => {
      requireSecretManagement(services);
      const key = { namespace: namespaceOf(request), name: param(request, 'credentials') };
      requireType(await clientFor(request).get(Secret, key), REPOSITORY_TYPES);
      await clientFor(request).delete(Secret, key);
      return reply.code(204).send();
    });
  };
}

/** All that credentials need. Fails with 400 for the first thing that is missing. */
function complete(body: Record<string, unknown>): { type: RepositoryType; data: Record<string, string> } {
  const type = typeIn(body);
  for (const field of ['repoUrl', 'username', 'password'])
    if (textField(body, field) === undefined) throw badRequest(`${field} should not be empty`);
  return { type, data: fieldsIn(body) };
}

/** The fields of a body under the names that Secrets use; empty ones are not given. */
function fieldsIn(body: Record<string, unknown>): Record<string, string> {
  const [repoURL, username, password] = [textField(body, 'repoUrl'), textField(body, 'username'), textField(body, 'password')];
  return {
    ...(repoURL === undefined ? {} : { repoURL, ...(body['repoUrlIsRegex'] === true ? { repoURLIsRegex: 'true' } : {}) }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
}

function typeIn(body: Record<string, unknown>): RepositoryType {
  const type = textField(body, 'type') ?? '';
  const found = REPOSITORY_TYPES.find((known) => known === type);
  if (found === undefined) throw badRequest(`type ${JSON.stringify(type)} is not one of ${REPOSITORY_TYPES.join(', ')}`);
  return found;
}

function withType(metadata: Secret['metadata'], type: RepositoryType): Secret['metadata'] {
  return { ...metadata, labels: { ...metadata.labels, [labels.credType]: type } };
}
