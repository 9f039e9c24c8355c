import { labels, type PolicyRule } from '@kargo/api';
import type { FastifyRequest } from 'fastify';
import type { Claims } from '../access/claims.ts';
import { noteObject } from '../audit/audit-requests.ts';
import { badRequest, HttpError } from '../http/http-error.ts';
import { param, queryFlag } from '../http/query.ts';
import { jsonBody, textField } from '../http/request-body.ts';
import { RoleStore, type Grant, type RoleDraft } from '../roles/role-store.ts';
import { roleOf, type RoleResources } from '../roles/role-view.ts';
import type { Routes } from '../route.ts';

const shown = (request: FastifyRequest, resources: RoleResources): object =>
  queryFlag(request, 'as-resources') ? resources : roleOf(resources);

/** Roles of the system: read only, since installations define them. */
export const systemRoleRoutes: Routes = (server, services) => {
  const namespace = services.config.namespaces.kargo;

  server.get('/system/roles', async (request) =>
    (await new RoleStore(services, request).list(namespace, `${labels.systemRole}=true`)).map((each) => shown(request, each)),
  );

  server.get('/system/roles/:role', async (request) => {
    const name = param(request, 'role');
    const found = await new RoleStore(services, request).get({ namespace, name });
    if (found.serviceAccount.metadata.labels?.[labels.systemRole] !== 'true')
      throw new HttpError(404, `there is no system role "${name}"`);
    return shown(request, found);
  });
};

/** Roles of a Project. */
export const roleRoutes: Routes = (server, services) => {
  server.get('/roles', async (request) =>
    (await new RoleStore(services, request).list(param(request, 'project'))).map((each) => shown(request, each)),
  );

  server.get('/roles/:role', async (request) => shown(request, await new RoleStore(services, request).get(keyOf(request))));

  server.post('/roles', async (request, reply) => {
    const draft = draftIn(request);
    if (draft.name === '') throw badRequest('name should not be empty');
    if (draft.namespace !== '' && draft.namespace !== param(request, 'project'))
      throw new HttpError(409, `the role is of namespace "${draft.namespace}", not of project "${param(request, 'project')}"`);
    const created = await new RoleStore(services, request).create({ ...draft, namespace: param(request, 'project') });
    noteObject(request, created);
    return reply.code(201).send(created);
  });

  server.put('/roles/:role', async (request) => {
    const draft = draftIn(request);
    const { namespace, name } = keyOf(request);
    if (draft.namespace !== namespace)
      throw badRequest(`namespace "${draft.namespace}" of the role is not that of project "${namespace}"`);
    if (draft.name !== name) throw badRequest(`name "${draft.name}" of the role is not "${name}"`);
    return new RoleStore(services, request).replace(draft);
  });

  server.delete('/roles/:role', async (request, reply) => {
    await new RoleStore(services, request).delete(keyOf(request));
    return reply.code(204).send();
  });

  server.post('/roles/grants', async (request) => {
    const { role, grant } = grantIn(request);
    return new RoleStore(services, request).grant({ namespace: param(request, 'project'), name: role }, grant);
  });

  server.post('/roles/revocations', async (request) => {
    const { role, grant } = grantIn(request);
    return new RoleStore(services, request).revoke({ namespace: param(request, 'project'), name: role }, grant);
  });
};

function keyOf(request: FastifyRequest): { namespace: string; name: string } {
  return { namespace: param(request, 'project'), name: param(request, 'role') };
}

function objectField(body: Record<string, unknown>, name: string): Record<string, unknown> | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) throw badRequest(`${name} must be an object`);
  return value as Record<string, unknown>;
}

function listField(body: Record<string, unknown>, name: string): readonly unknown[] {
  const value = body[name] ?? [];
  if (!Array.isArray(value)) throw badRequest(`${name} must be a list`);
  return value as unknown[];
}

function textsIn(value: unknown, name: string): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.some((each) => typeof each !== 'string'))
    throw badRequest(`${name} must be a list of strings`);
  return value as string[];
}

function draftIn(request: FastifyRequest): RoleDraft {
  const body = jsonBody(request);
  const metadata = objectField(body, 'metadata') ?? {};
  const notes = objectField(metadata, 'annotations') ?? {};
  return {
    namespace: textField(metadata, 'namespace') ?? '',
    name: textField(metadata, 'name') ?? '',
    description: textField(notes, 'kargo.akuity.io/description'),
    claims: claimsIn(listField(body, 'claims'), 'claims'),
    rules: listField(body, 'rules').map((rule, index) => ruleIn(rule, `rules[${index}]`)),
  };
}

function claimsIn(list: readonly unknown[], field: string): Claims {
  const out = new Map<string, readonly string[]>();
  for (const [index, each] of list.entries()) {
    const at = `${field}[${index}]`;
    if (typeof each !== 'object' || each === null) throw badRequest(`${at} must be an object`);
    const { name, values } = each as { name?: unknown; values?: unknown };
    if (typeof name !== 'string' || name === '') throw badRequest(`${at}.name should not be empty`);
    out.set(name, [...(out.get(name) ?? []), ...textsIn(values, `${at}.values`)]);
  }
  return Object.fromEntries(out);
}

function ruleIn(value: unknown, at: string): PolicyRule {
  if (typeof value !== 'object' || value === null) throw badRequest(`${at} must be an object`);
  const rule = value as Record<string, unknown>;
  const texts = (name: string): string[] => textsIn(rule[name], `${at}.${name}`);
  const out = {
    verbs: texts('verbs'),
    apiGroups: texts('apiGroups'),
    resources: texts('resources'),
    resourceNames: texts('resourceNames'),
    nonResourceURLs: texts('nonResourceURLs'),
  };
  if (out.verbs.length === 0) throw badRequest(`${at}.verbs should not be empty`);
  if (out.nonResourceURLs.length > 0) throw badRequest(`${at}.nonResourceURLs cannot be granted in a project`);
  return out;
}

function grantIn(request: FastifyRequest): { role: string; grant: Grant } {
  const body = jsonBody(request);
  const role = textField(body, 'role');
  if (role === undefined) throw badRequest('role is required');
  const claims = objectField(body, 'userClaims');
  if (claims !== undefined) return { role, grant: { claims: claimsIn(listField(claims, 'claims'), 'userClaims.claims') } };
  const details = objectField(body, 'resourceDetails');
  if (details === undefined) throw badRequest('one of userClaims, serviceAccounts, or resourceDetails must be provided');
  const resource = textField(details, 'resourceType');
  if (resource === undefined) throw badRequest('resourceDetails.resourceType should not be empty');
  const name = textField(details, 'resourceName');
  const rule = {
    verbs: textsIn(details['verbs'], 'resourceDetails.verbs'),
    resources: [resource],
    ...(name === undefined ? {} : { resourceNames: [name] }),
  };
  return { role, grant: { rules: [rule] } };
}
