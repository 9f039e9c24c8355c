import { annotations, apiVersionOf, ClusterRoleBinding, isReason, labels, ServiceAccount } from '@kargo/api';
import { equal, type Client } from '@kargo/kube';

/**
 * The ServiceAccounts through which people have the system roles, each bound to the ClusterRole of its name. Claims that are configured
 * take the place of those an account has; without configuration they stay as they are.
 */
export async function ensureSystemAccounts(
  client: Client,
  namespace: string,
  claims: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, value] of Object.entries(claims)) {
    await ensureAccount(client, { namespace, name }, value);
    await ensureBinding(client, { namespace, name });
  }
}

async function ensureAccount(client: Client, key: { namespace: string; name: string }, claims: string): Promise<void> {
  const wanted = { [labels.systemRole]: 'true' };
  const notes = claims === '' ? {} : { [annotations.rbacClaims]: claims };
  try {
    const existing = await client.get(ServiceAccount, key);
    const metadata = {
      ...existing.metadata,
      labels: { ...existing.metadata.labels, ...wanted },
      annotations: { ...existing.metadata.annotations, ...notes },
    };
    if (!equal(metadata, { ...existing.metadata, annotations: existing.metadata.annotations ?? {} }))
      await client.update(ServiceAccount, { ...existing, metadata });
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
    await client.create(ServiceAccount, {
      apiVersion: apiVersionOf(ServiceAccount),
      kind: ServiceAccount.kind,
      metadata: { ...key, labels: wanted, annotations: notes },
    });
  }
}

async function ensureBinding(client: Client, { namespace, name }: { namespace: string; name: string }): Promise<void> {
  const binding: ClusterRoleBinding = {
    apiVersion: apiVersionOf(ClusterRoleBinding),
    kind: ClusterRoleBinding.kind,
    metadata: { name: `${name}-system-role` },
    roleRef: { apiGroup: ClusterRoleBinding.group, kind: 'ClusterRole', name },
    subjects: [{ kind: ServiceAccount.kind, namespace, name }],
  };
  try {
    await client.create(ClusterRoleBinding, binding);
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error;
  }
}
