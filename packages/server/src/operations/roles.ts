import { flag, list, object, ref, text, texts, type Operation, type Operations } from './operation.ts';

const P = '/projects/:project';
const AS_RESOURCES = { 'as-resources': { doc: 'With true, the objects that make the role', schema: flag } };
const aRole = { anyOf: [ref('KargoRole'), ref('RoleResources')] };
const claims = list(object({ name: text, values: texts }, ['name', 'values']));
const grant = object({
  role: text,
  userClaims: object({ claims }),
  resourceDetails: object({ resourceType: text, resourceName: text, verbs: texts }),
});
const roleBody = object({
  metadata: object({ name: text, namespace: text, annotations: { type: 'object', additionalProperties: text } }),
  claims,
  rules: list(ref('PolicyRule')),
});
const role = { tag: 'Roles', kind: 'ServiceAccount' };
const token = { tag: 'API tokens', kind: 'Secret' };
const changes: Operation['needs'] = ['get serviceaccounts', 'update roles'];

function tokenOperations(prefix: string, scope: 'Project' | 'System'): Operations {
  return {
    [`POST ${prefix}/roles/:role/api-tokens`]: {
      ...token,
      id: `Create${scope}APIToken`,
      summary: 'Makes an API token of a role. It is shown in this answer and never again',
      body: object({ name: text }, ['name']),
      answers: { 201: { schema: ref('Secret') } },
      needs: ['get serviceaccounts', 'create secrets'],
    },
    [`GET ${prefix}/api-tokens`]: {
      ...token,
      id: `List${scope}APITokens`,
      summary: 'API tokens, without what makes them tokens',
      query: { role: { doc: 'Only those of this role', schema: text } },
      answers: { 200: { schema: ref('SecretList') } },
      needs: ['list secrets'],
    },
    [`GET ${prefix}/api-tokens/:apitoken`]: {
      ...token,
      id: `Get${scope}APIToken`,
      summary: 'One API token, without what makes it one',
      answers: { 200: { schema: ref('Secret') } },
      needs: ['get secrets'],
    },
    [`DELETE ${prefix}/api-tokens/:apitoken`]: {
      ...token,
      id: `Delete${scope}APIToken`,
      summary: 'Revokes an API token',
      answers: { 204: 'nothing' },
      needs: ['get secrets', 'delete secrets'],
    },
  };
}

/** Operations on roles and their API tokens. */
export const roleOperations: Operations = {
  [`GET ${P}/roles`]: {
    ...role,
    id: 'ListProjectRoles',
    summary: 'Roles of a Project',
    query: AS_RESOURCES,
    answers: { 200: { schema: list(aRole) } },
    needs: ['list serviceaccounts'],
  },
  [`POST ${P}/roles`]: {
    ...role,
    id: 'CreateProjectRole',
    summary: 'Makes a role. Nobody can give what they do not have',
    body: roleBody,
    answers: { 201: { schema: ref('KargoRole') } },
    needs: ['create serviceaccounts', 'create roles', 'create rolebindings'],
  },
  [`GET ${P}/roles/:role`]: {
    ...role,
    id: 'GetProjectRole',
    summary: 'One role',
    query: AS_RESOURCES,
    answers: { 200: { schema: aRole } },
    needs: ['get serviceaccounts'],
  },
  [`PUT ${P}/roles/:role`]: {
    ...role,
    id: 'UpdateRole',
    summary: 'Replaces claims, description and rules of a role',
    body: roleBody,
    answers: { 200: { schema: ref('KargoRole') } },
    needs: [...changes, 'update serviceaccounts'],
  },
  [`DELETE ${P}/roles/:role`]: {
    ...role,
    id: 'DeleteProjectRole',
    summary: 'Deletes a role',
    answers: { 204: 'nothing' },
    needs: ['get serviceaccounts', 'delete rolebindings', 'delete roles', 'delete serviceaccounts'],
  },
  [`POST ${P}/roles/grants`]: {
    ...role,
    id: 'Grant',
    summary: 'Gives a role to people with certain claims, or a permission to a role',
    body: grant,
    answers: { 200: { schema: ref('KargoRole') } },
    needs: changes,
  },
  [`POST ${P}/roles/revocations`]: {
    ...role,
    id: 'Revoke',
    summary: 'Takes a role from people with certain claims, or a permission from a role',
    body: grant,
    answers: { 200: { schema: ref('KargoRole') } },
    needs: changes,
  },
  'GET /system/roles': {
    ...role,
    id: 'ListSystemRoles',
    summary: 'Roles that hold in all Projects',
    query: AS_RESOURCES,
    answers: { 200: { schema: list(aRole) } },
    needs: ['list serviceaccounts'],
  },
  'GET /system/roles/:role': {
    ...role,
    id: 'GetSystemRole',
    summary: 'One of them',
    query: AS_RESOURCES,
    answers: { 200: { schema: aRole } },
    needs: ['get serviceaccounts'],
  },
  ...tokenOperations(P, 'Project'),
  ...tokenOperations('/system', 'System'),
};
