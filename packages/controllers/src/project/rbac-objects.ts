/** Shapes of the RBAC objects that Projects come with. */
import {
  annotations,
  apiVersionOf,
  ClusterRole,
  ClusterRoleBinding,
  type PolicyRule,
  Role,
  RoleBinding,
  ServiceAccount,
  type Subject,
} from '@kargo/api';

const RBAC = 'rbac.authorization.k8s.io';

/** Marks an object as part of a role that Kargo manages. */
export const MANAGED: Readonly<Record<string, string>> = { [annotations.rbacManaged]: 'true' };

export const READ = ['get', 'list', 'watch'] as const;
export const EVERYTHING = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const;

/** A rule for one resource: the form in which roles are compared. */
export function rule(apiGroup: string, resource: string, verbs: readonly string[], resourceName?: string): PolicyRule {
  return {
    apiGroups: [apiGroup],
    resources: [resource],
    verbs: [...new Set(verbs)].toSorted(),
    ...(resourceName === undefined ? {} : { resourceNames: [resourceName] }),
  };
}

export function serviceAccountSubject(namespace: string, name: string): Subject {
  return { kind: 'ServiceAccount', name, namespace };
}

export function serviceAccount(namespace: string, name: string, notes: Record<string, string> = {}): ServiceAccount {
  return {
    apiVersion: apiVersionOf(ServiceAccount),
    kind: ServiceAccount.kind,
    metadata: { name, namespace, ...(Object.keys(notes).length === 0 ? {} : { annotations: notes }) },
  };
}

export function role(namespace: string, name: string, rules: readonly PolicyRule[]): Role {
  return {
    apiVersion: apiVersionOf(Role),
    kind: Role.kind,
    metadata: { name, namespace, annotations: { ...MANAGED } },
    rules: [...rules],
  };
}

export function clusterRole(name: string, rules: readonly PolicyRule[]): ClusterRole {
  return { apiVersion: apiVersionOf(ClusterRole), kind: ClusterRole.kind, metadata: { name }, rules: [...rules] };
}

export function roleBinding(
  namespace: string,
  name: string,
  to: { kind: 'Role' | 'ClusterRole'; name: string },
  subjects: readonly Subject[],
  notes: Readonly<Record<string, string>> = {},
): RoleBinding {
  return {
    apiVersion: apiVersionOf(RoleBinding),
    kind: RoleBinding.kind,
    metadata: { name, namespace, ...(Object.keys(notes).length === 0 ? {} : { annotations: { ...notes } }) },
    roleRef: { apiGroup: RBAC, kind: to.kind, name: to.name },
    subjects: [...subjects],
  };
}

export function clusterRoleBinding(name: string, to: string, subjects: readonly Subject[]): ClusterRoleBinding {
  return {
    apiVersion: apiVersionOf(ClusterRoleBinding),
    kind: ClusterRoleBinding.kind,
    metadata: { name },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: to },
    subjects: [...subjects],
  };
}
