import { allKinds, apiVersionOf, ClusterRole, isReason, type Kind, type KubeObject, type PolicyRule } from '@kargo/api';
import { projectClusterRoles } from '@kargo/controllers';
import { clone, equal, type Client } from '@kargo/kube';

/** An object with this annotation set to `"false"` is left as it is. */
const AUTO_UPDATE = 'rbac.authorization.kubernetes.io/autoupdate';
const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to-';

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const RBAC = 'rbac.authorization.k8s.io';

function rule(group: string, resources: readonly string[], verbs: readonly string[]): PolicyRule {
  return { apiGroups: [group], resources: [...resources], verbs: [...verbs] };
}

function role(
  name: string,
  fields: Pick<ClusterRole, 'rules' | 'aggregationRule'>,
  labels?: Record<string, string>,
): ClusterRole {
  return {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRole',
    metadata: { name, ...(labels === undefined ? {} : { labels }) },
    ...fields,
  };
}

/** The ClusterRoles that every Kubernetes has: all, and what administrators, editors and viewers of namespaces may do. */
export function standardRoles(): ClusterRole[] {
  const aggregated = (name: string, from: readonly string[]): ClusterRole =>
    role(name, {
      aggregationRule: { clusterRoleSelectors: from.map((part) => ({ matchLabels: { [`${AGGREGATE}${part}`]: 'true' } })) },
      rules: [],
    });
  const source = (part: string, rules: PolicyRule[]): ClusterRole =>
    role(`system:aggregate-to-${part}`, { rules }, { [`${AGGREGATE}${part}`]: 'true' });
  const plain = ['configmaps', 'events', 'persistentvolumeclaims', 'pods', 'serviceaccounts', 'services'];
  const kargo = ['freights', 'projectconfigs', 'promotions', 'promotiontasks', 'stages', 'warehouses'];
  const everything = [rule('apps', ['*'], READ), rule('batch', ['*'], READ), rule('argoproj.io', ['*'], READ)];
  return [
    role('cluster-admin', {
      rules: [rule('*', ['*'], ['*']), { nonResourceURLs: ['*'], verbs: ['*'] }],
    }),
    aggregated('admin', ['admin', 'edit', 'view']),
    aggregated('edit', ['edit', 'view']),
    aggregated('view', ['view']),
    source('view', [rule('', [...plain, 'namespaces'], READ), rule('kargo.akuity.io', kargo, READ), ...everything]),
    source('edit', [
      rule('', [...plain, 'secrets'], WRITE),
      rule('', ['secrets'], READ),
      rule('', ['serviceaccounts/token'], ['create']),
      rule('apps', ['*'], WRITE),
      rule('batch', ['*'], WRITE),
      rule('argoproj.io', ['*'], WRITE),
      rule('kargo.akuity.io', kargo, WRITE),
      rule('kargo.akuity.io', ['freights/status'], ['patch', 'update']),
      rule('kargo.akuity.io', ['stages'], ['promote']),
    ]),
    source('admin', [
      rule(RBAC, ['rolebindings', 'roles'], [...READ, ...WRITE]),
      rule('authorization.k8s.io', ['localsubjectaccessreviews'], ['create']),
    ]),
  ];
}

/** The ClusterRoles of an installation for people who look after, look at, use or add to all Projects. */
export function systemRoles(): ClusterRole[] {
  const cluster = ['clusterconfigs', 'clusterpromotiontasks', 'projects'];
  const user = [rule('', ['namespaces'], READ), rule('kargo.akuity.io', cluster, READ)];
  return [
    role('kargo-admin', {
      rules: [
        rule('', ['configmaps', 'events', 'namespaces', 'secrets', 'serviceaccounts'], ['*']),
        rule(RBAC, ['clusterrolebindings', 'clusterroles', 'rolebindings', 'roles'], ['*']),
        rule('kargo.akuity.io', ['*'], ['*']),
        rule('argoproj.io', ['*'], ['*']),
      ],
    }),
    role('kargo-viewer', {
      rules: [
        rule('', ['configmaps', 'events', 'namespaces', 'serviceaccounts'], READ),
        rule(RBAC, ['clusterrolebindings', 'clusterroles', 'rolebindings', 'roles'], READ),
        rule('kargo.akuity.io', ['*'], READ),
        rule('argoproj.io', ['*'], READ),
      ],
    }),
    role('kargo-user', { rules: user }),
    role('kargo-project-creator', { rules: [...user, rule('kargo.akuity.io', ['projects'], ['create'])] }),
  ];
}

/** Creates objects, and sets the rules, subjects and labels of existing ones right. */
export async function ensureObjects(client: Client, objects: readonly KubeObject[]): Promise<void> {
  for (const wanted of objects) {
    const kind = allKinds.find(
      (each) => each.kind === wanted.kind && apiVersionOf(each) === wanted.apiVersion,
    ) as Kind<KubeObject>;
    const { name = '', namespace } = wanted.metadata;
    try {
      const existing = await client.get(kind, { name, namespace });
      const updated = { ...existing, ...wanted, metadata: { ...existing.metadata, labels: wanted.metadata.labels } };
      if (!equal(updated, existing)) await client.update(kind, updated);
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
      await client.create(kind, wanted);
    }
  }
}

/** Creates the ClusterRoles of the control plane and brings the rules of existing ones up to date. */
export async function ensureRoles(client: Client): Promise<void> {
  for (const wanted of [...standardRoles(), ...systemRoles(), ...projectClusterRoles()]) {
    const existing = await find(client, wanted.metadata.name ?? '');
    if (existing === undefined) await client.create(ClusterRole, wanted);
    else if (existing.metadata.annotations?.[AUTO_UPDATE] !== 'false') await bringUpToDate(client, existing, wanted);
  }
}

async function bringUpToDate(client: Client, existing: ClusterRole, wanted: ClusterRole): Promise<void> {
  const updated = clone(existing) as ClusterRole;
  updated.metadata.labels = { ...updated.metadata.labels, ...wanted.metadata.labels };
  if (wanted.aggregationRule === undefined) updated.rules = wanted.rules ?? [];
  else updated.aggregationRule = wanted.aggregationRule;
  const same =
    equal(updated.rules, existing.rules) &&
    equal(updated.aggregationRule, existing.aggregationRule) &&
    equal(updated.metadata.labels, existing.metadata.labels ?? {});
  if (!same) await client.update(ClusterRole, updated);
}

async function find(client: Client, name: string): Promise<ClusterRole | undefined> {
  try {
    return await client.get(ClusterRole, { name });
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}
