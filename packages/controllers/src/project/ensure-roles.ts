import {
  ClusterRole,
  ClusterRoleBinding,
  labels,
  type Project,
  Role,
  RoleBinding,
  ServiceAccount,
  shortenName,
  type Subject,
} from '@kargo/api';
import type { Client } from '@kargo/kube';
import { DEFAULT_ROLES, defaultRoleNotes, defaultRoleRules } from './default-roles.ts';
import { ensureGone, ensureObject } from './ensure-object.ts';
import {
  clusterRole,
  clusterRoleBinding,
  MANAGED,
  role,
  roleBinding,
  rule,
  serviceAccount,
  serviceAccountSubject,
} from './rbac-objects.ts';
import { CONTROLLER_READ_SECRETS, CONTROLLER_REPLICATE, PROJECT_ADMIN, PROJECT_SECRETS_READER } from './system-roles.ts';

/** Bindings through which the API server, the receiver of webhooks and the controller of copies work in a Project. */
export async function ensureSystemPermissions(client: Client, project: string, kargoNamespace: string): Promise<void> {
  const of = (...names: string[]): Subject[] => names.map((name) => serviceAccountSubject(kargoNamespace, name));
  const bindings = [
    roleBinding(project, PROJECT_ADMIN, { kind: 'ClusterRole', name: PROJECT_ADMIN }, of('kargo-api', 'kargo-admin')),
    roleBinding(
      project,
      PROJECT_SECRETS_READER,
      { kind: 'ClusterRole', name: PROJECT_SECRETS_READER },
      of('kargo-external-webhooks-server'),
    ),
    roleBinding(project, CONTROLLER_REPLICATE, { kind: 'ClusterRole', name: CONTROLLER_REPLICATE }, of('kargo-controller')),
  ];
  for (const binding of bindings) await ensureBinding(client, binding);
}

/** Bindings through which controllers read the Secrets of a Project, one for each controller. */
export async function ensureControllerPermissions(client: Client, project: string, kargoNamespace: string): Promise<void> {
  const { items } = await client.list(ServiceAccount, {
    namespace: kargoNamespace,
    labelSelector: 'app.kubernetes.io/component=controller',
  });
  for (const { metadata } of items) {
    const { name = '' } = metadata;
    const to = { kind: 'ClusterRole', name: CONTROLLER_READ_SECRETS } as const;
    const subjects = [serviceAccountSubject(kargoNamespace, name)];
    await ensureBinding(client, roleBinding(project, `${name}-read-secrets`, to, subjects));
  }
}

/**
 * The default roles for people, and the right of their administrators to change and delete the Project itself. Rules and subjects are
 * set right; ServiceAccounts that are there already are left alone, as people map users to them.
 */
export async function ensureDefaultRoles(client: Client, project: Project): Promise<void> {
  const name = project.metadata.name ?? '';
  const notes = defaultRoleNotes(project);
  for (const roleName of DEFAULT_ROLES) {
    await ensureObject(client, ServiceAccount, serviceAccount(name, roleName, notes));
    const desired = role(name, roleName, defaultRoleRules(roleName));
    await ensureObject(client, Role, desired, (existing) => ({ ...existing, rules: desired.rules ?? [] }));
    const subjects = [serviceAccountSubject(name, roleName)];
    await ensureBinding(client, roleBinding(name, roleName, { kind: 'Role', name: roleName }, subjects, MANAGED));
  }
  const owner = ownerRoleName(name);
  const ownerRole = clusterRole(owner, [rule('kargo.akuity.io', 'projects', ['delete', 'update'], name)]);
  await ensureObject(client, ClusterRole, ownerRole, (existing) => ({ ...existing, rules: ownerRole.rules ?? [] }));
  const binding = clusterRoleBinding(owner, owner, [serviceAccountSubject(name, 'kargo-admin')]);
  await ensureObject(client, ClusterRoleBinding, binding, (existing) => ({ ...existing, subjects: binding.subjects ?? [] }));
}

/** Removes what a Project has outside its namespace. */
export async function removeClusterRoles(client: Client, project: string): Promise<void> {
  await ensureGone(client, ClusterRoleBinding, ownerRoleName(project));
  await ensureGone(client, ClusterRole, ownerRoleName(project));
}

/** Whether a namespace belongs to a Project. */
export function isProjectNamespace(namespace: { metadata: { labels?: Record<string, string> | undefined } }): boolean {
  return namespace.metadata.labels?.[labels.project] === 'true';
}

function ownerRoleName(project: string): string {
  return shortenName(`kargo-project-admin-${project}`);
}

async function ensureBinding(client: Client, desired: RoleBinding): Promise<void> {
  await ensureObject(client, RoleBinding, desired, (existing) => ({ ...existing, subjects: desired.subjects ?? [] }));
}
