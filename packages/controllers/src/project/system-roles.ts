/** ClusterRoles that the bindings in Projects refer to. They are part of an installation. */
import type { ClusterRole } from '@kargo/api';
import { clusterRole, EVERYTHING, READ, rule } from './rbac-objects.ts';

export const PROJECT_ADMIN = 'kargo-project-admin';
export const PROJECT_SECRETS_READER = 'kargo-project-secrets-reader';
export const CONTROLLER_READ_SECRETS = 'kargo-controller-read-secrets';
export const CONTROLLER_REPLICATE = 'kargo-controller-replicate';

/** The ClusterRoles. `manageSecrets`: whether people manage Secrets through the API server. */
export function projectClusterRoles({ manageSecrets = true }: { manageSecrets?: boolean } = {}): ClusterRole[] {
  const core = ['configmaps', 'serviceaccounts', ...(manageSecrets ? ['secrets'] : [])];
  const rbac = ['rolebindings', 'roles'];
  const readSecrets = [rule('', 'secrets', READ)];
  return [
    clusterRole(PROJECT_ADMIN, [
      ...core.map((resource) => rule('', resource, EVERYTHING)),
      ...rbac.map((resource) => rule('rbac.authorization.k8s.io', resource, EVERYTHING)),
    ]),
    clusterRole(PROJECT_SECRETS_READER, readSecrets),
    clusterRole(CONTROLLER_READ_SECRETS, readSecrets),
    clusterRole(
      CONTROLLER_REPLICATE,
      ['configmaps', 'secrets'].map((resource) => rule('', resource, ['list', 'create', 'delete'])),
    ),
  ];
}
